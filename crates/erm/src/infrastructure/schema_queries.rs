//! What callers of the facade get to read of schemas.

use chrono::{DateTime, Utc};
use perme8_events::{StorageError, UserId, WorkspaceId, sql, sql::Db};
use sqlx::FromRow;

use crate::{
    application::read_models::schema::{
        MAX_LIMIT, SchemaHistory, SchemaVersion, SchemaVersionDetails,
    },
    domain::schema::{Schema, SchemaDefinition, changes::SchemaChanges},
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

/// The types that a workspace knows, once it has said so.
pub(crate) async fn definition(
    db: &Db,
    workspace: WorkspaceId,
) -> Result<Option<SchemaDefinition>, StorageError> {
    let query = db.query(sql!("SELECT definition FROM erm_schemas WHERE workspace_id = $1"));
    let row: Option<(String,)> = query.bind(workspace).opt().await?;
    row.map(|(definition,)| read(&definition)).transpose()
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
        "SELECT version, written_by, written_through, written_at FROM erm_schema_versions
         WHERE workspace_id = $1 AND version < $2 ORDER BY version DESC LIMIT $3"
    ));
    // One more than wanted tells whether another page follows.
    let query = query.bind(workspace).bind(after.unwrap_or(i64::MAX)).bind(i64::from(limit) + 1);
    let mut rows: Vec<WrittenRow> = query.all().await?;
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let next = rows.last().map(|row| row.version).filter(|_| more);
    Ok(SchemaHistory { versions: rows.into_iter().map(SchemaVersion::from).collect(), next })
}

/// One version of the schema of a workspace, and how it differs from the one before.
pub(crate) async fn version(
    db: &Db,
    workspace: WorkspaceId,
    version: i64,
) -> Result<Option<SchemaVersionDetails>, StorageError> {
    let query = db.query(sql!(
        "SELECT version, written_by, written_through, written_at, definition FROM erm_schema_versions
         WHERE workspace_id = $1 AND version BETWEEN $2 AND $3 ORDER BY version DESC"
    ));
    let rows: Vec<VersionRow> =
        query.bind(workspace).bind(version.saturating_sub(1)).bind(version).all().await?;
    let mut rows = rows.into_iter();
    let Some(VersionRow { written, definition }) = rows.next() else { return Ok(None) };
    if written.version != version {
        return Ok(None);
    }
    let definition = read(&definition)?;
    let before = match rows.next() {
        Some(VersionRow { definition, .. }) => Some(read(&definition)?),
        None if version == 1 => Some(SchemaDefinition::default()),
        None => None,
    };
    let changes = before.map(|before| SchemaChanges::between(&before, &definition));
    let SchemaDefinition { entity_types, edge_types } = definition;
    Ok(Some(SchemaVersionDetails { written: written.into(), changes, entity_types, edge_types }))
}

/// That a version was written.
#[derive(FromRow)]
struct WrittenRow {
    version: i64,
    written_by: UserId,
    written_through: Option<String>,
    written_at: DateTime<Utc>,
}

/// A version.
#[derive(FromRow)]
struct VersionRow {
    #[sqlx(flatten)]
    written: WrittenRow,
    definition: String,
}

impl From<WrittenRow> for SchemaVersion {
    fn from(row: WrittenRow) -> Self {
        let WrittenRow { version, written_by, written_through, written_at } = row;
        Self { version, written_by, written_through, written_at }
    }
}
