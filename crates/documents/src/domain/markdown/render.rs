//! Blocks as Markdown, in one form for everything that says the same.

use super::parse::is_html_block;
use super::{escape, spans};
use crate::domain::block::{Alignment, Block, Item, List, Table};
use crate::domain::inline::{Inline, Inlines};

/// Writes blocks as Markdown.
///
/// Reading it gives the same blocks, whatever [`parse`](super::parse::parse) made them of.
pub(crate) fn render(blocks: &[Block]) -> String {
    let mut text = lines(blocks, Around::default()).join("\n");
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

/// What blocks stand in.
#[derive(Clone, Copy, Default)]
struct Around {
    /// Whether there are no blank lines between them.
    is_compact: bool,
    /// The bullet of the item that they belong to.
    bullet: Option<char>,
}

fn lines(blocks: &[Block], around: Around) -> Vec<String> {
    let mut lines = Vec::new();
    // A list that follows upon a list of its kind has another marker, or they would be one.
    let mut is_other = false;
    for (at, block) in blocks.iter().enumerate() {
        if at > 0 && !around.is_compact {
            lines.push(String::new());
        }
        is_other = match (at.checked_sub(1).map(|before| &blocks[before]), block) {
            (Some(Block::List(above)), Block::List(below)) => {
                above.order.is_some() == below.order.is_some() && !is_other
            }
            _ => false,
        };
        match block {
            Block::Paragraph(content) if content.is_empty() => {
                if blocks.len() > 1 {
                    lines.push(EMPTY.to_owned());
                }
            }
            Block::Paragraph(content) => lines.extend(text(&paragraph(content))),
            Block::Heading { level, content } => {
                let title = spans::heading(content);
                let space = if title.is_empty() { "" } else { " " };
                lines.push(format!("{}{space}{title}", "#".repeat(usize::from(*level))));
            }
            Block::Quote(content) => lines.extend(quote(content)),
            Block::List(list) => lines.extend(items(list, around.bullet, is_other)),
            Block::Code { language, text } => lines.extend(code(language, text)),
            // What looks like the bullet of the item would be one.
            Block::Rule if around.bullet == Some('*') => lines.push("___".to_owned()),
            Block::Rule => lines.push("***".to_owned()),
            Block::Table(content) => lines.extend(table(content)),
            Block::Footnote { label, content } => lines.extend(footnote(label, content)),
        }
    }
    lines
}

/// An empty paragraph, as the editor writes it too.
const EMPTY: &str = "<br />";

/// A link without a text, of which nothing is seen: what stands behind it begins no block.
const NOTHING: &str = "[]()";

fn paragraph(content: &Inlines) -> String {
    let text = spans::paragraph(content);
    let has_more_than_html = !matches!(content.as_slice(), [Inline::Html(_)]);
    // A block of HTML would take the text behind it along.
    if has_more_than_html && text.starts_with('<') && is_html_block(&text) {
        format!("{NOTHING}{text}")
    } else {
        text
    }
}

fn text(text: &str) -> Vec<String> {
    text.split('\n').map(str::to_owned).collect()
}

/// Lines of which the first begins with one text and the others with another.
fn indented(lines: Vec<String>, first: &str, rest: &str) -> Vec<String> {
    let lines = if lines.is_empty() { vec![String::new()] } else { lines };
    let begin = |(at, line): (usize, String)| {
        let begin = if at == 0 { first } else { rest };
        if line.is_empty() { begin.trim_end().to_owned() } else { format!("{begin}{line}") }
    };
    lines.into_iter().enumerate().map(begin).collect()
}

fn quote(content: &[Block]) -> Vec<String> {
    indented(lines(content, Around::default()), "> ", "> ")
}

fn footnote(label: &str, content: &[Block]) -> Vec<String> {
    indented(lines(content, Around::default()), &format!("[^{label}]: "), "    ")
}

fn items(list: &List, outer: Option<char>, is_other: bool) -> Vec<String> {
    let bullet = match (is_other, outer) {
        (true, _) => '+',
        (false, Some('-')) => '*',
        (false, _) => '-',
    };
    let mut lines = Vec::new();
    for (at, entry) in list.items.iter().enumerate() {
        if at > 0 && list.spread {
            lines.push(String::new());
        }
        let marker = match list.order {
            None => format!("{bullet} "),
            Some(first) => {
                let number = u64::from(first) + at as u64;
                format!("{number}{} ", if is_other { ')' } else { '.' })
            }
        };
        let around =
            Around { is_compact: !list.spread, bullet: list.order.is_none().then_some(bullet) };
        let indent = " ".repeat(marker.len());
        lines.extend(indented(item(entry, around), &marker, &indent));
    }
    lines
}

fn item(item: &Item, around: Around) -> Vec<String> {
    if item.opens_directly() {
        return lines(&item.content[1..], around);
    }
    let mut lines = lines(&item.content, around);
    if let Some(checked) = item.checked {
        if lines.is_empty() {
            lines.push(EMPTY.to_owned());
        }
        lines[0].insert_str(0, if checked { "[x] " } else { "[ ] " });
    }
    lines
}

fn code(language: &str, code: &str) -> Vec<String> {
    // The info string behind backticks has none itself.
    let fence = if language.contains('`') { '~' } else { '`' };
    let fence = fence.to_string().repeat(longest_run(code, fence).max(2) + 1);
    let language = escape::info_string(language);
    let mut lines = vec![format!("{fence}{language}")];
    if !code.is_empty() {
        lines.extend(text(code));
    }
    lines.push(fence);
    lines
}

/// How many of these characters stand in a row, at most.
fn longest_run(text: &str, of: char) -> usize {
    text.split(|c| c != of).map(|run| run.chars().count()).max().unwrap_or(0)
}

fn table(table: &Table) -> Vec<String> {
    let row = |cells: &[Inlines]| {
        let cells: Vec<String> = cells.iter().map(spans::cell).collect();
        format!("| {} |", cells.join(" | "))
    };
    let rules: Vec<&str> = table.columns.iter().copied().map(rule).collect();
    let mut lines = vec![row(&table.head), format!("| {} |", rules.join(" | "))];
    lines.extend(table.rows.iter().map(|cells| row(cells)));
    lines
}

fn rule(column: Alignment) -> &'static str {
    match column {
        Alignment::Left => "---",
        Alignment::Center => ":-:",
        Alignment::Right => "--:",
    }
}
