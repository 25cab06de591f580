//! A row of the projects, and the project that it is.

use chrono::{DateTime, Utc};
use identity::Slug;
use perme8_events::{UserId, WorkspaceId};
use sqlx::FromRow;

use crate::domain::{project::Project, references::ProjectId};

/// The columns of [`ProjectRow`], in a `SELECT`.
macro_rules! select_projects {
    ($rest:literal) => {
        concat!(
            "SELECT id, workspace_id, owner_id, name, slug, description, color, created_at, archived_at, version
             FROM projects_projects ",
            $rest
        )
    };
}

pub(crate) use select_projects;

/// A row of `projects_projects`.
#[derive(FromRow)]
pub(crate) struct ProjectRow {
    id: ProjectId,
    workspace_id: WorkspaceId,
    owner_id: UserId,
    name: String,
    slug: String,
    description: Option<String>,
    color: Option<String>,
    created_at: DateTime<Utc>,
    archived_at: Option<DateTime<Utc>>,
    version: i64,
}

impl From<ProjectRow> for Project {
    fn from(row: ProjectRow) -> Self {
        let ProjectRow {
            id,
            workspace_id,
            owner_id,
            name,
            slug,
            description,
            color,
            created_at,
            archived_at,
            version,
        } = row;
        Self {
            id,
            workspace_id,
            owner_id,
            name,
            slug: Slug::stored(slug),
            description,
            color,
            created_at,
            archived_at,
            is_gone: false,
            version,
        }
    }
}
