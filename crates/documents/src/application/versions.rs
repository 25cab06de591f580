//! What callers get to see of the versions of a document.

use std::fmt;

use chrono::{DateTime, Utc};
use perme8_events::{StorageError, UserId};

use crate::{
    application::{
        acting::{NotActing, OutOfReach},
        read_models::QueryError,
    },
    domain::history::{Line, Part, difference},
};

/// Why a question about versions was not answered.
#[derive(Debug, thiserror::Error)]
pub enum VersionError {
    /// No person asks, or one who may not see documents.
    #[error("only members of the workspace see documents")]
    Forbidden,
    /// There is no such workspace, or the person who asks is a stranger there.
    #[error("there is no such workspace")]
    WorkspaceNotFound,
    /// The workspace has no such document that the person could see, or it is in the trash.
    #[error("there is no such document")]
    DocumentNotFound,
    /// The document has no such version, or has it no longer.
    #[error("there is no such version")]
    VersionNotFound,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl From<NotActing> for VersionError {
    fn from(reason: NotActing) -> Self {
        OutOfReach::from(reason).into()
    }
}

impl From<OutOfReach> for VersionError {
    fn from(reason: OutOfReach) -> Self {
        if matches!(reason, OutOfReach::Hidden) {
            return Self::DocumentNotFound;
        }
        match QueryError::from(reason) {
            QueryError::Forbidden => Self::Forbidden,
            QueryError::WorkspaceNotFound => Self::WorkspaceNotFound,
            QueryError::ProjectNotFound | QueryError::DocumentNotFound => Self::DocumentNotFound,
            QueryError::Storage(error) => Self::Storage(error),
        }
    }
}

/// A version of a document, without what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionSummary {
    /// Its number; 1 is the first, and some in between are kept no longer.
    pub number: i64,
    /// The SHA-256 of what it says in lowercase hexadecimal digits.
    pub content_hash: String,
    /// Who took part in it since the version before.
    pub authors: Vec<UserId>,
    /// Since when it is kept.
    pub at: DateTime<Utc>,
}

/// A version of a document, and what it says.
#[derive(Clone, PartialEq, Eq)]
pub struct VersionDetails {
    /// Which.
    pub summary: VersionSummary,
    /// Markdown.
    pub text: String,
}

/// What people write is shown nowhere.
impl fmt::Debug for VersionDetails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VersionDetails").field("summary", &self.summary).finish_non_exhaustive()
    }
}

/// What a version says that another one does not.
#[derive(Clone, PartialEq, Eq)]
pub struct VersionDifference {
    /// The other one; none if it is compared with no text at all.
    pub from: Option<i64>,
    /// The version.
    pub to: i64,
    /// Every line of one or both, in their order.
    pub lines: Vec<VersionLine>,
}

/// What people write is shown nowhere.
impl fmt::Debug for VersionDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, to, lines: _ } = self;
        f.debug_struct("VersionDifference")
            .field("from", from)
            .field("to", to)
            .finish_non_exhaustive()
    }
}

/// A line of one version or of both.
#[derive(Clone, PartialEq, Eq)]
pub enum VersionLine {
    /// Of both.
    Kept(String),
    /// Of the other version alone, in pieces: each with whether it is not in this one.
    Removed(Vec<(String, bool)>),
    /// Of this version alone, in the same way.
    Added(Vec<(String, bool)>),
}

/// What people write is shown nowhere.
impl fmt::Debug for VersionLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Kept(_) => "Kept",
            Self::Removed(_) => "Removed",
            Self::Added(_) => "Added",
        })
    }
}

impl VersionDifference {
    /// What `to` says that `from` does not, and the other way round.
    pub(crate) fn between(from: Option<&VersionDetails>, to: &VersionDetails) -> Self {
        let before = from.map_or("", |from| from.text.as_str());
        let lines = difference(before, &to.text).into_iter().map(VersionLine::from);
        Self {
            from: from.map(|from| from.summary.number),
            to: to.summary.number,
            lines: lines.collect(),
        }
    }
}

impl From<Line> for VersionLine {
    fn from(line: Line) -> Self {
        let parts = |parts: Vec<Part>| {
            parts.into_iter().map(|Part { text, is_changed }| (text, is_changed)).collect()
        };
        match line {
            Line::Kept(text) => Self::Kept(text),
            Line::Removed(of) => Self::Removed(parts(of)),
            Line::Added(of) => Self::Added(parts(of)),
        }
    }
}
