//! Rows of the schemas, and the schemas that they are.

use chrono::{DateTime, Utc};
use perme8_events::{StorageError, UserId, WorkspaceId};
use sqlx::FromRow;

use crate::domain::{
    references::SchemaId,
    schema::{Schema, SchemaDefinition},
};

/// The columns of [`SchemaRow`], in a `SELECT`.
macro_rules! select_schemas {
    ($rest:literal) => {
        concat!(
            "SELECT s.id, s.workspace_id, s.definition, v.written_by, s.created_at, s.updated_at, s.version
             FROM erm_schemas s
             JOIN erm_schema_versions v ON v.workspace_id = s.workspace_id AND v.version = s.version ",
            $rest
        )
    };
}

pub(crate) use select_schemas;

/// A row of `erm_schemas`, and who wrote it.
#[derive(FromRow)]
pub(crate) struct SchemaRow {
    id: SchemaId,
    workspace_id: WorkspaceId,
    definition: String,
    written_by: UserId,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    version: i64,
}

impl TryFrom<SchemaRow> for Schema {
    type Error = StorageError;

    fn try_from(row: SchemaRow) -> Result<Self, StorageError> {
        let SchemaRow { id, workspace_id, definition, written_by, created_at, updated_at, version } =
            row;
        let definition = read(&definition)?;
        Ok(Self { id, workspace_id, definition, written_by, created_at, updated_at, version })
    }
}

/// The definition that was stored as this text.
pub(crate) fn read(definition: &str) -> Result<SchemaDefinition, StorageError> {
    serde_json::from_str(definition).map_err(StorageError::new)
}
