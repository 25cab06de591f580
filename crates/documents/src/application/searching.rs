//! What people look for, and what they find.

use std::fmt;

use chrono::{DateTime, Utc};
use perme8_events::StorageError;

use crate::{
    application::{acting::NotActing, read_models::DocumentDetails},
    domain::{
        document::Document,
        references::DocumentId,
        search::{
            excerpt::{Budget, Excerpt},
            query::{NoQuery, SearchQuery},
        },
    },
};

/// What somebody looks for in a workspace.
#[derive(Clone, PartialEq, Eq)]
pub struct SearchDocuments {
    /// A document is found if each of these words is the beginning of one of its title or of its text, in any letter case.
    pub words: String,
    /// At most so many; taken as 1 to 100.
    pub limit: u8,
    /// Those that follow a page; from the first one on without it.
    pub after: Option<FoundPlace>,
}

/// What people look for is shown nowhere.
impl fmt::Debug for SearchDocuments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { words: _, limit, after } = self;
        f.debug_struct("SearchDocuments")
            .field("limit", limit)
            .field("after", after)
            .finish_non_exhaustive()
    }
}

/// Why nothing was looked for.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// No person asks.
    #[error("only people look for documents")]
    Forbidden,
    /// There is no such workspace, or the person who asks is a stranger there.
    #[error("there is no such workspace")]
    WorkspaceNotFound,
    /// There is nothing to look for.
    #[error("{}", NoQuery::Empty)]
    NoWords,
    /// The words are too long together.
    #[error("{}", NoQuery::TooLong)]
    TooLong,
    /// There are too many words.
    #[error("{}", NoQuery::TooManyWords)]
    TooManyWords,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// The place of a document among those that were found: first those that have every word in the title, then those that were
/// changed last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FoundPlace {
    /// Whether every word is in the title.
    pub in_title: bool,
    /// When it was changed last.
    pub updated_at: DateTime<Utc>,
    /// Which.
    pub id: DocumentId,
}

/// A document that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundDocument {
    /// The document.
    pub document: DocumentDetails,
    /// What it is called.
    pub title: Excerpt,
    /// What it says around the first match; its beginning, if all of them are in the title, or the first is far behind.
    pub text: Excerpt,
}

/// Some of the documents that were found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundPage {
    /// The documents.
    pub found: Vec<FoundDocument>,
    /// Where the next page begins; none when this is the last one.
    pub next: Option<FoundPlace>,
}

/// A document that has the words.
pub(crate) struct Hit {
    pub(crate) document: Document,
    pub(crate) matched: Matched,
}

/// Where it has them, as the index knows it.
pub(crate) struct Matched {
    pub(crate) in_title: bool,
    /// The beginning of what it says, as much as an excerpt needs.
    pub(crate) text: String,
}

impl FoundPlace {
    pub(crate) fn of(hit: &Hit) -> Self {
        let Hit { document: Document { updated_at, id, .. }, matched } = hit;
        Self { in_title: matched.in_title, updated_at: *updated_at, id: *id }
    }
}

/// What is shown of the documents of a page. Where they are long, this takes a while.
pub(crate) fn shown(
    page: Vec<(DocumentDetails, Matched)>,
    query: &SearchQuery,
) -> Vec<FoundDocument> {
    let mut budget = Budget::of_page();
    let found = page.into_iter().map(|(document, Matched { in_title, text })| FoundDocument {
        title: Excerpt::whole(&document.title, query),
        text: if in_title {
            Excerpt::beginning(&text, query)
        } else {
            Excerpt::around(&text, query, &mut budget)
        },
        document,
    });
    found.collect()
}

impl From<NoQuery> for SearchError {
    fn from(reason: NoQuery) -> Self {
        match reason {
            NoQuery::Empty => Self::NoWords,
            NoQuery::TooLong => Self::TooLong,
            NoQuery::TooManyWords => Self::TooManyWords,
        }
    }
}

impl From<NotActing> for SearchError {
    fn from(reason: NotActing) -> Self {
        match reason {
            // Every member may, also in a workspace that is put away.
            NotActing::Nobody | NotActing::Denied(_) => Self::Forbidden,
            NotActing::Stranger => Self::WorkspaceNotFound,
            NotActing::Storage(error) => Self::Storage(error),
        }
    }
}
