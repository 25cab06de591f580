//! Schemas, as callers get to see them.

use chrono::{DateTime, Utc};
use perme8_events::{StorageError, UserId, WorkspaceId};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    application::acting::from_not_acting_of_questions,
    domain::{
        references::SchemaId,
        schema::{EdgeType, EntityType, Schema, SchemaDefinition, changes::SchemaChanges},
    },
};

/// At most so many versions make a page.
pub(crate) const MAX_LIMIT: u32 = 100;

/// Why a question about a schema was not answered.
#[derive(Debug, thiserror::Error)]
pub enum SchemaQueryError {
    /// There is no such workspace, or the person who asks is a stranger there.
    #[error("there is no such workspace")]
    WorkspaceNotFound,
    /// No person asks.
    #[error("only people see schemas")]
    Forbidden,
    /// The workspace has no schema, or has not, or no longer, that version of it.
    #[error("there is no such schema")]
    NoSchema,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

from_not_acting_of_questions!(SchemaQueryError);

/// The schema of a workspace, for its members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SchemaDetails {
    /// Which.
    pub id: SchemaId,
    /// Of which workspace.
    pub workspace_id: WorkspaceId,
    /// What entities there are.
    pub entity_types: Vec<EntityType>,
    /// What edges there are.
    pub edge_types: Vec<EdgeType>,
    /// Rises by one whenever it is replaced, from 1.
    pub version: i64,
    /// Since when there is one.
    pub created_at: DateTime<Utc>,
    /// Since when it is this one.
    pub updated_at: DateTime<Utc>,
}

impl SchemaDetails {
    pub(crate) fn of(schema: Schema) -> Self {
        let Schema { id, workspace_id, definition, written_by: _, created_at, updated_at, version } =
            schema;
        let SchemaDefinition { entity_types, edge_types } = definition;
        Self { id, workspace_id, entity_types, edge_types, version, created_at, updated_at }
    }
}

/// That a schema was written, and by whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SchemaVersion {
    /// Which version it was, from 1.
    pub version: i64,
    /// Who wrote it, or for whom the system did.
    pub written_by: UserId,
    /// The part of the system that did, for somebody who writes no schemas.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub written_through: Option<String>,
    /// When.
    pub written_at: DateTime<Utc>,
}

/// Some versions of a schema, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SchemaHistory {
    /// The versions.
    pub versions: Vec<SchemaVersion>,
    /// The version behind which the next page begins; none when this is the last one.
    pub next: Option<i64>,
}

/// A schema as it was in one of its versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SchemaVersionDetails {
    /// Which version, who wrote it and when.
    #[serde(flatten)]
    pub written: SchemaVersion,
    /// What was different from the version before; none if that is not kept any more.
    pub changes: Option<SchemaChanges>,
    /// What entities there were.
    pub entity_types: Vec<EntityType>,
    /// What edges there were.
    pub edge_types: Vec<EdgeType>,
}
