//! Records of `boundaries.toml`: the events that nobody handles, as every event is until it has a handler.

use std::{collections::BTreeMap, ops::Range};

use anyhow::{Context as _, Result};
use serde::Deserialize;
use toml::Spanned;

/// The part of `boundaries.toml` that lists them.
#[derive(Deserialize)]
struct Declared {
    crates: BTreeMap<String, DeclaredCrate>,
}

#[derive(Deserialize)]
struct DeclaredCrate {
    #[serde(default)]
    records: Vec<Spanned<String>>,
}

/// `boundaries.toml` with an event as a record of its crate.
pub(super) fn kept(text: &str, krate: &str, event: &str) -> Result<String> {
    let records = of(text, krate)?;
    if !records.is_empty() {
        return Ok(listed(text, &records, event));
    }
    let section = section(text, krate)?;
    // Edges stand below what a crate is.
    let mut at = section.start;
    for line in text[section].split_inclusive('\n') {
        if line.trim().is_empty() || line.starts_with("uses.") || line.starts_with("tests_use.") {
            break;
        }
        at += line.len();
    }
    let mut changed = text.to_owned();
    changed.insert_str(at, &format!("records = [\n    \"{event}\",\n]\n"));
    Ok(changed)
}

/// `boundaries.toml` without an event among the records of its crate: somebody handles it.
pub(super) fn handled(text: &str, krate: &str, event: &str) -> Result<String> {
    let records = of(text, krate)?;
    let mut changed = text.to_owned();
    let Some(index) = records.iter().position(|record| record.get_ref() == event) else {
        return Ok(changed);
    };
    let gone = match (index.checked_sub(1), records.get(index + 1)) {
        (_, Some(next)) => records[index].span().start..next.span().start,
        (Some(before), None) => records[before].span().end..records[index].span().end,
        (None, None) => whole_list(text, &records[index].span()).context("a list has no end")?,
    };
    changed.replace_range(gone, "");
    Ok(changed)
}

/// A list with one more name, in its place.
pub(super) fn listed(text: &str, names: &[Spanned<String>], name: &str) -> String {
    let indent = |at: usize| {
        let line = text[..at].rfind('\n').map_or(0, |end| end + 1);
        text[line..at].trim().is_empty().then(|| text[line..at].to_owned())
    };
    let between = |at| indent(at).map_or(" ".to_owned(), |indent| format!("\n{indent}"));
    let mut changed = text.to_owned();
    if let Some(next) = names.iter().find(|known| known.get_ref().as_str() > name) {
        let at = next.span().start;
        changed.insert_str(at, &format!("\"{name}\",{}", between(at)));
    } else if let Some(last) = names.last().map(Spanned::span) {
        changed.insert_str(last.end, &format!(",{}\"{name}\"", between(last.start)));
    }
    changed
}

fn of(text: &str, krate: &str) -> Result<Vec<Spanned<String>>> {
    let Declared { mut crates } = toml::from_str(text).context("it is not understood")?;
    let known = crates.remove(krate).with_context(|| format!("it has no {krate}"))?;
    Ok(known.records)
}

/// What stands between the heading of a crate and the next one.
fn section(text: &str, krate: &str) -> Result<Range<usize>> {
    let heading = format!("[crates.{krate}]\n");
    let start = text.find(&heading).with_context(|| format!("it has no `{}`", heading.trim()))?;
    let start = start + heading.len();
    let end = text[start..].find("\n[").map_or(text.len(), |end| start + end + 1);
    Ok(start..end)
}

/// The lines of a list, from its only name.
fn whole_list(text: &str, name: &Range<usize>) -> Option<Range<usize>> {
    let key = text[..name.start].rfind("records")?;
    let closing = name.end + text[name.end..].find(']')?;
    let end = text[closing..].find('\n').map_or(text.len(), |end| closing + end + 1);
    Some(key..end)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    const TEXT: &str = "\
[crates.orders]
kind = \"context\"
records = [
    \"OrderPlaced\",
    \"OrderShipped\",
]
uses.core = [\"all\"]

[crates.stock]
kind = \"context\"

[crates.stock.exports]
events = [\"EVENTS\"]
";

    fn check(text: &str, expected: &Expect) {
        toml::from_str::<toml::Table>(text).unwrap();
        expected.assert_eq(text.split_once("\n[crates.stock.exports]").unwrap().0);
    }

    #[test]
    fn a_record_stands_in_its_place() {
        let text = kept(TEXT, "orders", "OrderDropped").unwrap();
        check(
            &kept(&text, "orders", "OrderWeighed").unwrap(),
            &expect![[r#"
                [crates.orders]
                kind = "context"
                records = [
                    "OrderDropped",
                    "OrderPlaced",
                    "OrderShipped",
                    "OrderWeighed",
                ]
                uses.core = ["all"]

                [crates.stock]
                kind = "context"
            "#]],
        );
    }

    #[test]
    fn the_first_record_begins_a_list() {
        check(
            &kept(TEXT, "stock", "ItemSold").unwrap(),
            &expect![[r#"
                [crates.orders]
                kind = "context"
                records = [
                    "OrderPlaced",
                    "OrderShipped",
                ]
                uses.core = ["all"]

                [crates.stock]
                kind = "context"
                records = [
                    "ItemSold",
                ]
            "#]],
        );
        let text =
            TEXT.replacen("records = [\n    \"OrderPlaced\",\n    \"OrderShipped\",\n]\n", "", 1);
        assert!(kept(&text, "orders", "OrderPlaced").unwrap().contains("]\nuses.core"));
    }

    #[test]
    fn what_is_handled_is_no_record() {
        for (first, second) in [("OrderPlaced", "OrderShipped"), ("OrderShipped", "OrderPlaced")] {
            let text = handled(TEXT, "orders", first).unwrap();
            let expected = TEXT.replacen(&format!("    \"{first}\",\n"), "", 1);
            assert_eq!(text, expected);
            let text = handled(&text, "orders", second).unwrap();
            check(
                &text,
                &expect![[r#"
                    [crates.orders]
                    kind = "context"
                    uses.core = ["all"]

                    [crates.stock]
                    kind = "context"
                "#]],
            );
            assert_eq!(handled(&text, "orders", "OrderPlaced").unwrap(), text);
        }
    }
}
