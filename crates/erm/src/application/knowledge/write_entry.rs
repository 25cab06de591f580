//! Writing down what was learnt, and changing and deleting it.

use identity::WorkspaceRef;
use perme8_events::StorageError;

use super::writing::{WriteEntryError, entries_among, has_types};
use crate::{
    application::{
        acting::Acting,
        entities::{
            create_entity::CreateEntity, delete_entity::DeleteEntity, replace_entity::MergeEntity,
        },
        knowledge::read_models::EntryDetails,
        ports::items::Graphs,
        read_models::items::EntityDetails,
    },
    domain::{
        knowledge::{
            ENTRY,
            changes::{EntryChanges, NewEntry},
        },
        policy::Action,
        quota::Quota,
        references::EntityId,
    },
};

/// Writes down what was learnt.
///
/// Emits [`EntityCreated`](crate::EntityCreated): an entry is an entity.
#[derive(Debug, Clone)]
pub struct CreateEntry {
    /// Where.
    pub workspace: WorkspaceRef,
    /// What.
    pub entry: NewEntry,
}

/// Changes what an entry says; what changes nothing is no event.
///
/// Emits [`EntityUpdated`](crate::EntityUpdated).
#[derive(Debug, Clone)]
pub struct UpdateEntry {
    /// Where.
    pub workspace: WorkspaceRef,
    /// Which.
    pub id: EntityId,
    /// What is other from now on.
    pub changes: EntryChanges,
    /// The version that was seen; if it has changed since, nothing is changed.
    pub seen: Option<i64>,
}

/// Deletes an entry, and its relations; as entities and edges, they can be brought back for some time.
///
/// Emits [`EntityDeleted`](crate::EntityDeleted).
#[derive(Debug, Clone)]
pub struct DeleteEntry {
    /// Where.
    pub workspace: WorkspaceRef,
    /// Which.
    pub id: EntityId,
    /// The version that was seen; if it has changed since, nothing is deleted.
    pub seen: Option<i64>,
}

impl CreateEntry {
    pub(crate) async fn execute(
        &self,
        tx: &mut impl Graphs,
        acting: &Acting,
        quota: Quota,
    ) -> Result<EntryDetails, WriteEntryError> {
        let Self { workspace, entry } = self;
        acting.may(Action::Write)?;
        let properties = entry.clone().properties()?;
        acting.enter(tx, Action::Write).await?;
        if !has_types(tx, acting).await? {
            return Err(WriteEntryError::TypesMissing);
        }
        let (workspace, entity_type) = (workspace.clone(), ENTRY.to_owned());
        let create = CreateEntity { workspace, entity_type, external_key: None, properties };
        shown(create.execute(tx, acting, quota).await?)
    }
}

impl UpdateEntry {
    pub(crate) async fn execute(
        &self,
        tx: &mut impl Graphs,
        acting: &Acting,
    ) -> Result<EntryDetails, WriteEntryError> {
        let Self { workspace, id, changes, seen } = self;
        acting.may(Action::Write)?;
        let patch = changes.clone().patch()?;
        acting.enter(tx, Action::Write).await?;
        is_entry(tx, acting, *id).await?;
        if !has_types(tx, acting).await? {
            return Err(WriteEntryError::TypesMissing);
        }
        let merge = MergeEntity { workspace: workspace.clone(), id: *id, patch, seen: *seen };
        shown(merge.execute(tx, acting).await?)
    }
}

impl DeleteEntry {
    /// How many relations went with it.
    pub(crate) async fn execute(
        &self,
        tx: &mut impl Graphs,
        acting: &Acting,
    ) -> Result<u64, WriteEntryError> {
        let Self { workspace, id, seen } = self;
        acting.enter(tx, Action::Write).await?;
        is_entry(tx, acting, *id).await?;
        let delete = DeleteEntity { workspace: workspace.clone(), id: *id, seen: *seen };
        let (_, relations) = delete.execute(tx, acting).await?;
        Ok(relations)
    }
}

/// Whether an entity is a live entry of the workspace.
async fn is_entry(
    tx: &mut impl Graphs,
    acting: &Acting,
    id: EntityId,
) -> Result<(), WriteEntryError> {
    let found = entries_among(tx, acting.workspace_id(), &[id]).await?;
    if found.is_empty() { Err(WriteEntryError::EntryNotFound) } else { Ok(()) }
}

fn shown(entity: EntityDetails) -> Result<EntryDetails, WriteEntryError> {
    EntryDetails::of(entity).ok_or_else(|| StorageError::conflict().into())
}
