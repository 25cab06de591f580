//! What callers of the facade get to read of schemas.

use chrono::{DateTime, Utc};
use perme8_events::{StorageError, UserId, WorkspaceId, sql, sql::Db};

use crate::{
    application::read_models::schema::{
        MAX_LIMIT, SchemaHistory, SchemaVersion, SchemaVersionDetails,
    },
    domain::schema::{Schema, SchemaDefinition},
    infrastructure::schema_rows::{SchemaRow, read, select_schemas},
};

/// The schema of a workspace.
pub(crate) async fn schema(
    db: &Db,
    workspace: WorkspaceId,
) -> Result<Option<Schema>, StorageError> {
    let query = db.query(sql!(select_schemas!("WHERE s.workspace_id = $1")));
    query.bind(workspace).opt::<SchemaRow>().await?.map(Schema::try_from).transpose()
}

/// Versions of the schema of a workspace before one, or all, newest first.
pub(crate) async fn history(
    db: &Db,
    workspace: WorkspaceId,
    limit: u32,
    after: Option<i64>,
) -> Result<SchemaHistory, StorageError> {
    let limit = limit.clamp(1, MAX_LIMIT);
    let query = db.query(sql!(
        "SELECT version, written_by, written_at FROM erm_schema_versions
         WHERE workspace_id = $1 AND version < $2 ORDER BY version DESC LIMIT $3"
    ));
    // One more than wanted tells whether another page follows.
    let query = query.bind(workspace).bind(after.unwrap_or(i64::MAX)).bind(i64::from(limit) + 1);
    let mut rows: Vec<(i64, UserId, DateTime<Utc>)> = query.all().await?;
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let next = rows.last().map(|(version, ..)| *version).filter(|_| more);
    let written =
        |(version, written_by, written_at)| SchemaVersion { version, written_by, written_at };
    Ok(SchemaHistory { versions: rows.into_iter().map(written).collect(), next })
}

/// One version of the schema of a workspace.
pub(crate) async fn version(
    db: &Db,
    workspace: WorkspaceId,
    version: i64,
) -> Result<Option<SchemaVersionDetails>, StorageError> {
    let query = db.query(sql!(
        "SELECT version, definition, written_by, written_at FROM erm_schema_versions
         WHERE workspace_id = $1 AND version = $2"
    ));
    let row: Option<(i64, String, UserId, DateTime<Utc>)> =
        query.bind(workspace).bind(version).opt().await?;
    let Some((version, definition, written_by, written_at)) = row else { return Ok(None) };
    let SchemaDefinition { entity_types, edge_types } = read(&definition)?;
    let written = SchemaVersion { version, written_by, written_at };
    Ok(Some(SchemaVersionDetails { written, entity_types, edge_types }))
}
