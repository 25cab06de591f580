//! Entities and edges, as callers of the facade get to read them.

use chrono::{DateTime, Utc};
use perme8_events::{StorageError, WorkspaceId};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    application::acting::from_not_acting_of_questions,
    domain::{
        edge::Edge,
        entity::Entity,
        references::{EdgeId, EntityId},
    },
};

/// Why an entity or an edge is not shown.
#[derive(Debug, thiserror::Error)]
pub enum ItemQueryError {
    /// There is no such workspace, or the person who asks is a stranger there.
    #[error("there is no such workspace")]
    WorkspaceNotFound,
    /// No person asks.
    #[error("only members see entities and edges")]
    Forbidden,
    /// The workspace has no such entity or edge.
    #[error("there is no such entity or edge")]
    NotFound,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

from_not_acting_of_questions!(ItemQueryError);

/// An entity.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct EntityDetails {
    /// Which one.
    pub id: EntityId,
    /// Where.
    pub workspace_id: WorkspaceId,
    /// What kind of thing it is.
    #[serde(rename = "type")]
    pub entity_type: String,
    /// What it is called elsewhere.
    pub external_key: Option<String>,
    /// What is known of it.
    pub properties: Map<String, Value>,
    /// Since when it is known.
    pub created_at: DateTime<Utc>,
    /// Since when that is what is known of it.
    pub updated_at: DateTime<Utc>,
    /// Since when it is gone.
    pub deleted_at: Option<DateTime<Utc>>,
    /// How often it was written.
    pub version: i64,
}

/// An edge from one entity to another.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct EdgeDetails {
    /// Which one.
    pub id: EdgeId,
    /// Where.
    pub workspace_id: WorkspaceId,
    /// What the one is to the other.
    #[serde(rename = "type")]
    pub edge_type: String,
    /// From where.
    pub source_id: EntityId,
    /// To where.
    pub target_id: EntityId,
    /// What is known of it.
    pub properties: Map<String, Value>,
    /// Since when it is known.
    pub created_at: DateTime<Utc>,
    /// Since when that is what is known of it.
    pub updated_at: DateTime<Utc>,
    /// Since when it is gone.
    pub deleted_at: Option<DateTime<Utc>>,
    /// How often it was written.
    pub version: i64,
}

/// An entity that is there again.
#[derive(Debug, Clone, PartialEq)]
pub struct RestoredEntity {
    /// The entity.
    pub entity: EntityDetails,
    /// So many edges came back with it.
    pub edges_restored: u64,
    /// Whether more edges that went with it can come back: when it is restored once more, which is refused while there is room
    /// for none of them.
    pub has_more_edges: bool,
}

impl From<Entity> for EntityDetails {
    fn from(entity: Entity) -> Self {
        let Entity {
            id,
            workspace_id,
            entity_type,
            external_key,
            properties,
            values: _,
            created_at,
            updated_at,
            deleted_at,
            was_live: _,
            version,
        } = entity;
        Self {
            id,
            workspace_id,
            entity_type: entity_type.into(),
            external_key: external_key.map(Into::into),
            properties,
            created_at,
            updated_at,
            deleted_at,
            version,
        }
    }
}

impl From<Edge> for EdgeDetails {
    fn from(edge: Edge) -> Self {
        let Edge {
            id,
            workspace_id,
            edge_type,
            source_id,
            target_id,
            properties,
            values: _,
            created_at,
            updated_at,
            deleted_at,
            deleted_with: _,
            was_live: _,
            version,
        } = edge;
        Self {
            id,
            workspace_id,
            edge_type: edge_type.into(),
            source_id,
            target_id,
            properties,
            created_at,
            updated_at,
            deleted_at,
            version,
        }
    }
}
