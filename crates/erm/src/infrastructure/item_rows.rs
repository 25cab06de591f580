//! Rows of entities and edges, and the entities and edges that they are.

use chrono::{DateTime, Utc};
use perme8_events::{StorageError, WorkspaceId};
use serde::Deserialize;
use sqlx::FromRow;

use crate::{
    application::{
        graph::Weighed,
        read_models::items::{EdgeDetails, EntityDetails},
    },
    domain::{
        edge::Edge,
        entity::Entity,
        names::{ExternalKey, TypeName},
        references::{EdgeId, EntityId},
    },
};

/// The columns of [`EntityRow`], in a `SELECT`.
macro_rules! select_entities {
    ($rest:literal) => {
        concat!(
            "SELECT id, workspace_id, entity_type, external_key, properties, created_at, updated_at, deleted_at, version
             FROM erm_entities ",
            $rest
        )
    };
}

/// The columns of [`EdgeRow`], in a `SELECT`.
macro_rules! select_edges {
    ($rest:literal) => {
        concat!(
            "SELECT id, workspace_id, edge_type, source_id, target_id, properties, created_at, updated_at, deleted_at,
                    deleted_with, version
             FROM erm_edges ",
            $rest
        )
    };
}

pub(crate) use {select_edges, select_entities};

/// A row of `erm_entities`; only those that are there come packed.
#[derive(Deserialize, FromRow)]
pub(crate) struct EntityRow {
    id: EntityId,
    workspace_id: WorkspaceId,
    entity_type: String,
    external_key: Option<String>,
    properties: String,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    #[serde(skip)]
    deleted_at: Option<DateTime<Utc>>,
    version: i64,
}

impl TryFrom<EntityRow> for Entity {
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
        Ok(Self {
            id,
            workspace_id,
            entity_type: TypeName::stored(entity_type),
            external_key: external_key.map(ExternalKey::stored),
            properties: serde_json::from_str(&properties)?,
            values: Vec::new(),
            created_at,
            updated_at,
            was_live: deleted_at.is_none(),
            deleted_at,
            version,
        })
    }
}

impl TryFrom<EntityRow> for EntityDetails {
    type Error = StorageError;

    fn try_from(row: EntityRow) -> Result<Self, StorageError> {
        Entity::try_from(row).map(Self::from)
    }
}

impl TryFrom<EntityRow> for Weighed<EntityDetails> {
    type Error = StorageError;

    fn try_from(row: EntityRow) -> Result<Self, StorageError> {
        let bytes = row.properties.len();
        Ok(Self { item: row.try_into()?, bytes })
    }
}

/// A row of `erm_edges`; only those that are there come packed.
#[derive(Deserialize, FromRow)]
pub(crate) struct EdgeRow {
    id: EdgeId,
    workspace_id: WorkspaceId,
    edge_type: String,
    source_id: EntityId,
    target_id: EntityId,
    properties: String,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    #[serde(skip)]
    deleted_at: Option<DateTime<Utc>>,
    #[serde(skip)]
    deleted_with: Option<EntityId>,
    version: i64,
}

impl TryFrom<EdgeRow> for Edge {
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
            deleted_with,
            version,
        } = row;
        Ok(Self {
            id,
            workspace_id,
            edge_type: TypeName::stored(edge_type),
            source_id,
            target_id,
            properties: serde_json::from_str(&properties)?,
            values: Vec::new(),
            created_at,
            updated_at,
            was_live: deleted_at.is_none(),
            deleted_at,
            deleted_with,
            version,
        })
    }
}

impl TryFrom<EdgeRow> for EdgeDetails {
    type Error = StorageError;

    fn try_from(row: EdgeRow) -> Result<Self, StorageError> {
        Edge::try_from(row).map(Self::from)
    }
}

impl TryFrom<EdgeRow> for Weighed<EdgeDetails> {
    type Error = StorageError;

    fn try_from(row: EdgeRow) -> Result<Self, StorageError> {
        let bytes = row.properties.len();
        Ok(Self { item: row.try_into()?, bytes })
    }
}
