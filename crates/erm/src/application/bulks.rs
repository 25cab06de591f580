//! Writing many entities or edges at once, as if one after another.

use std::collections::BTreeSet;

use perme8_events::StorageError;
use serde::Serialize;

use crate::{
    application::{acting::from_not_acting, writing::WriteError},
    domain::bulk::LARGEST,
};

pub(crate) mod create_edges;
pub(crate) mod create_entities;
pub(crate) mod delete_entities;
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BulkFailure {
    /// Its place among those that were named, from 0.
    pub index: usize,
    /// Every reason.
    pub errors: Vec<ItemError>,
}

/// A reason why one of many was not written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ItemError {
    /// Which field or property it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// For people.
    pub message: String,
    /// For programs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub constraint: Option<&'static str>,
}

impl ItemError {
    fn about(field: &str, constraint: &'static str, message: impl Into<String>) -> Self {
        let (field, constraint) = (Some(field.to_owned()), Some(constraint));
        Self { field, message: message.into(), constraint }
    }

    fn saying(message: impl Into<String>) -> Self {
        Self { field: None, message: message.into(), constraint: None }
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
struct Failures(Vec<BulkFailure>);

impl Failures {
    /// What is right; an error that is about one of many is noted, one that is about all ends it.
    fn sort<R>(
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
            Err(WriteError::Endpoint { field, message }) => {
                vec![ItemError::about(field, "endpoint", message)]
            }
            Err(error @ WriteError::KeyTaken) => {
                vec![ItemError::about("external_key", "unique", error.to_string())]
            }
            Err(WriteError::NotFound) => vec![ItemError::saying("not_found")],
            Err(
                error @ (WriteError::InvalidType(_)
                | WriteError::UnknownType { .. }
                | WriteError::OtherVersion
                | WriteError::QuotaExceeded { .. }),
            ) => vec![ItemError::saying(error.to_string())],
        };
        self.note(index, errors);
        Ok(None)
    }

    fn note(&mut self, index: usize, errors: Vec<ItemError>) {
        self.0.push(BulkFailure { index, errors });
    }

    /// Whether the others are not to be written either.
    fn forbid(&self, mode: BulkMode) -> bool {
        mode == BulkMode::Atomic && !self.0.is_empty()
    }

    /// In the order of the items.
    fn in_order(mut self) -> Vec<BulkFailure> {
        self.0.sort_by_key(|failure| failure.index);
        self.0
    }

    /// Nothing was written.
    fn only<T>(self) -> BulkOutcome<T> {
        BulkOutcome { done: Vec::new(), failed: self.in_order() }
    }
}

/// The id that a field names.
fn id<A>(field: &str, text: &str) -> Result<perme8_events::Id<A>, ItemError> {
    text.parse().map_err(|_| ItemError::about(field, "type", format!("{text:?} is no UUID")))
}

/// The ids that are named, each with its place; what is none, or was named before, is noted.
fn ids<'t, A>(
    failures: &mut Failures,
    texts: impl Iterator<Item = &'t str>,
) -> Vec<(usize, perme8_events::Id<A>)> {
    let (mut ids, mut named) = (Vec::new(), BTreeSet::new());
    for (index, text) in texts.enumerate() {
        match id("id", text) {
            Ok(id) if named.insert(id) => ids.push((index, id)),
            Ok(_) => failures.note(index, vec![ItemError::about("id", "unique", "is named twice")]),
            Err(error) => failures.note(index, vec![error]),
        }
    }
    ids
}
