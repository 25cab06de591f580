//! Markdown that says what was found, and in which nothing that people have called something means anything.

use std::fmt::Write as _;

/// What would be markup if it stood there by itself; each such name stands behind something, so no line begins with it.
const MARKS: &str = "\\`*_[]<>&~|";

/// A name as it is, on one line.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter.is_control() {
            plain.push(' ');
            continue;
        }
        if MARKS.contains(letter) {
            plain.push('\\');
        }
        plain.push(letter);
    }
    plain
}

/// What is known of one thing: a line for each fact, and below what it says.
#[derive(Debug)]
pub(super) struct Facts(String);

impl Facts {
    /// Under a title of ours.
    pub(super) fn of(title: &str) -> Self {
        Self(format!("**{title}**\n"))
    }

    /// What somebody has called it.
    pub(super) fn named(self, fact: &str, text: &str) -> Self {
        self.line(fact, &plain(text))
    }

    /// A word of ours: a slug, an id.
    pub(super) fn word(self, fact: &str, word: &str) -> Self {
        self.line(fact, &format!("`{word}`"))
    }

    fn line(mut self, fact: &str, text: &str) -> Self {
        write!(self.0, "\n- {fact}: {text}").expect("a text takes more");
        self
    }

    /// The Markdown of people, which is all that follows.
    pub(super) fn saying(mut self, text: Option<&str>) -> String {
        if let Some(text) = text {
            write!(self.0, "\n\n---\n\n{text}").expect("a text takes more");
        }
        self.0
    }
}

/// Names with slugs, under a title that counts them.
pub(super) fn list<'a>(title: &str, named: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let lines: Vec<String> =
        named.map(|(name, slug)| format!("- `{slug}`: {}", plain(name))).collect();
    format!("**{title}** ({})\n\n{}", lines.len(), lines.join("\n")).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn names_are_no_markup() {
        let named = [
            ("Plans", "plans"),
            ("# <b>*bold*</b> [x](http://x)\n- `y` &amp; | \\", "plans-2"),
            ("1. ~~gone~~", "plans-3"),
        ];
        expect![[r#"
            **Documents** (3)

            - `plans`: Plans
            - `plans-2`: # \<b\>\*bold\*\</b\> \[x\](http://x) - \`y\` \&amp; \| \\
            - `plans-3`: 1. \~\~gone\~\~"#]]
        .assert_eq(&list("Documents", named.into_iter()));
        expect!["**Documents** (0)"].assert_eq(&list("Documents", [].into_iter()));
    }

    #[test]
    fn facts_stand_before_what_people_say() {
        let facts = || Facts::of("Document").named("title", "*Plans*").word("slug", "plans");
        expect![[r#"
            **Document**

            - title: \*Plans\*
            - slug: `plans`

            ---

            # We come

            *Soon*."#]]
        .assert_eq(&facts().saying(Some("# We come\n\n*Soon*.")));
        expect![[r#"
            **Document**

            - title: \*Plans\*
            - slug: `plans`"#]]
        .assert_eq(&facts().saying(None));
    }
}
