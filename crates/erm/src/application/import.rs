//! Taking over a graph from a file: what is wished, and what became of it.

use std::error::Error;

use identity::WorkspaceRef;
use perme8_events::StorageError;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    application::{
        acting::from_not_acting,
        bulks::{BulkError, ItemError},
    },
    domain::{lines::FileFormat, quota::Counted},
};

pub(crate) mod batch;
pub(crate) mod names;
pub(crate) mod rehearsal;
pub(crate) mod take_edges;
pub(crate) mod take_entities;

/// So many problems are told in full.
const MOST_PROBLEMS: usize = 100;
/// So much is told of a problem and of the field that it is about, in characters: files say what they like.
const LONGEST_MESSAGE: usize = 500;
const LONGEST_FIELD: usize = 120;

/// Takes over entities and edges, and perhaps a schema.
#[derive(Debug, Clone)]
pub struct Import {
    /// Where to.
    pub workspace: WorkspaceRef,
    /// How the file is written.
    pub format: FileFormat,
    /// What becomes of a schema that stands in the file.
    pub schema: ImportedSchema,
    /// Whether all is looked at and nothing is written. What comes further on in the file is looked at beside what is there
    /// already and not beside what comes before it: two entities that want the same unique value or external key, two edges
    /// of which there may be one, are both told as taken over if there are a thousand others between them. How many values a
    /// schema makes moments of texts, or texts of moments, is not counted.
    pub dry_run: bool,
}

/// What becomes of a schema that stands in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ImportedSchema {
    /// It is taken if the workspace has none.
    #[default]
    IfNone,
    /// It is taken instead of what the workspace has.
    Replace,
}

impl ImportedSchema {
    /// What it is called.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "if_none" => Some(Self::IfNone),
            "replace" => Some(Self::Replace),
            _ => None,
        }
    }
}

/// How far an import is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ImportProgress {
    /// Lines that were read.
    pub lines: u64,
    /// Bytes that were read.
    pub bytes: u64,
}

/// What became of the schema of a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SchemaImport {
    /// The file has none.
    #[default]
    Absent,
    /// The workspace keeps its own.
    Kept,
    /// It is the first of the workspace.
    Created,
    /// It is that of the workspace now.
    Replaced,
    /// It is none, or cannot come into force.
    Failed,
}

/// What became of the entities of a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ImportedEntities {
    /// So many are new.
    pub created: u64,
    /// So many were there already, by their external keys.
    pub updated: u64,
}

/// What became of the edges of a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ImportedEdges {
    /// So many are new.
    pub created: u64,
}

/// Something that could not be taken over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ImportProblem {
    /// In which line of the file it ends, from 1.
    pub line: u64,
    /// Which field or property it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// For people.
    pub message: String,
}

/// What became of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ImportReport {
    /// Whether nothing was written, and this is what would have been.
    pub dry_run: bool,
    /// Its schema.
    pub schema: SchemaImport,
    /// Its entities.
    pub entities: ImportedEntities,
    /// Its edges.
    pub edges: ImportedEdges,
    /// So many schemas, entities and edges could not be taken over.
    pub failed: u64,
    /// The first hundred reasons.
    pub errors: Vec<ImportProblem>,
    /// How much was read.
    #[serde(flatten)]
    pub read: ImportProgress,
}

/// Why a file was not taken over, or only as far as it was read.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// There is no such workspace, or the person who acts is a stranger there.
    #[error("there is no such workspace")]
    WorkspaceNotFound,
    /// No person acts, or a guest; or the schema is to be replaced by somebody who does not manage the workspace.
    #[error("not everybody may import this")]
    Forbidden,
    /// The workspace is put away.
    #[error("the workspace is archived: restore it first")]
    WorkspaceArchived,
    /// Neither the workspace has a schema, nor did the file bring one.
    #[error("neither the workspace nor the file has a schema that comes first")]
    NoSchema,
    /// The workspace is full; what the file says before is taken over.
    #[error("the workspace has no room for more than {limit} {of}")]
    QuotaExceeded {
        /// What there are too many of.
        of: Counted,
        /// How many there may be.
        limit: u64,
    },
    /// The file cannot be read.
    #[error("the file cannot be read")]
    Unreadable(#[source] Box<dyn Error + Send + Sync>),
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

from_not_acting!(ImportError);

impl From<BulkError> for ImportError {
    fn from(error: BulkError) -> Self {
        match error {
            BulkError::WorkspaceNotFound => Self::WorkspaceNotFound,
            BulkError::Forbidden => Self::Forbidden,
            BulkError::WorkspaceArchived => Self::WorkspaceArchived,
            BulkError::NoSchema => Self::NoSchema,
            BulkError::QuotaExceeded { of, limit } => Self::QuotaExceeded { of, limit },
            error @ (BulkError::Empty | BulkError::TooLarge) => {
                Self::Storage(StorageError::new(error))
            }
            BulkError::Storage(error) => Self::Storage(error),
        }
    }
}

impl ImportReport {
    /// Notes that something that ends in this line was not taken over, and why.
    pub(crate) fn fail(&mut self, line: u64, field: Option<String>, message: impl Into<String>) {
        self.failed += 1;
        self.tell(line, field, message.into());
    }

    /// Notes the same, for all these reasons.
    pub(crate) fn fail_for(&mut self, line: u64, errors: Vec<ItemError>) {
        self.failed += 1;
        for ItemError { field, message, constraint: _ } in errors {
            self.tell(line, field, message);
        }
    }

    fn tell(&mut self, line: u64, field: Option<String>, mut message: String) {
        if self.errors.len() < MOST_PROBLEMS {
            cut(&mut message, LONGEST_MESSAGE);
            let field = field.map(|mut field| {
                cut(&mut field, LONGEST_FIELD);
                field
            });
            self.errors.push(ImportProblem { line, field, message });
        }
    }
}

/// Leaves the beginning of a text if it has more characters than this.
fn cut(text: &mut String, characters: usize) {
    if let Some((end, _)) = text.char_indices().nth(characters) {
        text.truncate(end);
        text.push('…');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_problems_are_told_and_the_beginning_of_each() {
        let mut report = ImportReport::default();
        for line in 0..150 {
            report.fail(line, Some("ü".repeat(200)), "x".repeat(1 << 20));
        }
        assert_eq!((report.failed, report.errors.len()), (150, MOST_PROBLEMS));
        let ImportProblem { field, message, .. } = &report.errors[99];
        assert_eq!(*field, Some("ü".repeat(LONGEST_FIELD) + "…"));
        assert_eq!(*message, "x".repeat(LONGEST_MESSAGE) + "…");
    }
}
