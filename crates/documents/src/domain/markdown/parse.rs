//! Markdown as blocks.

use pulldown_cmark::{
    Alignment as Align, CodeBlockKind, Event, LinkType, Options, Parser, Tag, TagEnd,
};

use crate::domain::block::{Alignment, Block, Item, List, Table, settled};
use crate::domain::inline::{Inline, Inlines, Link, Marks};

/// What is nested deeper than this stands beside what it would stand in.
const MAX_DEPTH: usize = 16;

/// Reads Markdown. Every text is some Markdown, so nothing is refused.
pub(crate) fn parse(markdown: &str) -> Vec<Block> {
    let markdown = markdown.replace("\r\n", "\n").replace('\r', "\n");
    let mut builder = Builder::default();
    for event in events(&markdown) {
        builder.take(event);
    }
    builder.finish()
}

/// Whether this would be read as a block of HTML and not as a paragraph.
pub(super) fn is_html_block(markdown: &str) -> bool {
    matches!(events(markdown).next(), Some(Event::Start(Tag::HtmlBlock)))
}

fn events(markdown: &str) -> Parser<'_> {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS;
    Parser::new_ext(markdown, options)
}

/// What is open: blocks, the block that gets text, and the marks of that text.
#[derive(Default)]
struct Builder {
    /// The blocks of the note itself.
    root: Vec<Block>,
    open: Vec<Container>,
    leaf: Option<Leaf>,
    marks: OpenMarks,
    image: Option<OpenImage>,
}

enum Container {
    /// What is in it belongs to the container around it.
    Transparent,
    Quote(Vec<Block>),
    List {
        order: Option<u32>,
        spread: bool,
        items: Vec<Item>,
    },
    Item(Item),
    Footnote {
        label: String,
        content: Vec<Block>,
    },
    Table {
        columns: Vec<Alignment>,
        head: Vec<Inlines>,
        rows: Vec<Vec<Inlines>>,
    },
    Row {
        is_head: bool,
        cells: Vec<Inlines>,
    },
}

enum Leaf {
    Paragraph(Inlines),
    Heading(u8, Inlines),
    Cell(Inlines),
    Code { language: String, text: String },
    Html(String),
}

/// How often each mark was opened; a link cannot stand in a link.
#[derive(Default)]
struct OpenMarks {
    strong: usize,
    emphasis: usize,
    strike: usize,
    link: Option<Link>,
}

struct OpenImage {
    src: String,
    title: String,
    alt: String,
    /// Images in its description, of which only the description counts.
    inner: usize,
}

impl Builder {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) | Event::InlineMath(text) | Event::DisplayMath(text) => {
                self.text(&text, false);
            }
            Event::Code(text) => self.text(&text, true),
            Event::Html(html) => self.text(&html, false),
            Event::InlineHtml(html) if is_line_break(&html) => self.inline(Inline::Break),
            Event::InlineHtml(html) => self.inline(Inline::Html(html.into_string())),
            Event::FootnoteReference(label) => {
                self.inline(Inline::FootnoteReference(label.into_string()));
            }
            Event::SoftBreak => self.inline(Inline::SoftBreak),
            Event::HardBreak => self.inline(Inline::Break),
            Event::Rule => self.add(Block::Rule),
            Event::TaskListMarker(checked) => {
                if let Some(Container::Item(item)) = self.open.last_mut() {
                    item.checked = Some(checked);
                }
            }
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Emphasis => self.marks.emphasis += 1,
            Tag::Strong => self.marks.strong += 1,
            Tag::Strikethrough => self.marks.strike += 1,
            Tag::Link { link_type, dest_url, title, .. } => {
                let scheme = if link_type == LinkType::Email { "mailto:" } else { "" };
                let title = Some(title.into_string()).filter(|title| !title.is_empty());
                self.marks.link = Some(Link { href: format!("{scheme}{dest_url}"), title });
            }
            Tag::Image { dest_url, title, .. } => match &mut self.image {
                Some(outer) => outer.inner += 1,
                None => {
                    self.image = Some(OpenImage {
                        src: dest_url.into_string(),
                        title: title.into_string(),
                        alt: String::new(),
                        inner: 0,
                    });
                }
            },
            Tag::Superscript | Tag::Subscript => {}
            Tag::Paragraph => {
                self.close_leaf();
                if let [.., Container::List { spread, .. }, Container::Item(_)] = &mut self.open[..]
                {
                    *spread = true;
                }
                self.leaf = Some(Leaf::Paragraph(Inlines::default()));
            }
            Tag::Heading { level, .. } => {
                self.close_leaf();
                self.leaf = Some(Leaf::Heading(level as u8, Inlines::default()));
            }
            Tag::CodeBlock(kind) => {
                self.close_leaf();
                let info = match &kind {
                    CodeBlockKind::Indented => "",
                    CodeBlockKind::Fenced(info) => info,
                };
                // The editor knows a language and nothing behind it.
                let language = info.split_whitespace().next().unwrap_or_default().to_owned();
                self.leaf = Some(Leaf::Code { language, text: String::new() });
            }
            Tag::HtmlBlock => {
                self.close_leaf();
                self.leaf = Some(Leaf::Html(String::new()));
            }
            Tag::TableCell => self.leaf = Some(Leaf::Cell(Inlines::default())),
            Tag::BlockQuote(_) => self.open(Container::Quote(Vec::new())),
            Tag::FootnoteDefinition(label) => {
                let label = label.into_string();
                self.open(Container::Footnote { label, content: Vec::new() });
            }
            Tag::List(order) => {
                let order = order.map(|order| u32::try_from(order).unwrap_or(u32::MAX));
                self.open(Container::List { order, spread: false, items: Vec::new() });
            }
            Tag::Item => {
                self.open(Container::Item(Item { checked: None, content: Vec::new() }));
            }
            Tag::Table(columns) => {
                let columns = columns.into_iter().map(alignment).collect();
                let (head, rows) = (Vec::new(), Vec::new());
                self.open(Container::Table { columns, head, rows });
            }
            Tag::TableHead => self.open(Container::Row { is_head: true, cells: Vec::new() }),
            Tag::TableRow => self.open(Container::Row { is_head: false, cells: Vec::new() }),
            Tag::DefinitionList
            | Tag::DefinitionListTitle
            | Tag::DefinitionListDefinition
            | Tag::MetadataBlock(_) => self.open(Container::Transparent),
        }
    }

    fn open(&mut self, container: Container) {
        self.close_leaf();
        let has_place = match &container {
            Container::Item(_) => matches!(self.open.last(), Some(Container::List { .. })),
            Container::Quote(_) | Container::List { .. } | Container::Footnote { .. } => {
                // A list takes two, with its items.
                self.open.len() < 2 * MAX_DEPTH
            }
            Container::Table { .. } | Container::Row { .. } | Container::Transparent => true,
        };
        self.open.push(if has_place { container } else { Container::Transparent });
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Emphasis => self.marks.emphasis -= 1,
            TagEnd::Strong => self.marks.strong -= 1,
            TagEnd::Strikethrough => self.marks.strike -= 1,
            TagEnd::Link => self.marks.link = None,
            TagEnd::Superscript | TagEnd::Subscript => {}
            TagEnd::Image => self.end_image(),
            TagEnd::Paragraph
            | TagEnd::Heading(_)
            | TagEnd::CodeBlock
            | TagEnd::HtmlBlock
            | TagEnd::TableCell => self.close_leaf(),
            TagEnd::BlockQuote(_)
            | TagEnd::List(_)
            | TagEnd::Item
            | TagEnd::FootnoteDefinition
            | TagEnd::Table
            | TagEnd::TableHead
            | TagEnd::TableRow
            | TagEnd::DefinitionList
            | TagEnd::DefinitionListTitle
            | TagEnd::DefinitionListDefinition
            | TagEnd::MetadataBlock(_) => {
                self.close_leaf();
                if let Some(container) = self.open.pop() {
                    self.close(container);
                }
            }
        }
    }

    fn end_image(&mut self) {
        match self.image.take() {
            Some(mut outer) if outer.inner > 0 => {
                outer.inner -= 1;
                self.image = Some(outer);
            }
            Some(OpenImage { src, title, alt, inner: _ }) => {
                self.inline(Inline::Image { src, alt, title });
            }
            None => {}
        }
    }

    fn close(&mut self, container: Container) {
        match container {
            Container::Transparent => {}
            Container::Quote(content) => self.add(Block::Quote(settled(content))),
            Container::Footnote { label, content } => {
                self.add(Block::Footnote { label, content: settled(content) });
            }
            Container::List { order, spread, items } => {
                self.add(Block::List(List::new(order, spread, items)));
            }
            Container::Item(Item { checked, content }) => {
                if let Some(Container::List { items, .. }) = self.open.last_mut() {
                    items.push(Item { checked, content: settled(content) });
                }
            }
            Container::Table { columns, head, rows } => {
                self.add(Block::Table(Table::new(columns, head, rows)));
            }
            Container::Row { is_head, cells } => {
                if let Some(Container::Table { head, rows, .. }) = self.open.last_mut() {
                    if is_head { *head = cells } else { rows.push(cells) }
                }
            }
        }
    }

    /// Adds a block to the innermost container that takes blocks.
    fn add(&mut self, block: Block) {
        self.close_leaf();
        let content = self.open.iter_mut().rev().find_map(|container| match container {
            Container::Quote(content)
            | Container::Footnote { content, .. }
            | Container::Item(Item { content, .. }) => Some(content),
            Container::List { .. }
            | Container::Table { .. }
            | Container::Row { .. }
            | Container::Transparent => None,
        });
        content.unwrap_or(&mut self.root).push(block);
    }

    fn close_leaf(&mut self) {
        match self.leaf.take() {
            None => {}
            Some(Leaf::Paragraph(content)) => self.add(Block::Paragraph(content.settled())),
            Some(Leaf::Heading(level, content)) => {
                self.add(Block::Heading { level, content: content.settled() });
            }
            Some(Leaf::Cell(content)) => {
                if let Some(Container::Row { cells, .. }) = self.open.last_mut() {
                    cells.push(content.settled());
                }
            }
            Some(Leaf::Code { language, mut text }) => {
                if text.ends_with('\n') {
                    text.pop();
                }
                self.add(Block::Code { language, text });
            }
            Some(Leaf::Html(html)) => {
                let mut content = Inlines::default();
                if !is_line_break(&html) {
                    // On the line of a box to tick would be a paragraph.
                    if let Some(Container::Item(Item { checked: Some(_), content })) =
                        self.open.last_mut()
                        && content.is_empty()
                    {
                        content.push(Block::Paragraph(Inlines::default()));
                    }
                    content.push(Inline::Html(html.trim().to_owned()));
                }
                self.add(Block::Paragraph(content));
            }
        }
    }

    fn text(&mut self, text: &str, code: bool) {
        match (&mut self.image, &mut self.leaf) {
            (Some(image), _) => image.alt.push_str(text),
            (None, Some(Leaf::Code { text: code, .. } | Leaf::Html(code))) => code.push_str(text),
            (None, _) => {
                let OpenMarks { strong, emphasis, strike, link } = &self.marks;
                let marks = Marks {
                    strong: *strong > 0,
                    emphasis: *emphasis > 0,
                    strike: *strike > 0,
                    code,
                    link: link.clone(),
                };
                self.inline(Inline::Text(text.to_owned(), marks));
            }
        }
    }

    fn inline(&mut self, inline: Inline) {
        let is_soft = inline == Inline::SoftBreak;
        if let Some(image) = &mut self.image {
            if is_soft || inline == Inline::Break {
                image.alt.push(' ');
            }
            return;
        }
        match self.leaf.get_or_insert_with(|| Leaf::Paragraph(Inlines::default())) {
            Leaf::Heading(..) | Leaf::Cell(_) if is_soft => self.text(" ", false),
            Leaf::Paragraph(content) | Leaf::Heading(_, content) | Leaf::Cell(content) => {
                content.push(inline);
            }
            Leaf::Code { .. } | Leaf::Html(_) => {}
        }
    }

    fn finish(mut self) -> Vec<Block> {
        self.close_leaf();
        settled(self.root)
    }
}

fn alignment(align: Align) -> Alignment {
    match align {
        Align::None | Align::Left => Alignment::Left,
        Align::Center => Alignment::Center,
        Align::Right => Alignment::Right,
    }
}

/// Whether HTML says no more than that a line ends: so the editor keeps an empty paragraph.
fn is_line_break(html: &str) -> bool {
    let name = html.trim().strip_prefix('<').and_then(|html| html.strip_suffix('>'));
    name.is_some_and(|name| name.trim_end_matches('/').trim_end().eq_ignore_ascii_case("br"))
}
