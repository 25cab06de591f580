//! What one version of a note says that another does not.

use std::ops::Range;

use super::difference::{Change, changes};
use super::words::changed_letters;

/// A line of one version or of both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Line {
    Kept(String),
    Removed(Vec<Part>),
    Added(Vec<Part>),
}

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    pub text: String,
    /// Whether the other version has it not.
    pub is_changed: bool,
}

/// The lines of two versions, in their order; in lines that were changed, the words that were.
pub(crate) fn difference(old: &str, new: &str) -> Vec<Line> {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let mut lines = Vec::new();
    for change in changes(&old, &new) {
        match change {
            Change::Kept { old: kept, new: _ } => {
                lines.extend(old[kept].iter().map(|line| Line::Kept((*line).to_owned())));
            }
            Change::Replaced { old: olds, new: news } => {
                replaced(&old[olds], &new[news], &mut lines);
            }
        }
    }
    lines
}

fn replaced(old: &[&str], new: &[&str], lines: &mut Vec<Line>) {
    let letters = |lines: &[&str]| lines.join("\n").chars().collect::<Vec<char>>();
    let (old_letters, new_letters) = (letters(old), letters(new));
    let (mut removed, mut added) = (Vec::new(), Vec::new());
    for change in changed_letters(&old_letters, &new_letters) {
        match change {
            Change::Kept { old, new } => {
                removed.push((old, false));
                added.push((new, false));
            }
            Change::Replaced { old, new } => {
                removed.push((old, true));
                added.push((new, true));
            }
        }
    }
    if !old.is_empty() {
        lines.extend(parts(&old_letters, &removed).into_iter().map(Line::Removed));
    }
    if !new.is_empty() {
        lines.extend(parts(&new_letters, &added).into_iter().map(Line::Added));
    }
}

/// Stretches of a text, line by line.
fn parts(letters: &[char], stretches: &[(Range<usize>, bool)]) -> Vec<Vec<Part>> {
    let mut lines = vec![Vec::new()];
    for (stretch, is_changed) in stretches {
        let text: String = letters[stretch.clone()].iter().collect();
        for (at, text) in text.split('\n').enumerate() {
            if at > 0 {
                lines.push(Vec::new());
            }
            if let (false, Some(line)) = (text.is_empty(), lines.last_mut()) {
                line.push(Part { text: text.to_owned(), is_changed: *is_changed });
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(old: &str, new: &str, expected: &Expect) {
        let show = |parts: &[Part]| {
            let part = |Part { text, is_changed }: &Part| {
                if *is_changed { format!("«{text}»") } else { text.clone() }
            };
            parts.iter().map(part).collect::<String>()
        };
        let lines = difference(old, new).into_iter().map(|line| match line {
            Line::Kept(text) => format!("= {text}\n"),
            Line::Removed(parts) => format!("- {}\n", show(&parts)),
            Line::Added(parts) => format!("+ {}\n", show(&parts)),
        });
        expected.assert_eq(&lines.collect::<String>());
    }

    #[test]
    fn lines_that_stay_are_told_from_words_that_do_not() {
        check(
            "a\nthe quick fox\nc\n",
            "a\nthe slow fox\nc\nd\n",
            &expect![[r#"
            = a
            - the «quick» fox
            + the «slow» fox
            = c
            + «d»
        "#]],
        );
        check(
            "",
            "new\n",
            &expect![[r#"
            + «new»
        "#]],
        );
        check(
            "old\n\n",
            "",
            &expect![[r#"
            - «old»
            - 
        "#]],
        );
        check(
            "same",
            "same",
            &expect![[r#"
                = same
            "#]],
        );
    }
}
