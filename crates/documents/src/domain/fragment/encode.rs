//! Blocks as nodes, named as Milkdown names them.

use super::node::{Element, Node, Run, Value};
use crate::domain::block::{Alignment, Block, Item, List, Table};
use crate::domain::inline::{Inline, Inlines, Marks};

/// A block as a node; the rules of the editor's schema are kept if those of the block are.
pub(super) fn block(of: &Block) -> Node {
    match of {
        Block::Paragraph(content) => element("paragraph", Vec::new(), inlines(content)),
        Block::Heading { level, content } => {
            element("heading", vec![Value::Number(u32::from(*level))], inlines(content))
        }
        Block::Quote(content) => element("blockquote", Vec::new(), blocks(content)),
        Block::List(content) => list(content),
        Block::Code { language, text } => {
            let children = if text.is_empty() { Vec::new() } else { vec![plain(text)] };
            element("code_block", vec![Value::text(language)], children)
        }
        Block::Rule => element("hr", Vec::new(), Vec::new()),
        Block::Table(content) => table(content),
        Block::Footnote { label, content } => {
            element("footnote_definition", vec![Value::text(label)], blocks(content))
        }
    }
}

fn blocks(content: &[Block]) -> Vec<Node> {
    content.iter().map(block).collect()
}

fn list(List { order, spread, items }: &List) -> Node {
    let item = |(at, Item { checked, content }): (usize, &Item)| {
        let (label, kind) = match order {
            Some(order) => (format!("{}.", *order as usize + at), "ordered"),
            None => ("•".to_owned(), "bullet"),
        };
        Node::Element(Element {
            name: "list_item".to_owned(),
            values: vec![checked.map_or(Value::None, Value::Is)],
            derived: vec![
                ("label", Value::Text(label)),
                ("listType", Value::text(kind)),
                ("spread", Value::Is(*spread)),
            ],
            children: blocks(content),
        })
    };
    let children = items.iter().enumerate().map(item).collect();
    match order {
        Some(order) => {
            element("ordered_list", vec![Value::Number(*order), Value::Is(*spread)], children)
        }
        None => element("bullet_list", vec![Value::Is(*spread)], children),
    }
}

fn table(Table { columns, head, rows }: &Table) -> Node {
    let row = |name: &str, cell: &str, cells: &[Inlines]| {
        let cells = cells.iter().zip(columns).map(|(content, column)| {
            let paragraph = element("paragraph", Vec::new(), inlines(content));
            Node::Element(Element {
                name: cell.to_owned(),
                values: vec![Value::text(alignment(*column))],
                derived: vec![("colspan", Value::Number(1)), ("rowspan", Value::Number(1))],
                children: vec![paragraph],
            })
        });
        element(name, Vec::new(), cells.collect())
    };
    let rows = rows.iter().map(|cells| row("table_row", "table_cell", cells));
    let head = row("table_header_row", "table_header", head);
    element("table", Vec::new(), [head].into_iter().chain(rows).collect())
}

fn alignment(column: Alignment) -> &'static str {
    match column {
        Alignment::Left => "left",
        Alignment::Center => "center",
        Alignment::Right => "right",
    }
}

fn inlines(content: &Inlines) -> Vec<Node> {
    let mut nodes: Vec<Node> = Vec::new();
    for inline in content.as_slice() {
        match inline {
            Inline::Text(text, marks) => {
                let run = Run { text: text.clone(), marks: marks.clone() };
                match nodes.last_mut() {
                    Some(Node::Text(runs)) => runs.push(run),
                    Some(_) | None => nodes.push(Node::Text(vec![run])),
                }
            }
            Inline::Image { src, alt, title } => {
                nodes
                    .push(leaf("image", vec![src, alt, title].into_iter().map(|s| Value::text(s))));
            }
            Inline::Html(html) => nodes.push(leaf("html", [Value::text(html)])),
            Inline::Break => nodes.push(leaf("hardbreak", [Value::Is(false)])),
            Inline::SoftBreak => nodes.push(leaf("hardbreak", [Value::Is(true)])),
            Inline::FootnoteReference(label) => {
                nodes.push(leaf("footnote_reference", [Value::text(label)]));
            }
        }
    }
    nodes
}

fn plain(text: &str) -> Node {
    Node::Text(vec![Run { text: text.to_owned(), marks: Marks::default() }])
}

fn leaf(name: &str, values: impl IntoIterator<Item = Value>) -> Node {
    element(name, values.into_iter().collect(), Vec::new())
}

fn element(name: &str, values: Vec<Value>, children: Vec<Node>) -> Node {
    Node::Element(Element { name: name.to_owned(), values, derived: Vec::new(), children })
}
