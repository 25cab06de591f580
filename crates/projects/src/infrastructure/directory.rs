//! What other contexts may ask about projects.

use perme8_events::{StorageError, WorkspaceId, sql, sql::Db};
use sqlx::types::Json;

use crate::domain::references::ProjectId;

/// Answers the questions of other contexts; changes nothing, and does not ask who asks.
///
/// The gateways of other contexts hold one. Whoever shows an answer to a person checks first that this person is a member of
/// the workspace.
#[derive(Debug, Clone)]
pub struct Directory {
    db: Db,
}

/// A project, for other contexts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectEntry {
    /// Which.
    pub id: ProjectId,
    /// In which workspace.
    pub workspace_id: WorkspaceId,
    /// What it is called.
    pub name: String,
    /// What it is called in addresses.
    pub slug: String,
}

impl Directory {
    /// On this database.
    #[must_use]
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// These projects, put away or not; those that do not exist are left out.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the storage fails.
    pub async fn projects(&self, ids: &[ProjectId]) -> Result<Vec<ProjectEntry>, StorageError> {
        let query = self.db.query(sql!(
            sqlite: "SELECT id, workspace_id, name, slug FROM projects_projects
                     WHERE id IN (SELECT unhex(value, '-') FROM json_each($1))",
            postgres: "SELECT id, workspace_id, name, slug FROM projects_projects
                       WHERE id IN (SELECT value::uuid FROM jsonb_array_elements_text($1::jsonb) AS value)"
        ));
        let rows: Vec<(ProjectId, WorkspaceId, String, String)> =
            query.bind(Json(ids)).all().await?;
        let entry = |(id, workspace_id, name, slug)| ProjectEntry { id, workspace_id, name, slug };
        Ok(rows.into_iter().map(entry).collect())
    }
}
