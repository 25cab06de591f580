//! What happens to entities.

use perme8_events::{DomainEvent, UserId, WorkspaceId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::{
    events::items::PropertyChanges,
    names::{ExternalKey, TypeName},
    properties::Properties,
    references::EntityId,
};

/// Emitted when somebody adds an entity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "entity", audience(workspace))]
pub struct EntityCreated {
    /// Which entity.
    #[event(aggregate_id)]
    pub entity_id: EntityId,
    /// Where.
    #[event(workspace_id)]
    pub workspace_id: WorkspaceId,
    /// Who did it.
    pub user_id: UserId,
    /// What kind of entity it is.
    pub entity_type: TypeName,
    /// What it is called elsewhere.
    pub external_key: Option<ExternalKey>,
    /// What is known of it.
    pub properties: Properties,
}

/// Emitted when somebody changes what is known of an entity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "entity", audience(workspace))]
pub struct EntityUpdated {
    /// Which entity.
    #[event(aggregate_id)]
    pub entity_id: EntityId,
    /// Where.
    #[event(workspace_id)]
    pub workspace_id: WorkspaceId,
    /// Who did it.
    pub user_id: UserId,
    /// What kind of entity it is.
    pub entity_type: TypeName,
    /// What is different.
    pub changes: PropertyChanges,
}

/// Emitted when somebody deletes an entity, and with it the edges at it; both can come back for some time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "entity", audience(workspace))]
pub struct EntityDeleted {
    /// Which entity.
    #[event(aggregate_id)]
    pub entity_id: EntityId,
    /// Where.
    #[event(workspace_id)]
    pub workspace_id: WorkspaceId,
    /// Who did it.
    pub user_id: UserId,
    /// What kind of entity it is.
    pub entity_type: TypeName,
    /// How many edges went with it.
    pub edges_deleted: u64,
}

/// Emitted when somebody brings back an entity that was deleted, and with it the edges that went with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "entity", audience(workspace))]
pub struct EntityRestored {
    /// Which entity.
    #[event(aggregate_id)]
    pub entity_id: EntityId,
    /// Where.
    #[event(workspace_id)]
    pub workspace_id: WorkspaceId,
    /// Who did it.
    pub user_id: UserId,
    /// What kind of entity it is.
    pub entity_type: TypeName,
    /// How many edges came back with it.
    pub edges_restored: u64,
}

/// Emitted when an entity that was deleted long ago is gone for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "entity", audience(workspace))]
pub struct EntityPurged {
    /// Which entity.
    #[event(aggregate_id)]
    pub entity_id: EntityId,
    /// Where.
    #[event(workspace_id)]
    pub workspace_id: WorkspaceId,
    /// What kind of entity it is.
    pub entity_type: TypeName,
}
