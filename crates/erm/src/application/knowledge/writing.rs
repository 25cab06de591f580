//! How entries are written, and why they stay as they were.

use perme8_events::{Save, StorageError, WorkspaceId};

use crate::{
    application::{
        acting::{Acting, from_not_acting},
        ports::{Schemas, Workspaces, items::Entities},
        reindexing::{self, Index, ReindexError, reindex},
        writing::WriteError,
    },
    domain::{
        knowledge::{
            ENTRY,
            entry::InvalidEntry,
            types::{SchemaFull, completed},
        },
        policy::Action,
        properties::PropertyError,
        quota::Counted,
        references::EntityId,
        schema::{Schema, SchemaDefinition, Writing},
    },
};

/// Why an entry stayed as it was.
#[derive(Debug, thiserror::Error)]
pub enum WriteEntryError {
    /// There is no such workspace, or the person who acts is a stranger there.
    #[error("there is no such workspace")]
    WorkspaceNotFound,
    /// No person acts, or a guest.
    #[error("guests write no entries")]
    Forbidden,
    /// The workspace is put away.
    #[error("the workspace is archived: restore it first")]
    WorkspaceArchived,
    /// There is no such entry; an entity of another type is none.
    #[error("there is no such entry")]
    EntryNotFound,
    /// Somebody changed it since it was seen.
    #[error("the entry has changed since: look at it again")]
    OtherVersion,
    /// An entry cannot say that.
    #[error(transparent)]
    Invalid(#[from] InvalidEntry),
    /// The schema of the workspace has rules of its own for entries, and this is not as they want it.
    #[error("the workspace has other rules for entries")]
    NotConforming(Vec<PropertyError>),
    /// The schema of the workspace lacks the types of entries: somebody has just taken them out.
    #[error("the schema of the workspace lacks the types of entries")]
    TypesMissing,
    /// The schema of the workspace has no room for the types of entries.
    #[error("the schema of the workspace has no room for the types of entries")]
    SchemaFull,
    /// The types of entries were there before with moments for what are texts in entries, so many that others would wait too long
    /// until they are found as that.
    #[error("more than {limit} values would be of another type with the types of entries")]
    TooManyValues {
        /// How many there may be.
        limit: u64,
    },
    /// The workspace is full.
    #[error("the workspace has no room for more than {limit} {of}")]
    QuotaExceeded {
        /// What there are too many of.
        of: Counted,
        /// How many there may be.
        limit: u64,
    },
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

from_not_acting!(WriteEntryError);

impl From<ReindexError> for WriteEntryError {
    fn from(error: ReindexError) -> Self {
        match error {
            ReindexError::TooMany { limit } => Self::TooManyValues { limit },
            ReindexError::Storage(error) => Self::Storage(error),
        }
    }
}

impl From<WriteError> for WriteEntryError {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::WorkspaceNotFound => Self::WorkspaceNotFound,
            WriteError::Forbidden => Self::Forbidden,
            WriteError::WorkspaceArchived => Self::WorkspaceArchived,
            WriteError::NoSchema | WriteError::InvalidType(_) | WriteError::UnknownType { .. } => {
                Self::TypesMissing
            }
            WriteError::NotFound => Self::EntryNotFound,
            WriteError::OtherVersion => Self::OtherVersion,
            WriteError::Invalid(errors) => Self::NotConforming(errors),
            WriteError::QuotaExceeded { of, limit } => Self::QuotaExceeded { of, limit },
            // Entries have no keys, and are no edges.
            WriteError::KeyTaken | WriteError::EndMissing(_) | WriteError::Endpoint { .. } => {
                Self::Storage(StorageError::conflict())
            }
            WriteError::Storage(error) => Self::Storage(error),
        }
    }
}

/// The entities among these that are live entries of the workspace.
pub(super) async fn entries_among(
    tx: &mut impl Entities,
    workspace: WorkspaceId,
    ids: &[EntityId],
) -> Result<Vec<EntityId>, StorageError> {
    let live = tx.live_entities(workspace, ids).await?;
    Ok(live.into_iter().filter(|(_, name)| *name == *ENTRY).map(|(id, _)| id).collect())
}

/// Whether the schema of the workspace has every type of entries and their relations.
pub(super) async fn has_types(
    tx: &mut impl Schemas,
    acting: &Acting,
) -> Result<bool, StorageError> {
    let schema = acting.schema(tx).await?;
    Ok(schema.is_some_and(|schema| completed(&schema.definition) == Ok(None)))
}

/// Adds to the schema of a workspace what it lacks for entries and their relations.
///
/// Members write entries and no schemas. So the system adds the types, for the first of them who writes one.
#[derive(Debug)]
pub(crate) struct AddTypes;

impl AddTypes {
    pub(crate) async fn execute<T: Workspaces + Schemas + Save<Schema> + Index>(
        &self,
        tx: &mut T,
        acting: &Acting,
    ) -> Result<(), WriteEntryError> {
        acting.enter(tx, Action::Write).await?;
        let workspace_id = acting.workspace_id();
        let writing = Writing { by: acting.user_id, now: tx.now() };
        let schema = tx.schema_of(workspace_id).await?;
        let none = SchemaDefinition::default();
        let there = schema.as_ref().map_or(&none, |schema| &schema.definition);
        let complete = completed(there).map_err(|SchemaFull| WriteEntryError::SchemaFull)?;
        let Some(complete) = complete else { return Ok(()) };
        let Some(schema) = schema else {
            let created = Schema::create(tx.new_id(), workspace_id, complete, writing);
            tx.save(created).await?;
            return Ok(());
        };
        if let Ok(Some(replaced)) = schema.replace(complete, Some(schema.version), writing) {
            let before = schema.definition;
            let schema = tx.save(replaced).await?;
            let after = &schema.definition;
            reindex(tx, workspace_id, &before, after, reindexing::MOST).await?;
        }
        Ok(())
    }
}
