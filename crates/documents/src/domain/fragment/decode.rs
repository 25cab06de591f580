//! Nodes as blocks: what the editor's schema does not know counts for its text.

use super::node::{Element, Node, Value};
use crate::domain::block::{Alignment, Block, Item, List, Table, settled};
use crate::domain::inline::{Inline, Inlines, Marks};

/// The blocks of a note or of a container, at least one.
pub(super) fn blocks(nodes: &[Node]) -> Vec<Block> {
    let mut blocks = Vec::new();
    // Text between blocks is a paragraph of its own.
    let mut loose = Inlines::default();
    for node in nodes {
        match node {
            Node::Element(element) if !is_inline(element) => {
                flush(&mut loose, &mut blocks);
                block(element, &mut blocks);
            }
            Node::Element(_) | Node::Text(_) => inline(node, &mut loose),
            Node::Foreign => {}
        }
    }
    flush(&mut loose, &mut blocks);
    settled(blocks)
}

fn flush(loose: &mut Inlines, blocks: &mut Vec<Block>) {
    let content = std::mem::take(loose).settled();
    if !content.is_empty() {
        blocks.push(Block::Paragraph(content));
    }
}

fn block(element: &Element, into: &mut Vec<Block>) {
    let Element { name, values, derived: _, children } = element;
    let block = match (name.as_str(), &values[..]) {
        ("paragraph", _) => Block::Paragraph(inlines(children)),
        ("heading", [Value::Number(level)]) => Block::Heading {
            level: u8::try_from(*level).unwrap_or(6).clamp(1, 6),
            content: line(children),
        },
        ("blockquote", _) => Block::Quote(blocks(children)),
        ("bullet_list", [Value::Is(spread)]) => Block::List(list(None, *spread, children)),
        ("ordered_list", [Value::Number(order), Value::Is(spread)]) => {
            Block::List(list(Some(*order), *spread, children))
        }
        ("code_block", [Value::Text(language)]) => {
            let mut text = String::new();
            for node in children {
                node.text(&mut text);
            }
            let language = language.split_whitespace().next().unwrap_or_default().to_owned();
            Block::Code { language, text: text.replace("\r\n", "\n").replace('\r', "\n") }
        }
        ("hr", _) => Block::Rule,
        ("table", _) => match table(children) {
            Some(table) => Block::Table(table),
            None => return,
        },
        ("footnote_definition", [Value::Text(label)]) => {
            Block::Footnote { label: footnote_label(label), content: blocks(children) }
        }
        _ => {
            into.extend(blocks(children).into_iter().filter(|block| !block.is_empty_paragraph()));
            return;
        }
    };
    into.push(block);
}

fn list(order: Option<u32>, spread: bool, children: &[Node]) -> List {
    let item = |node: &Node| match node {
        Node::Element(Element { name, values, children, .. }) if name == "list_item" => {
            let checked = match &values[..] {
                [Value::Is(checked)] => Some(*checked),
                _ => None,
            };
            Item { checked, content: blocks(children) }
        }
        Node::Element(_) | Node::Text(_) | Node::Foreign => {
            Item { checked: None, content: blocks(std::slice::from_ref(node)) }
        }
    };
    List::new(order, spread, children.iter().map(item).collect())
}

fn table(children: &[Node]) -> Option<Table> {
    let mut rows = children.iter().filter_map(|node| match node {
        Node::Element(row) => Some(row),
        Node::Text(_) | Node::Foreign => None,
    });
    let head = rows.next()?;
    let columns = cells(head).map(alignment).collect();
    let texts = |row: &Element| cells(row).map(|cell| line(&cell.children)).collect();
    Some(Table::new(columns, texts(head), rows.map(texts).collect()))
}

fn cells(row: &Element) -> impl Iterator<Item = &Element> {
    row.children.iter().filter_map(|node| match node {
        Node::Element(cell) => Some(cell),
        Node::Text(_) | Node::Foreign => None,
    })
}

fn alignment(cell: &Element) -> Alignment {
    match &cell.values[..] {
        [Value::Text(alignment)] if alignment == "center" => Alignment::Center,
        [Value::Text(alignment)] if alignment == "right" => Alignment::Right,
        _ => Alignment::Left,
    }
}

/// The content of what is one line in Markdown.
fn line(children: &[Node]) -> Inlines {
    let mut content = Inlines::default();
    for inline in inlines(children).as_slice() {
        content.push(in_one_line(inline.clone()));
    }
    content.settled()
}

fn in_one_line(inline: Inline) -> Inline {
    match inline {
        Inline::SoftBreak => Inline::Text(" ".to_owned(), Marks::default()),
        Inline::Text(..)
        | Inline::Image { .. }
        | Inline::Html(_)
        | Inline::Break
        | Inline::FootnoteReference(_) => inline,
    }
}

fn inlines(children: &[Node]) -> Inlines {
    let mut content = Inlines::default();
    for node in children {
        inline(node, &mut content);
    }
    content.settled()
}

fn is_inline(Element { name, .. }: &Element) -> bool {
    matches!(name.as_str(), "image" | "html" | "hardbreak" | "footnote_reference")
}

fn inline(node: &Node, into: &mut Inlines) {
    let element = match node {
        Node::Element(element) => element,
        Node::Text(runs) => {
            for run in runs {
                into.push(Inline::Text(run.text.clone(), run.marks.clone()));
            }
            return;
        }
        Node::Foreign => return,
    };
    let inline = match (element.name.as_str(), &element.values[..]) {
        ("image", [Value::Text(src), Value::Text(alt), Value::Text(title)]) => {
            Inline::Image { src: src.clone(), alt: alt.clone(), title: title.clone() }
        }
        ("html", [Value::Text(html)]) => html_or_text(html),
        ("hardbreak", [Value::Is(true)]) => Inline::SoftBreak,
        ("hardbreak", _) => Inline::Break,
        ("footnote_reference", [Value::Text(label)]) => {
            Inline::FootnoteReference(footnote_label(label))
        }
        _ => {
            for node in &element.children {
                inline(node, into);
            }
            return;
        }
    };
    into.push(inline);
}

/// HTML, or the text that somebody has put in its place.
fn html_or_text(html: &str) -> Inline {
    let html = html.trim();
    if html.starts_with('<') {
        Inline::Html(html.to_owned())
    } else {
        Inline::Text(html.to_owned(), Marks::default())
    }
}

/// A label that ends where it should.
fn footnote_label(label: &str) -> String {
    let label = label.replace(|c: char| c.is_whitespace() || matches!(c, '[' | ']' | '\\'), "-");
    if label.is_empty() { "-".to_owned() } else { label }
}
