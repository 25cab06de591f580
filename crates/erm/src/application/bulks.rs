//! Writing many entities or edges at once, as if one after another.

use perme8_events::{Id, StorageError};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    application::{acting::from_not_acting, writing::WriteError},
    domain::{bulk::LARGEST, claims::End, quota::Counted, references::parse_id},
};

pub(crate) mod create_edges;
pub(crate) mod create_entities;
pub(crate) mod delete_entities;
#[cfg(test)]
mod tests;
pub(crate) mod update_entities;

/// What becomes of the others when one cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BulkMode {
    /// Nothing is written.
    #[default]
    Atomic,
    /// The others are written.
    Partial,
}

/// What was written, and what was not.
#[derive(Debug, Clone, PartialEq)]
pub struct BulkOutcome<T> {
    /// What was written, in the order in which it was named.
    pub done: Vec<T>,
    /// What was not, in that order, too.
    pub failed: Vec<BulkFailure>,
}

/// Why one of many was not written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BulkFailure {
    /// Its place among those that were named, from 0.
    pub index: usize,
    /// Every reason.
    pub errors: Vec<ItemError>,
}

/// A reason why one of many was not written; also that it could not even be read, which whoever reads it says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ItemError {
    /// Which field or property it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// For people.
    pub message: String,
    /// For programs: as that of a property, or `quota`, `version`, or `endpoint`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub constraint: Option<&'static str>,
}

impl ItemError {
    pub(crate) fn about(field: &str, constraint: &'static str, message: impl Into<String>) -> Self {
        let (field, constraint) = (Some(field.to_owned()), Some(constraint));
        Self { field, message: message.into(), constraint }
    }

    /// There is nothing that has this id.
    fn not_found() -> Self {
        Self { field: None, message: "not_found".to_owned(), constraint: None }
    }
}

/// Why nothing was looked at one by one.
#[derive(Debug, thiserror::Error)]
pub enum BulkError {
    /// There is no such workspace, or the person who acts is a stranger there.
    #[error("there is no such workspace")]
    WorkspaceNotFound,
    /// No person acts, or a guest.
    #[error("guests write no entities and edges")]
    Forbidden,
    /// The workspace is put away.
    #[error("the workspace is archived: restore it first")]
    WorkspaceArchived,
    /// The workspace has no schema.
    #[error("the workspace has no schema: write one first")]
    NoSchema,
    /// Nothing is named.
    #[error("at least one item must be named")]
    Empty,
    /// The workspace is full, and nothing else is wrong.
    #[error("the workspace has no room for more than {limit} {of}")]
    QuotaExceeded {
        /// What there are too many of.
        of: Counted,
        /// How many there may be.
        limit: u64,
    },
    /// Too many are named.
    #[error("at most {} items are written at once", LARGEST)]
    TooLarge,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

from_not_acting!(BulkError);

/// Whether so many can be written at once.
fn check_size<I>(items: &[I]) -> Result<(), BulkError> {
    match items.len() {
        0 => Err(BulkError::Empty),
        1..=LARGEST => Ok(()),
        _ => Err(BulkError::TooLarge),
    }
}

/// What was not written, while one after another is looked at.
#[derive(Debug, Default)]
pub(crate) struct Failures {
    noted: Vec<BulkFailure>,
    /// How many of them failed because the workspace is full.
    without_room: usize,
    /// Of what it is full, and how many of it there may be.
    full: Option<(Counted, u64)>,
}

impl Failures {
    /// Those that could be read, each with its place; what is wrong with the others is noted.
    fn readable<'i, I>(&mut self, items: &'i [Result<I, ItemError>]) -> Vec<(usize, &'i I)> {
        let mut readable = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            match item {
                Ok(item) => readable.push((index, item)),
                Err(error) => self.note(index, vec![error.clone()]),
            }
        }
        readable
    }

    /// What is right; an error that is about one of many is noted, one that is about all ends it.
    pub(crate) fn sort<R>(
        &mut self,
        index: usize,
        result: Result<R, WriteError>,
    ) -> Result<Option<R>, BulkError> {
        let errors = match result {
            Ok(right) => return Ok(Some(right)),
            Err(WriteError::WorkspaceNotFound) => return Err(BulkError::WorkspaceNotFound),
            Err(WriteError::Forbidden) => return Err(BulkError::Forbidden),
            Err(WriteError::WorkspaceArchived) => return Err(BulkError::WorkspaceArchived),
            Err(WriteError::NoSchema) => return Err(BulkError::NoSchema),
            Err(WriteError::Storage(error)) => return Err(BulkError::Storage(error)),
            Err(WriteError::Invalid(errors)) => errors
                .into_iter()
                .map(|error| ItemError::about(&error.field, error.constraint, error.message))
                .collect(),
            Err(WriteError::EndMissing(end)) => {
                let message = match end {
                    End::Source => "source_not_found",
                    End::Target => "target_not_found",
                };
                vec![ItemError::about(end.field(), "endpoint", message)]
            }
            Err(WriteError::Endpoint { end, message }) => {
                vec![ItemError::about(end.field(), "endpoint", message)]
            }
            Err(error @ WriteError::KeyTaken) => {
                vec![ItemError::about("external_key", "unique", error.to_string())]
            }
            Err(error @ (WriteError::InvalidType(_) | WriteError::UnknownType { .. })) => {
                vec![ItemError::about("type", "type", error.to_string())]
            }
            Err(error @ WriteError::OtherVersion) => {
                vec![ItemError::about("version", "version", error.to_string())]
            }
            Err(ref error @ WriteError::QuotaExceeded { of, limit }) => {
                self.without_room += 1;
                self.full = Some((of, limit));
                let (field, message) = (None, error.to_string());
                vec![ItemError { field, message, constraint: Some("quota") }]
            }
            Err(WriteError::NotFound) => vec![ItemError::not_found()],
        };
        self.note(index, errors);
        Ok(None)
    }

    pub(crate) fn note(&mut self, index: usize, errors: Vec<ItemError>) {
        self.noted.push(BulkFailure { index, errors });
    }

    /// Whether the others are not to be written either.
    fn forbid(&self, mode: BulkMode) -> bool {
        mode == BulkMode::Atomic && !self.noted.is_empty()
    }

    /// In the order of the items.
    pub(crate) fn in_order(mut self) -> Vec<BulkFailure> {
        self.noted.sort_by_key(|failure| failure.index);
        self.noted
    }

    /// Nothing was written.
    fn only<T>(self, mode: BulkMode) -> Result<BulkOutcome<T>, BulkError> {
        match self.full {
            Some((of, limit)) if self.forbid(mode) && self.without_room == self.noted.len() => {
                Err(BulkError::QuotaExceeded { of, limit })
            }
            _ => Ok(BulkOutcome { done: Vec::new(), failed: self.in_order() }),
        }
    }
}

/// The id that a field names.
fn id<A>(field: &str, text: &str) -> Result<Id<A>, ItemError> {
    parse_id(text).ok_or_else(|| ItemError::about(field, "type", "must be a UUID"))
}
