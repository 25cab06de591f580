//! Pieces of Markdown.

use std::fmt::Write as _;

/// A table; without rows, nothing.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let line = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|cell| in_cell(cell)).collect();
        let mut line = format!("| {} |\n", cells.join(" | "));
        while line.contains("|  |") {
            line = line.replace("|  |", "| |");
        }
        line
    };
    let head: Vec<String> = head.iter().map(|cell| (*cell).to_owned()).collect();
    let mut text = line(&head);
    let _ = writeln!(text, "|{}", "---|".repeat(head.len()));
    text.extend(rows.iter().map(|row| line(row)));
    text
}

/// A text that stays within its cell.
fn in_cell(text: &str) -> String {
    text.replace('|', "\\|").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A link to a file of the workspace, from a document in a folder of it.
pub(crate) fn to_file(text: &str, file: &str) -> String {
    format!("[{text}](../{file})")
}

/// A text with the links of a file in `folder` as a document in a folder beside it has them.
pub(crate) fn rebased(text: &str, folder: &str) -> String {
    let mut parts = text.split("](");
    let mut done = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        done.push_str("](");
        match part.split_once(')') {
            Some((target, rest)) if !target.contains(':') && !target.starts_with('#') => {
                let mut path: Vec<&str> = folder.split('/').collect();
                for step in target.split('/') {
                    match step {
                        "." => {}
                        ".." => drop(path.pop()),
                        step => path.push(step),
                    }
                }
                let _ = write!(done, "../{}){rest}", path.join("/"));
            }
            _ => done.push_str(part),
        }
    }
    done
}

/// A link to a heading of a document; of the same one where `document` is empty.
pub(crate) fn to_heading(text: &str, document: &str, heading: &str) -> String {
    format!("[{text}]({document}#{})", anchor(heading))
}

/// What a heading is addressed by.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

/// `1 event`, `2 events`.
pub(crate) fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

/// Documentation as it can stand outside of the source: paragraphs of one line each, and no links into the source. Examples
/// and what stands under headings are left out.
pub(crate) fn prose(docs: &str) -> Vec<String> {
    let before_heading = docs.lines().take_while(|line| !line.starts_with('#'));
    let mut paragraphs = vec![String::new()];
    let mut is_code = false;
    for line in before_heading {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        if is_code || is_fence {
            continue;
        }
        let begins_item = line.starts_with("- ") || line.starts_with("* ");
        if line.trim().is_empty() || begins_item {
            paragraphs.push(String::new());
        }
        let last = paragraphs.last_mut().expect("there is a first one");
        if !last.is_empty() {
            last.push(' ');
        }
        last.push_str(line.trim());
    }
    let paragraphs = paragraphs.iter().filter(|paragraph| !paragraph.is_empty());
    paragraphs.map(|paragraph| without_links(paragraph)).collect()
}

/// The first paragraph of documentation.
pub(crate) fn first(docs: &str) -> String {
    prose(docs).into_iter().next().unwrap_or_default()
}

/// The first sentence of documentation.
pub(crate) fn sentence(docs: &str) -> String {
    let first = first(docs);
    let ends = first.match_indices(". ").map(|(at, _)| at + 1);
    let is_end = |at: &usize| {
        let last = first[..*at - 1].rsplit(' ').next().unwrap_or_default();
        !last.contains('.')
    };
    ends.filter(is_end).min().map_or(first.clone(), |at| first[..at].to_owned())
}

/// Takes away links that only the documentation of the source can follow.
fn without_links(text: &str) -> String {
    let (mut done, mut rest) = (String::new(), text);
    while let Some(at) = rest.find(['`', '[']) {
        let (before, from) = rest.split_at(at);
        done.push_str(before);
        let (shown, length) = match from.strip_prefix('`') {
            Some(code) => {
                let end = code.find('`').map_or(from.len(), |end| end + 2);
                (&from[..end], end)
            }
            None => link(from).unwrap_or((&from[..1], 1)),
        };
        done.push_str(shown);
        rest = &from[length..];
    }
    done + rest
}

/// What a link into the source shows, and how long it is as it is written.
fn link(text: &str) -> Option<(&str, usize)> {
    let end = text.find(']')?;
    let shown = &text[1..end];
    let Some(target) = text[end + 1..].strip_prefix('(') else {
        return shown.starts_with('`').then_some((shown, end + 1));
    };
    let length = target.find(')')?;
    (!target.starts_with("http")).then_some((shown, end + 1 + length + 2))
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn cells_hold_what_is_put_into_them() {
        let rows =
            [vec!["`a|b`".to_owned(), String::new()], vec!["two\n lines".into(), "c".into()]];
        expect![[r"
            | field | meaning |
            |---|---|
            | `a\|b` | |
            | two lines | c |
        "]]
        .assert_eq(&table(&["field", "meaning"], &rows));
        assert_eq!(table(&["field"], &[]), "");
    }

    #[test]
    fn links_are_followed_from_elsewhere() {
        let text = "See [here](../../docs/adr/1.md#a), [there](LAWS.md) and [far](https://x.org).";
        assert_eq!(
            rebased(text, "crates/orders"),
            "See [here](../docs/adr/1.md#a), [there](../crates/orders/LAWS.md) and [far](https://x.org)."
        );
    }

    #[test]
    fn headings_are_addressed_as_on_the_web() {
        assert_eq!(
            to_heading("x", "events.md", "`a_b.user_registered`"),
            "[x](events.md#a_buser_registered)"
        );
    }

    #[test]
    fn documentation_is_read_without_its_links_and_examples() {
        let docs = "Takes an [`Order`] of\n[somebody](Self::buyer), see [here](https://x.org) or `[a](b)`, a[1].\n\n\
                    - one\n  more\n- two\n\n```\nlet x;\n```\n\n# Errors\n\nNever.";
        expect![[r"
            Takes an `Order` of somebody, see [here](https://x.org) or `[a](b)`, a[1].
            - one more
            - two"]]
        .assert_eq(&prose(docs).join("\n"));
    }

    #[test]
    fn sentences_end_with_a_full_stop() {
        assert_eq!(
            sentence("Places orders, e.g. of books. Once.\n\nMore."),
            "Places orders, e.g. of books."
        );
        assert_eq!(sentence("An order"), "An order");
    }
}
