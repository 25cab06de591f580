//! Entities and edges, as callers of the facade get to read them.

use chrono::{DateTime, Utc};
use perme8_events::WorkspaceId;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::domain::references::{EdgeId, EntityId};

/// An entity.
#[derive(Debug, Clone, PartialEq, Serialize)]
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
#[derive(Debug, Clone, PartialEq, Serialize)]
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
