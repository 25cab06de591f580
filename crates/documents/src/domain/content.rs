//! The text of a note as it is asked for, and what tells one from another.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

/// The SHA-256 of a text in lowercase hexadecimal digits; no text counts as an empty one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ContentHash(String);

impl ContentHash {
    pub(crate) fn of(text: &str) -> Self {
        let mut hash = String::with_capacity(64);
        for byte in Sha256::digest(text.as_bytes()) {
            write!(hash, "{byte:02x}").expect("a string takes everything");
        }
        Self(hash)
    }

    /// A hash that was made by [`of`](Self::of) once.
    pub(crate) fn stored(hash: String) -> Self {
        Self(hash)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// The text that somebody wrote, and what the note said when it had become that.
///
/// As long as the note says the same, the writer reads exactly what was written, down to the last
/// space. It is told by the Markdown of the note and by no clock of it: an editor that only looks at
/// a note changes attributes which say nothing, and what is deleted moves no clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    text: String,
    stands_for: ContentHash,
}

impl Source {
    /// `markdown` is what the note says after the text was written.
    pub(crate) fn new(text: String, markdown: &str) -> Self {
        Self { text, stands_for: ContentHash::of(markdown) }
    }

    /// What was stored of a [`Source`].
    pub(crate) fn stored(text: String, stands_for: ContentHash) -> Self {
        Self { text, stands_for }
    }

    /// What is stored: the text, and the hash of what it stands for.
    pub(crate) fn parts(&self) -> (&str, &ContentHash) {
        (&self.text, &self.stands_for)
    }

    /// The text of a note that says `markdown` now.
    pub(crate) fn text<'a>(source: Option<&'a Self>, markdown: &'a str) -> &'a str {
        match source {
            Some(source) if source.stands_for == ContentHash::of(markdown) => &source.text,
            Some(_) | None => markdown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_what_the_interface_promises() {
        assert_eq!(
            ContentHash::of("").as_str(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
    }

    #[test]
    fn a_text_is_what_was_written_until_the_note_says_something_else() {
        let source = Source::new("Hello  \n===\n".to_owned(), "# Hello\n");
        assert_eq!(Source::text(Some(&source), "# Hello\n"), "Hello  \n===\n");
        assert_eq!(Source::text(Some(&source), "# Hello!\n"), "# Hello!\n");
        assert_eq!(Source::text(None, "# Hello\n"), "# Hello\n");
    }
}
