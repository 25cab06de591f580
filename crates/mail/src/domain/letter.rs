//! What a mail says, before it is dressed.

use std::fmt;

use crate::domain::line::{cut, line};

/// A longer subject is cut.
const MAX_SUBJECT: usize = 200;
/// A longer paragraph is cut.
const MAX_PARAGRAPH: usize = 2000;
/// A longer label is cut.
const MAX_LABEL: usize = 80;

/// What a mail says: a subject, and paragraphs and links below each other.
///
/// Everything in it is plain text, whoever wrote it: [`Stationery`](crate::Stationery) escapes it, and texts that are too long
/// are cut. `Debug` shows nothing of it, because links may hold tokens.
#[derive(Clone, PartialEq, Eq)]
pub struct Letter {
    pub(crate) subject: String,
    pub(crate) parts: Vec<Part>,
}

#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Part {
    Paragraph(String),
    /// What the mail is about: a link with a label.
    Action {
        label: String,
        link: Link,
    },
    /// A paragraph in small print.
    Note(String),
}

/// The address of a page of the host; `Debug` does not show it, because it may hold a token.
#[derive(Clone, PartialEq, Eq)]
pub struct Link(String);

impl Letter {
    /// A letter of this subject, which says nothing yet.
    #[must_use]
    pub fn new(subject: &str) -> Self {
        Self { subject: line(subject, MAX_SUBJECT), parts: Vec::new() }
    }

    /// The same, and a paragraph.
    #[must_use]
    pub fn paragraph(self, text: &str) -> Self {
        self.with(Part::Paragraph(cut(text.trim(), MAX_PARAGRAPH)))
    }

    /// The same, and a link that says what happens behind it.
    #[must_use]
    pub fn action(self, label: &str, link: Link) -> Self {
        self.with(Part::Action { label: line(label, MAX_LABEL), link })
    }

    /// The same, and a paragraph in small print.
    #[must_use]
    pub fn note(self, text: &str) -> Self {
        self.with(Part::Note(cut(text.trim(), MAX_PARAGRAPH)))
    }

    fn with(mut self, part: Part) -> Self {
        self.parts.push(part);
        self
    }
}

impl Link {
    pub(crate) fn new(url: String) -> Self {
        Self(url)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Letter(..)")
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Link(..)")
    }
}
