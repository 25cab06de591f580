//! Rows of entities and edges, and what callers read of them.

use chrono::{DateTime, Utc};
use perme8_events::{StorageError, WorkspaceId};
use sqlx::FromRow;

use crate::{
    application::{
        graph::Weighed,
        read_models::items::{EdgeDetails, EntityDetails},
    },
    domain::references::{EdgeId, EntityId},
};

/// A row of `erm_entities`.
#[derive(FromRow)]
pub(crate) struct EntityRow {
    id: EntityId,
    workspace_id: WorkspaceId,
    entity_type: String,
    external_key: Option<String>,
    properties: String,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    deleted_at: Option<DateTime<Utc>>,
    version: i64,
}

impl TryFrom<EntityRow> for EntityDetails {
    type Error = StorageError;

    fn try_from(row: EntityRow) -> Result<Self, StorageError> {
        let EntityRow {
            id,
            workspace_id,
            entity_type,
            external_key,
            properties,
            created_at,
            updated_at,
            deleted_at,
            version,
        } = row;
        let properties = serde_json::from_str(&properties)?;
        Ok(Self {
            id,
            workspace_id,
            entity_type,
            external_key,
            properties,
            created_at,
            updated_at,
            deleted_at,
            version,
        })
    }
}

impl TryFrom<EntityRow> for Weighed<EntityDetails> {
    type Error = StorageError;

    fn try_from(row: EntityRow) -> Result<Self, StorageError> {
        let bytes = row.properties.len();
        Ok(Self { item: row.try_into()?, bytes })
    }
}

/// A row of `erm_edges`.
#[derive(FromRow)]
pub(crate) struct EdgeRow {
    id: EdgeId,
    workspace_id: WorkspaceId,
    edge_type: String,
    source_id: EntityId,
    target_id: EntityId,
    properties: String,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    deleted_at: Option<DateTime<Utc>>,
    version: i64,
}

impl TryFrom<EdgeRow> for EdgeDetails {
    type Error = StorageError;

    fn try_from(row: EdgeRow) -> Result<Self, StorageError> {
        let EdgeRow {
            id,
            workspace_id,
            edge_type,
            source_id,
            target_id,
            properties,
            created_at,
            updated_at,
            deleted_at,
            version,
        } = row;
        let properties = serde_json::from_str(&properties)?;
        Ok(Self {
            id,
            workspace_id,
            edge_type,
            source_id,
            target_id,
            properties,
            created_at,
            updated_at,
            deleted_at,
            version,
        })
    }
}

impl TryFrom<EdgeRow> for Weighed<EdgeDetails> {
    type Error = StorageError;

    fn try_from(row: EdgeRow) -> Result<Self, StorageError> {
        let bytes = row.properties.len();
        Ok(Self { item: row.try_into()?, bytes })
    }
}
