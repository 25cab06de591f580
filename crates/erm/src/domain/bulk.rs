//! Many entities or edges, written at once.

use perme8_events::{Aggregate, Unsaved, UserId, WorkspaceId};

use crate::domain::{
    edge::Edge,
    entity::Entity,
    events::bulks::{
        BulkEdgesCreated, BulkEntitiesCreated, BulkEntitiesDeleted, BulkEntitiesUpdated,
    },
    references::{BulkOperationId, EntityId},
};

/// The most that is written at once.
pub(crate) const LARGEST: usize = 1000;

/// Entities or edges of a workspace that are written by one operation.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Batch<I> {
    pub(crate) id: BulkOperationId,
    pub(crate) workspace_id: WorkspaceId,
    pub(crate) items: Vec<I>,
}

impl<I: Send + Sync + 'static> Aggregate for Batch<I> {
    const TYPE: &'static str = "bulk_operation";
    type Id = BulkOperationId;

    fn id(&self) -> BulkOperationId {
        self.id
    }
}

fn count<I>(items: &[I]) -> u64 {
    items.len().try_into().unwrap_or(u64::MAX)
}

impl Batch<Entity> {
    /// They are new.
    pub(crate) fn create(self, by: UserId) -> Unsaved<Self> {
        let event = BulkEntitiesCreated {
            bulk_operation_id: self.id,
            workspace_id: self.workspace_id,
            user_id: by,
            entity_ids: self.items.iter().map(|entity| entity.id).collect(),
            count: count(&self.items),
        };
        Unsaved::new(self).record(event)
    }

    /// They have changed.
    pub(crate) fn update(self, by: UserId) -> Unsaved<Self> {
        let event = BulkEntitiesUpdated {
            bulk_operation_id: self.id,
            workspace_id: self.workspace_id,
            user_id: by,
            entity_ids: self.items.iter().map(|entity| entity.id).collect(),
            count: count(&self.items),
        };
        Unsaved::new(self).record(event)
    }
}

/// Live entities of which nothing else is known.
impl Batch<EntityId> {
    /// They are deleted, and with them so many edges.
    pub(crate) fn delete(self, edges_deleted: u64, by: UserId) -> Unsaved<Self> {
        let event = BulkEntitiesDeleted {
            bulk_operation_id: self.id,
            workspace_id: self.workspace_id,
            user_id: by,
            entity_ids: self.items.clone(),
            count: count(&self.items),
            edges_deleted,
        };
        Unsaved::new(self).record(event)
    }
}

impl Batch<Edge> {
    /// They are new.
    pub(crate) fn create(self, by: UserId) -> Unsaved<Self> {
        let event = BulkEdgesCreated {
            bulk_operation_id: self.id,
            workspace_id: self.workspace_id,
            user_id: by,
            edge_ids: self.items.iter().map(|edge| edge.id).collect(),
            count: count(&self.items),
        };
        Unsaved::new(self).record(event)
    }
}
