//! The one error of every storage port.

use std::error::Error;

/// The storage behind a port failed.
///
/// A caller can only pass it on, or run the whole transaction again when a predicate says that this may help.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct StorageError {
    what: &'static str,
    kind: Kind,
    #[source]
    source: Option<Box<dyn Error + Send + Sync>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Other,
    Conflict,
    Again,
    Unavailable,
}

impl StorageError {
    /// An adapter failed.
    pub fn new(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { what: "the storage gave an error", kind: Kind::Other, source: Some(source.into()) }
    }

    /// What was loaded has changed since, or what must be unique was taken in the meantime.
    #[must_use]
    pub fn conflict() -> Self {
        Self { what: "somebody else was faster", kind: Kind::Conflict, source: None }
    }

    pub(crate) fn conflict_because(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { source: Some(source.into()), ..Self::conflict() }
    }

    pub(crate) fn again(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            what: "the database asks to try again",
            kind: Kind::Again,
            source: Some(source.into()),
        }
    }

    pub(crate) fn unavailable(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self {
            what: "the database cannot be reached",
            kind: Kind::Unavailable,
            source: Some(source.into()),
        }
    }

    /// Whether somebody else changed the aggregate, or took what must be unique, since it was read.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        self.kind == Kind::Conflict
    }

    /// Whether running the transaction again from its start may succeed: a conflict, a deadlock, a serialisation failure.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self.kind, Kind::Conflict | Kind::Again)
    }

    /// Whether the database cannot be reached.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        self.kind == Kind::Unavailable
    }
}

impl From<serde_json::Error> for StorageError {
    fn from(source: serde_json::Error) -> Self {
        Self::new(source)
    }
}
