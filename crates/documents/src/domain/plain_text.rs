//! What a note says without any marks: a line per block, for search and excerpts.

use super::block::{Block, Item, List, Table};
use super::inline::{Inline, Inlines};

/// The words of blocks.
pub(crate) fn plain_text(blocks: &[Block]) -> String {
    let mut lines = Vec::new();
    collect(blocks, &mut lines);
    lines.join("\n")
}

fn collect(blocks: &[Block], lines: &mut Vec<String>) {
    for block in blocks {
        match block {
            Block::Paragraph(content) | Block::Heading { content, .. } => {
                push(line(content), lines);
            }
            Block::Quote(content) | Block::Footnote { content, .. } => collect(content, lines),
            Block::List(List { items, .. }) => {
                for Item { content, .. } in items {
                    collect(content, lines);
                }
            }
            Block::Code { text, .. } => push(text.clone(), lines),
            Block::Rule => {}
            Block::Table(Table { head, rows, .. }) => {
                for row in [head].into_iter().chain(rows) {
                    let cells: Vec<String> = row.iter().map(line).collect();
                    push(cells.join(" "), lines);
                }
            }
        }
    }
}

fn push(line: String, lines: &mut Vec<String>) {
    if !line.trim().is_empty() {
        lines.push(line);
    }
}

fn line(content: &Inlines) -> String {
    let text = |inline: &Inline| match inline {
        Inline::Text(text, _) => text.clone(),
        Inline::Image { alt, .. } => alt.clone(),
        Inline::Break => "\n".to_owned(),
        Inline::SoftBreak => " ".to_owned(),
        Inline::Html(_) | Inline::FootnoteReference(_) => String::new(),
    };
    content.as_slice().iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::domain::markdown::parse::parse;

    #[test]
    fn words_are_left_and_marks_are_not() {
        let text = plain_text(&parse(
            "# Plan\n\n- [x] *buy* `milk`\n- ![a cow](cow.png)\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n***\n\n```rust\nfn main() {}\n```\n\none\ntwo<b>three</b>",
        ));
        expect![[r#"
            Plan
            buy milk
            a cow
            a b
            1 2
            fn main() {}
            one twothree"#]]
        .assert_eq(&text);
    }
}
