//! The rows of the table of routes in the README of this crate: what people read of an operation.

use std::collections::BTreeMap;

/// What every crate says of itself first.
const README: &str = include_str!("../../README.md");

/// What a row says of its operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// The fields of the body or of the query.
    pub(super) takes: &'static str,
    /// What a success is.
    pub(super) success: &'static str,
    /// Who may ask: a scope of keys, or one of a few words.
    pub(super) who: &'static str,
}

/// A field that a row names.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) name: &'static str,
    pub(super) is_needed: bool,
    /// What is said of it behind its name.
    pub(super) about: Option<&'static str>,
}

/// The rows, by method and address.
pub(super) fn rows() -> BTreeMap<(&'static str, &'static str), Row> {
    let lines = README.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    let mut rows = BTreeMap::new();
    for line in lines {
        let cells: Vec<&str> = line.split("| ").map(str::trim).collect();
        let [routes, takes, success, who] = cells[..] else { continue };
        for route in code(routes).filter_map(|route| route.split_once(' ')) {
            if route.0.bytes().all(|byte| byte.is_ascii_uppercase()) && route.1.starts_with('/') {
                rows.insert(route, Row { takes, success, who });
            }
        }
    }
    rows
}

/// What stands between backquotes.
fn code(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.split('`').skip(1).step_by(2)
}

impl Row {
    /// The fields that it names; those of headers are none.
    pub(super) fn fields(self) -> Vec<Named> {
        let takes = self.takes.split("header `").next().unwrap_or_default();
        let (mut named, mut depth, mut end): (Vec<Named>, usize, usize) = (Vec::new(), 0, 0);
        for (index, piece) in takes.split('`').enumerate() {
            let start = end;
            end += piece.len() + 1;
            if index % 2 == 1 {
                if depth == 0 && is_name(piece) {
                    let name = piece.trim_end_matches('?');
                    named.push(Named { name, is_needed: !piece.ends_with('?'), about: None });
                }
                continue;
            }
            if let (0, true, Some(last)) = (depth, piece.starts_with(" ("), named.last_mut()) {
                last.about = takes.get(start + 2..).and_then(remark);
            }
            for c in piece.chars() {
                match c {
                    '(' => depth += 1,
                    ')' => depth = depth.saturating_sub(1),
                    _ => {}
                }
            }
        }
        named
    }

    /// What it says in a few words, without the status.
    pub(super) fn summary(self) -> Option<&'static str> {
        let text = self.success.trim_start_matches(|c: char| c.is_ascii_digit());
        let text = text.trim_start_matches([',', ';', ' ']);
        let end = text.find([';', ':']).into_iter().chain(text.find(". ")).min();
        let text = text[..end.unwrap_or(text.len())].trim();
        (!text.is_empty() && text.len() <= 120).then_some(text)
    }
}

/// What stands in the brackets that have just been opened.
fn remark(rest: &str) -> Option<&str> {
    let mut depth = 1;
    let end = rest.find(|c: char| {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        depth == 0
    });
    end.and_then(|end| rest.get(..end))
}

fn is_name(text: &str) -> bool {
    let name = text.strip_suffix('?').unwrap_or(text);
    let name = name.strip_suffix("[…]").unwrap_or(name);
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(takes: &'static str, expected: &Expect) {
        let fields = Row { takes, success: "", who: "" }.fields();
        let fields = fields.iter().map(|Named { name, is_needed, about }| {
            let mark = if *is_needed { "" } else { "?" };
            format!("{name}{mark}: {}\n", about.unwrap_or("-"))
        });
        expected.assert_eq(&fields.collect::<String>());
    }

    #[test]
    fn a_row_names_fields_and_says_something_of_some() {
        check(
            "`direction?` (`in`, `out`), `edge_type?` or `type?`, `filter[…]?`, `q`; header `If-Match?`",
            &expect![[r"
                direction?: `in`, `out`
                edge_type?: -
                type?: -
                filter[…]?: -
                q: -
            "]],
        );
        check("as of `PUT …/schema`", &expect![""]);
    }

    #[test]
    fn a_summary_is_short_and_says_no_status() {
        let summary = |success| Row { takes: "", success, who: "" }.summary();
        assert_eq!(summary("204"), None);
        assert_eq!(summary("201, the user"), Some("the user"));
        assert_eq!(summary("204; every session ends; more"), Some("every session ends"));
        assert_eq!(summary("the key, as it was. And more"), Some("the key, as it was"));
    }
}
