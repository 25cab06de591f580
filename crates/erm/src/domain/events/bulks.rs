//! What happens to many entities or edges at once.

use perme8_events::{DomainEvent, UserId, WorkspaceId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::references::{BulkOperationId, EdgeId, EntityId};

/// Emitted when somebody adds entities at once; no event tells of them one by one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "bulk_operation", audience(workspace))]
pub struct BulkEntitiesCreated {
    /// Which operation.
    #[event(aggregate_id)]
    pub bulk_operation_id: BulkOperationId,
    /// Where.
    #[event(workspace_id)]
    pub workspace_id: WorkspaceId,
    /// Who did it.
    pub user_id: UserId,
    /// Which entities, in the order in which they were named.
    pub entity_ids: Vec<EntityId>,
    /// How many.
    pub count: u64,
}

/// Emitted when somebody changes what is known of entities at once; no event tells of them one by one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "bulk_operation", audience(workspace))]
pub struct BulkEntitiesUpdated {
    /// Which operation.
    #[event(aggregate_id)]
    pub bulk_operation_id: BulkOperationId,
    /// Where.
    #[event(workspace_id)]
    pub workspace_id: WorkspaceId,
    /// Who did it.
    pub user_id: UserId,
    /// Which entities, in the order in which they were named.
    pub entity_ids: Vec<EntityId>,
    /// How many.
    pub count: u64,
}

/// Emitted when somebody deletes entities at once, and with them the edges at them; no event tells of them one by one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "bulk_operation", audience(workspace))]
pub struct BulkEntitiesDeleted {
    /// Which operation.
    #[event(aggregate_id)]
    pub bulk_operation_id: BulkOperationId,
    /// Where.
    #[event(workspace_id)]
    pub workspace_id: WorkspaceId,
    /// Who did it.
    pub user_id: UserId,
    /// Which entities, in the order in which they were named.
    pub entity_ids: Vec<EntityId>,
    /// How many.
    pub count: u64,
    /// How many edges went with them.
    pub edges_deleted: u64,
}

/// Emitted when somebody adds edges at once; no event tells of them one by one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "bulk_operation", audience(workspace))]
pub struct BulkEdgesCreated {
    /// Which operation.
    #[event(aggregate_id)]
    pub bulk_operation_id: BulkOperationId,
    /// Where.
    #[event(workspace_id)]
    pub workspace_id: WorkspaceId,
    /// Who did it.
    pub user_id: UserId,
    /// Which edges, in the order in which they were named.
    pub edge_ids: Vec<EdgeId>,
    /// How many.
    pub count: u64,
}
