//! What callers of the facade get to read.

use chrono::{DateTime, Utc};
use identity::{Slug, folded};
use perme8_events::{StorageError, UserId, WorkspaceId, sql, sql::Db};
use sqlx::types::Json;
use uuid::Uuid;

use crate::{
    application::read_models::{ListProjects, MAX_LIMIT, ProjectPlace, ProjectTitle, cut},
    domain::{project::Project, references::ProjectId},
    infrastructure::rows::{ProjectRow, select_projects},
};

/// No project is younger: the last second of the year 9999.
const END_OF_TIME: DateTime<Utc> =
    DateTime::from_timestamp(253_402_300_799, 0).expect("there is such a second");

/// A project of a workspace.
pub(crate) async fn project(
    db: &Db,
    workspace: WorkspaceId,
    slug: &str,
) -> Result<Option<Project>, StorageError> {
    let Some(slug) = Slug::parse(slug) else { return Ok(None) };
    let query = db.query(sql!(select_projects!("WHERE workspace_id = $1 AND slug = $2")));
    let row: Option<ProjectRow> = query.bind(workspace).bind(slug.as_str()).opt().await?;
    Ok(row.map(Project::from))
}

/// A page of the projects of a workspace, newest first, and where the next begins.
pub(crate) async fn list(
    db: &Db,
    workspace: WorkspaceId,
    asked: &ListProjects,
) -> Result<(Vec<Project>, Option<ProjectPlace>), StorageError> {
    let ListProjects { archived, search, limit, after } = asked;
    let words = folded(search.as_deref().unwrap_or_default());
    let words: Vec<&str> = words.split_whitespace().collect();
    let limit = usize::from((*limit).clamp(1, MAX_LIMIT));
    let first = ProjectPlace { created_at: END_OF_TIME, id: ProjectId::new(Uuid::max()) };
    let ProjectPlace { created_at, id } = after.unwrap_or(first);
    let query = db.query(sql!(
        sqlite: select_projects!(
            "WHERE workspace_id = $1 AND (archived_at IS NOT NULL) = $2 AND (created_at, id) < ($3, $4)
               AND NOT EXISTS (SELECT 1 FROM json_each($5) AS word WHERE instr(searched, word.value) = 0)
             ORDER BY created_at DESC, id DESC LIMIT $6"
        ),
        postgres: select_projects!(
            "WHERE workspace_id = $1 AND (archived_at IS NOT NULL) = $2 AND (created_at, id) < ($3, $4)
               AND NOT EXISTS
                 (SELECT 1 FROM jsonb_array_elements_text($5::jsonb) AS word WHERE strpos(searched, word) = 0)
             ORDER BY created_at DESC, id DESC LIMIT $6"
        )
    ));
    // One more than wanted tells whether another page follows.
    let enough = i64::try_from(limit + 1).map_err(StorageError::new)?;
    let query = query.bind(workspace).bind(*archived).bind(created_at).bind(id);
    let rows: Vec<ProjectRow> = query.bind(Json(words)).bind(enough).all().await?;
    Ok(cut(rows.into_iter().map(Project::from).collect(), limit))
}

/// Every project of a workspace that is in use, newest first.
pub(crate) async fn titles(
    db: &Db,
    workspace: WorkspaceId,
) -> Result<Vec<ProjectTitle>, StorageError> {
    let query = db.query(sql!(
        "SELECT name, slug FROM projects_projects WHERE workspace_id = $1 AND archived_at IS NULL
         ORDER BY created_at DESC, id DESC"
    ));
    let rows: Vec<(String, String)> = query.bind(workspace).all().await?;
    Ok(rows.into_iter().map(|(name, slug)| ProjectTitle { name, slug }).collect())
}

/// Every project of a person, oldest first.
pub(crate) async fn all_of(db: &Db, user: UserId) -> Result<Vec<Project>, StorageError> {
    let query = db.query(sql!(select_projects!("WHERE owner_id = $1 ORDER BY created_at, id")));
    let rows: Vec<ProjectRow> = query.bind(user).all().await?;
    Ok(rows.into_iter().map(Project::from).collect())
}

/// The first projects of a person behind `after`, in the order of their ids, and where each is.
pub(crate) async fn owned_by(
    db: &Db,
    user: UserId,
    after: Option<ProjectId>,
    limit: u32,
) -> Result<Vec<(ProjectId, WorkspaceId)>, StorageError> {
    let after = after.unwrap_or(ProjectId::new(Uuid::nil()));
    let query = db.query(sql!(
        "SELECT id, workspace_id FROM projects_projects WHERE owner_id = $1 AND id > $2
         ORDER BY id LIMIT $3"
    ));
    query.bind(user).bind(after).bind(i64::from(limit)).all().await
}
