//! Forgetting what was deleted long ago.

use std::time::Duration;

use chrono::{DateTime, Utc};
use perme8_events::{StorageError, Transaction, WorkspaceId};

use crate::domain::{events::entities::EntityPurged, names::TypeName, references::EntityId};

/// Forgets entities and edges that were deleted long ago, which cannot come back any more, and what the projected graph still
/// holds of workspaces that are gone.
///
/// Emits [`EntityPurged`] for each entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PurgeDeleted {
    /// At most so many.
    pub limit: u32,
}

/// Why nothing was forgotten.
#[derive(Debug, thiserror::Error)]
pub enum PurgeDeletedError {
    /// Only the system does this.
    #[error("only the system purges")]
    Forbidden,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// An entity that is gone for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Purged {
    pub(crate) id: EntityId,
    pub(crate) workspace_id: WorkspaceId,
    pub(crate) entity_type: TypeName,
}

/// What was deleted, in every workspace.
pub(crate) trait Deleted: Transaction {
    /// Forgets edges that were deleted before this moment, the first ones, at most so many; gives how many.
    fn purge_edges(
        &mut self,
        before: DateTime<Utc>,
        limit: u32,
    ) -> impl Future<Output = Result<u64, StorageError>> + Send;

    /// Forgets entities that were deleted before this moment, the first ones, at most so many; gives which. Those at which
    /// edges begin or end have to wait until these are forgotten.
    fn purge_entities(
        &mut self,
        before: DateTime<Utc>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<Purged>, StorageError>> + Send;

    /// Forgets what the projected graph still holds of workspaces that are gone, at most so many rows; gives how many.
    fn purge_graphs(
        &mut self,
        limit: u32,
    ) -> impl Future<Output = Result<u64, StorageError>> + Send;
}

impl PurgeDeleted {
    /// How many were forgotten.
    pub(crate) async fn execute(
        &self,
        tx: &mut impl Deleted,
        retention: Duration,
    ) -> Result<u64, PurgeDeletedError> {
        let Self { limit } = self;
        if !tx.origin().actor().is_system() {
            return Err(PurgeDeletedError::Forbidden);
        }
        let before = tx.now() - retention;
        // An edge was deleted with its ends, or before them: when none is old enough any more, the old entities have none. Edges
        // that have to wait when an entity is restored keep their time for that: with a later one they could outlive their other
        // end, at which nobody has looked yet, and to write it would be to write all of them at once, however many there are.
        let edges = tx.purge_edges(before, *limit).await?;
        let mut purged = edges;
        if let Some(left) = left(*limit, purged) {
            let entities = tx.purge_entities(before, left).await?;
            purged += entities.len() as u64;
            for Purged { id: entity_id, workspace_id, entity_type } in entities {
                tx.emit(EntityPurged { entity_id, workspace_id, entity_type });
            }
        }
        if let Some(left) = left(*limit, purged) {
            purged += tx.purge_graphs(left).await?;
        }
        Ok(purged)
    }
}

/// How many may still be forgotten, if any.
fn left(limit: u32, purged: u64) -> Option<u32> {
    u64::from(limit).saturating_sub(purged).try_into().ok().filter(|left| *left > 0)
}
