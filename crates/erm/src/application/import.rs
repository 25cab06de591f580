//! Taking over a graph from a file: what is wished, and what became of it.

use std::{collections::HashMap, io};

use identity::WorkspaceRef;
use perme8_events::StorageError;
use serde::Serialize;

use crate::{
    application::{
        acting::from_not_acting,
        bulks::{BulkError, BulkFailure, ItemError},
    },
    domain::lines::{EdgeLine, EntityLine, FileFormat, Line},
};

pub(crate) mod dry_run;
pub(crate) mod file;

/// So many entities or edges are written at once.
pub(crate) const BATCH: usize = 1000;

/// So many problems are told in full.
const MOST_PROBLEMS: usize = 100;

/// Takes over entities and edges, and perhaps a schema.
#[derive(Debug, Clone)]
pub struct Import {
    /// Where to.
    pub workspace: WorkspaceRef,
    /// How the file is written.
    pub format: FileFormat,
    /// What becomes of a schema that stands in the file.
    pub schema: ImportedSchema,
    /// Whether all is looked at and nothing is written.
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
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct ImportProgress {
    /// Lines that were read.
    pub lines: u64,
    /// Bytes that were read.
    pub bytes: u64,
}

/// What became of the schema of a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
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
    /// It is none.
    Failed,
}

/// What became of the entities of a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct ImportedEntities {
    /// So many are new.
    pub created: u64,
    /// So many were there already, by their external keys.
    pub updated: u64,
}

/// What became of the edges of a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct ImportedEdges {
    /// So many are new.
    pub created: u64,
}

/// Something that could not be taken over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
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
    /// The file cannot be read.
    #[error("the file cannot be read")]
    Unreadable(#[source] io::Error),
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

    fn tell(&mut self, line: u64, field: Option<String>, message: String) {
        if self.errors.len() < MOST_PROBLEMS {
            self.errors.push(ImportProblem { line, field, message });
        }
    }
}

/// Something of a batch, with the line in which it ends.
#[derive(Debug, Clone)]
pub(crate) struct Numbered<T> {
    pub(crate) line: u64,
    pub(crate) item: T,
}

/// What is written next.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) entities: Vec<Numbered<EntityLine>>,
    pub(crate) edges: Vec<Numbered<EdgeLine>>,
}

impl Batch {
    /// Whether this line must wait until the batch is written.
    pub(crate) fn is_full_for(&self, line: &Line) -> bool {
        match line {
            Line::Schema(_) => !self.entities.is_empty() || !self.edges.is_empty(),
            Line::Entity(_) => !self.edges.is_empty() || self.entities.len() >= BATCH,
            Line::Edge(_) => !self.entities.is_empty() || self.edges.len() >= BATCH,
        }
    }
}

/// What the entities of the file are called from now on.
#[derive(Debug, Default)]
pub(crate) struct Names(HashMap<String, String>);

impl Names {
    /// The entity that the file calls so has this id.
    pub(crate) fn learn(&mut self, name: Option<&String>, id: impl ToString) {
        if let Some(name) = name {
            self.0.insert(name.clone(), id.to_string());
        }
    }

    /// What an edge of the file calls so: an entity of the file, or else one that is there already.
    pub(crate) fn find(&self, name: &str) -> String {
        self.0.get(name).map_or_else(|| name.to_owned(), Clone::clone)
    }

    /// Whether the file has it.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }
}

/// The failures of a bulk by the places of its items.
pub(crate) fn by_place(failed: Vec<BulkFailure>) -> HashMap<usize, Vec<ItemError>> {
    failed.into_iter().map(|BulkFailure { index, errors }| (index, errors)).collect()
}

/// Whether nothing else is wrong than that the external key is taken.
pub(crate) fn is_known(errors: &[ItemError]) -> bool {
    matches!(errors, [ItemError { field: Some(field), constraint: Some("unique"), .. }] if field == "external_key")
}
