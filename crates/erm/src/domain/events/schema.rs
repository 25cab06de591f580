//! What happens to schemas.

use perme8_events::{DomainEvent, UserId, WorkspaceId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::{references::SchemaId, schema::changes::SchemaChanges};

/// Emitted when a workspace gets its first schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "schema", audience(workspace))]
pub struct SchemaCreated {
    /// The new schema.
    #[event(aggregate_id)]
    pub schema_id: SchemaId,
    /// Where.
    #[event(workspace_id)]
    pub workspace_id: WorkspaceId,
    /// Who wrote it.
    pub user_id: UserId,
    /// Its version, the first one.
    pub version: i64,
    /// The types that there are since then.
    pub changes: SchemaChanges,
}

/// Emitted when somebody replaces the schema of a workspace, also by the same.
///
/// What is there already stays as it is: the new rules hold for what is written from then on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "schema", audience(workspace))]
pub struct SchemaUpdated {
    /// Which schema.
    #[event(aggregate_id)]
    pub schema_id: SchemaId,
    /// Where.
    #[event(workspace_id)]
    pub workspace_id: WorkspaceId,
    /// Who wrote it.
    pub user_id: UserId,
    /// Its version since then.
    pub version: i64,
    /// What is different.
    pub changes: SchemaChanges,
}
