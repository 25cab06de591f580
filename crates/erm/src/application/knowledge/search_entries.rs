//! Finding entries.

use std::fmt;

use documents::NoQuery;
use perme8_events::StorageError;

use crate::{
    application::{acting::from_not_acting_of_questions, knowledge::read_models::FoundEntryPlace},
    domain::knowledge::{
        category::UnknownCategory,
        entry::MOST_TAGS,
        searched::{NotSought, Sought},
    },
};

/// At most so many entries make a page.
const MOST: u8 = 100;

/// So many do where nobody says how many.
const USUAL: u8 = 20;

/// What somebody looks for in a workspace, at least by one of words, tags and category.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct SearchEntries {
    /// An entry is found if each of these words is the beginning of one of its title, tags or body, in any letter case.
    pub query: String,
    /// It has all of these tags, in any letter case.
    pub tags: Vec<String>,
    /// It is of this category.
    pub category: Option<String>,
    /// At most so many; 20 if nothing is said, and taken as 1 to 100.
    pub limit: Option<u8>,
    /// Those that follow a page; from the first one on without it.
    pub after: Option<FoundEntryPlace>,
}

/// What people look for is shown nowhere.
impl fmt::Debug for SearchEntries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { query: _, tags: _, category: _, limit, after } = self;
        f.debug_struct("SearchEntries")
            .field("limit", limit)
            .field("after", after)
            .finish_non_exhaustive()
    }
}

/// Why nothing was looked for.
#[derive(Debug, thiserror::Error)]
pub enum SearchEntriesError {
    /// There is no such workspace, or the person who asks is a stranger there.
    #[error("there is no such workspace")]
    WorkspaceNotFound,
    /// No person asks.
    #[error("only members look for entries")]
    Forbidden,
    /// Nothing is said: no words, no tags, no category.
    #[error("a search needs words, tags or a category")]
    NoCriteria,
    /// There is no such category.
    #[error(transparent)]
    Category(#[from] UnknownCategory),
    /// There is nothing to look for in the words, or too much.
    #[error("the words of a search {0}")]
    Query(#[from] NoQuery),
    /// There are too many tags.
    #[error("no entry has more than {MOST_TAGS} tags")]
    TooManyTags,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

from_not_acting_of_questions!(SearchEntriesError);

impl From<NotSought> for SearchEntriesError {
    fn from(reason: NotSought) -> Self {
        match reason {
            NotSought::NoCriteria => Self::NoCriteria,
            NotSought::Category(error) => error.into(),
            NotSought::Query(error) => error.into(),
            NotSought::TooManyTags => Self::TooManyTags,
        }
    }
}

impl SearchEntries {
    /// What is looked for.
    pub(crate) fn sought(&self) -> Result<Sought, SearchEntriesError> {
        Ok(Sought::parse(&self.query, &self.tags, self.category.as_deref())?)
    }

    /// How many are wanted.
    pub(crate) fn size(&self) -> u8 {
        self.limit.unwrap_or(USUAL).clamp(1, MOST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_one_entry_at_least_and_a_hundred_at_most() {
        let size = |limit| SearchEntries { limit, ..SearchEntries::default() }.size();
        assert_eq!([None, Some(0), Some(7), Some(255)].map(size), [20, 1, 7, 100]);
    }
}
