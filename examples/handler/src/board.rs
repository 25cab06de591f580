//! The table of the handler.

use perme8_events::{
    StorageError, WorkspaceId, sql,
    sql::{Db, Migrations, Tx},
};
use uuid::Uuid;

/// The table of notices, for both engines.
pub static MIGRATIONS: Migrations = perme8_events::migrations!(
    "noticeboard",
    sqlite: "migrations/sqlite",
    postgres: "migrations/postgres"
);

/// A notice on the board of a workspace.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Notice {
    /// Its place on the board, from 1.
    pub number: i64,
    /// The project that it tells of.
    pub project_id: Uuid,
    /// What it says.
    pub text: String,
}

/// What is on the board of a workspace, the first notice first.
///
/// # Errors
///
/// [`StorageError`] when the database cannot be read.
pub async fn notices(db: &Db, workspace: WorkspaceId) -> Result<Vec<Notice>, StorageError> {
    let all = sql!(
        "SELECT number, project_id, text FROM noticeboard_notices WHERE workspace_id = $1 ORDER BY number"
    );
    db.query(all).bind(workspace).all().await
}

/// Puts up the next notice.
pub(crate) async fn put_up(
    tx: &mut Tx,
    workspace: WorkspaceId,
    project: Uuid,
    text: &str,
) -> Result<(), StorageError> {
    let insert = sql!(
        "INSERT INTO noticeboard_notices (workspace_id, number, project_id, text)
         SELECT $1, coalesce(max(number), 0) + 1, $2, $3 FROM noticeboard_notices WHERE workspace_id = $1"
    );
    tx.query(insert).bind(workspace).bind(project).bind(text).exec().await.map(drop)
}
