//! What callers wish for that is about entries of knowledge, and what they read of them.

use perme8_events::StorageError;

use crate::application::acting::from_not_acting_of_questions;

pub(crate) mod ports;
pub(crate) mod read_models;
pub(crate) mod relate_entries;
pub(crate) mod search_entries;
pub(crate) mod traverse_entries;
pub(crate) mod write_entry;
pub(crate) mod writing;

/// Why somebody did not get to read an entry.
#[derive(Debug, thiserror::Error)]
pub enum EntryQueryError {
    /// There is no such workspace, or the person who asks is a stranger there.
    #[error("there is no such workspace")]
    WorkspaceNotFound,
    /// No person asks.
    #[error("only members look at entries")]
    Forbidden,
    /// There is no such entry; an entity of another type is none.
    #[error("there is no such entry")]
    EntryNotFound,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

from_not_acting_of_questions!(EntryQueryError);
