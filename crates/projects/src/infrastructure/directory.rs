//! What other contexts may ask about projects.

use identity::Slug;
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
    /// Whether it is put away.
    pub archived: bool,
}

/// The columns of [`EntryRow`], in a `SELECT`.
macro_rules! select_entries {
    ($rest:literal) => {
        concat!(
            "SELECT id, workspace_id, name, slug, archived_at IS NOT NULL AS archived FROM projects_projects ",
            $rest
        )
    };
}

/// The columns of an entry.
type EntryRow = (ProjectId, WorkspaceId, String, String, bool);

impl Directory {
    /// On this database.
    #[must_use]
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// The project of a workspace that has this slug, put away or not.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the storage fails.
    pub async fn project(
        &self,
        workspace: WorkspaceId,
        slug: &str,
    ) -> Result<Option<ProjectEntry>, StorageError> {
        let Some(slug) = Slug::parse(slug) else { return Ok(None) };
        let query = self.db.query(sql!(select_entries!("WHERE workspace_id = $1 AND slug = $2")));
        Ok(query.bind(workspace).bind(slug.as_str()).opt().await?.map(entry))
    }

    /// These projects, put away or not; those that do not exist are left out.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the storage fails.
    pub async fn projects(&self, ids: &[ProjectId]) -> Result<Vec<ProjectEntry>, StorageError> {
        let query = self.db.query(sql!(
            sqlite: select_entries!("WHERE id IN (SELECT unhex(value, '-') FROM json_each($1))"),
            postgres: select_entries!(
                "WHERE id IN (SELECT value::uuid FROM jsonb_array_elements_text($1::jsonb) AS value)"
            )
        ));
        let rows: Vec<EntryRow> = query.bind(Json(ids)).all().await?;
        Ok(rows.into_iter().map(entry).collect())
    }
}

fn entry((id, workspace_id, name, slug, archived): EntryRow) -> ProjectEntry {
    ProjectEntry { id, workspace_id, name, slug, archived }
}
