//! What happens to edges.

use perme8_events::{DomainEvent, UserId, WorkspaceId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::{
    events::items::PropertyChanges,
    names::TypeName,
    properties::Properties,
    references::{EdgeId, EntityId},
};

/// Emitted when somebody leads an edge from one entity to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "edge", audience(workspace))]
pub struct EdgeCreated {
    /// Which edge.
    #[event(aggregate_id)]
    pub edge_id: EdgeId,
    /// Where.
    #[event(workspace_id)]
    pub workspace_id: WorkspaceId,
    /// Who did it.
    pub user_id: UserId,
    /// What kind of edge it is.
    pub edge_type: TypeName,
    /// From which entity it leads.
    pub source_id: EntityId,
    /// To which entity it leads.
    pub target_id: EntityId,
    /// What is known of it.
    pub properties: Properties,
}

/// Emitted when somebody changes what is known of an edge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "edge", audience(workspace))]
pub struct EdgeUpdated {
    /// Which edge.
    #[event(aggregate_id)]
    pub edge_id: EdgeId,
    /// Where.
    #[event(workspace_id)]
    pub workspace_id: WorkspaceId,
    /// Who did it.
    pub user_id: UserId,
    /// What kind of edge it is.
    pub edge_type: TypeName,
    /// From which entity it leads.
    pub source_id: EntityId,
    /// To which entity it leads.
    pub target_id: EntityId,
    /// What is different.
    pub changes: PropertyChanges,
}

/// Emitted when somebody deletes an edge; of those that go with an entity, the event of that entity tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "edge", audience(workspace))]
pub struct EdgeDeleted {
    /// Which edge.
    #[event(aggregate_id)]
    pub edge_id: EdgeId,
    /// Where.
    #[event(workspace_id)]
    pub workspace_id: WorkspaceId,
    /// Who did it.
    pub user_id: UserId,
    /// What kind of edge it is.
    pub edge_type: TypeName,
    /// From which entity it leads.
    pub source_id: EntityId,
    /// To which entity it leads.
    pub target_id: EntityId,
}

/// Emitted when somebody brings back an edge that was deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "edge", audience(workspace))]
pub struct EdgeRestored {
    /// Which edge.
    #[event(aggregate_id)]
    pub edge_id: EdgeId,
    /// Where.
    #[event(workspace_id)]
    pub workspace_id: WorkspaceId,
    /// Who did it.
    pub user_id: UserId,
    /// What kind of edge it is.
    pub edge_type: TypeName,
    /// From which entity it leads.
    pub source_id: EntityId,
    /// To which entity it leads.
    pub target_id: EntityId,
}
