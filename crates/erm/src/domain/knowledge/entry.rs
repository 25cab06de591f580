//! What an entry says, and what it must say.

use std::fmt;

use chrono::{DateTime, NaiveDate};

use super::category::{Category, UnknownCategory};

/// No title is longer, in characters.
pub(crate) const LONGEST_TITLE: usize = 255;

/// No entry has more tags.
pub(crate) const MOST_TAGS: usize = 20;

/// No tag is longer, in characters.
pub(crate) const LONGEST_TAG: usize = 100;

/// No body is longer, in bytes, and no list as it is kept.
pub(crate) const LONGEST_TEXT: usize = 64 * 1024;

/// The parts of an entry that are lists of texts; their names are those of properties.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryList {
    /// What it is found under.
    Tags,
    /// Code that shows it.
    CodeSnippets,
    /// The files that it is about.
    FilePaths,
    /// Where else it is written about.
    ExternalLinks,
}

impl EntryList {
    /// All of them.
    pub(crate) const ALL: [Self; 4] =
        [Self::Tags, Self::CodeSnippets, Self::FilePaths, Self::ExternalLinks];

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tags => "tags",
            Self::CodeSnippets => "code_snippets",
            Self::FilePaths => "file_paths",
            Self::ExternalLinks => "external_links",
        }
    }
}

impl fmt::Display for EntryList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why an entry cannot say that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEntry {
    /// It has no title, or a blank one.
    #[error("an entry needs a title")]
    TitleRequired,
    /// The title is too long.
    #[error("a title has at most {LONGEST_TITLE} characters")]
    TitleTooLong,
    /// It has no body, or a blank one.
    #[error("an entry needs a body")]
    BodyRequired,
    /// The body is too long.
    #[error("a body has at most {LONGEST_TEXT} bytes")]
    BodyTooLong,
    /// There is no such category.
    #[error(transparent)]
    Category(#[from] UnknownCategory),
    /// There are too many tags.
    #[error("an entry has at most {MOST_TAGS} tags")]
    TooManyTags,
    /// A tag is blank.
    #[error("a tag must not be blank")]
    BlankTag,
    /// A tag is too long.
    #[error("a tag has at most {LONGEST_TAG} characters")]
    TagTooLong,
    /// A list is too long.
    #[error("the {0} have at most {LONGEST_TEXT} bytes together")]
    ListTooLong(EntryList),
    /// Nobody can tell when that is.
    #[error("when an entry was last verified is a day or an instant as ISO 8601 writes it")]
    LastVerifiedAt,
    /// A text has the character that stands for none.
    #[error("a text has an invalid character")]
    InvalidCharacter,
}

/// A title that an entry can have.
pub(super) fn title(text: String) -> Result<String, InvalidEntry> {
    if text.trim().is_empty() {
        Err(InvalidEntry::TitleRequired)
    } else if text.chars().count() > LONGEST_TITLE {
        Err(InvalidEntry::TitleTooLong)
    } else {
        whole(text)
    }
}

/// A body that an entry can have.
pub(super) fn body(text: String) -> Result<String, InvalidEntry> {
    if text.trim().is_empty() {
        Err(InvalidEntry::BodyRequired)
    } else if text.len() > LONGEST_TEXT {
        Err(InvalidEntry::BodyTooLong)
    } else {
        whole(text)
    }
}

/// The category that is meant.
pub(super) fn category(text: &str) -> Result<Category, InvalidEntry> {
    Ok(text.parse()?)
}

/// A list that an entry can have, as it is kept.
pub(super) fn list(list: EntryList, texts: Vec<String>) -> Result<String, InvalidEntry> {
    if list == EntryList::Tags {
        tags(&texts)?;
    }
    let texts: Vec<String> = texts.into_iter().map(whole).collect::<Result<_, _>>()?;
    let kept = serde_json::Value::from(texts).to_string();
    if kept.len() > LONGEST_TEXT { Err(InvalidEntry::ListTooLong(list)) } else { Ok(kept) }
}

fn tags(tags: &[String]) -> Result<(), InvalidEntry> {
    if tags.len() > MOST_TAGS {
        Err(InvalidEntry::TooManyTags)
    } else if tags.iter().any(|tag| tag.trim().is_empty()) {
        Err(InvalidEntry::BlankTag)
    } else if tags.iter().any(|tag| tag.chars().count() > LONGEST_TAG) {
        Err(InvalidEntry::TagTooLong)
    } else {
        Ok(())
    }
}

/// When an entry was last found to be true, as somebody writes it: a day, or an instant with its offset.
pub(super) fn last_verified_at(text: String) -> Result<String, InvalidEntry> {
    let is_day = text.parse::<NaiveDate>().is_ok();
    let is_instant = DateTime::parse_from_rfc3339(&text).is_ok();
    if is_day || is_instant { Ok(text) } else { Err(InvalidEntry::LastVerifiedAt) }
}

/// A text without the character that PostgreSQL cannot keep.
fn whole(text: String) -> Result<String, InvalidEntry> {
    if text.contains('\0') { Err(InvalidEntry::InvalidCharacter) } else { Ok(text) }
}
