//! What callers get to see.

use chrono::{DateTime, Utc};
use perme8_events::{StorageError, UserId, WorkspaceId};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    application::ports::Membership,
    domain::{project::Project, references::ProjectId},
};

/// At most so many projects make a page.
pub(crate) const MAX_LIMIT: u8 = 100;

/// Why a question was not answered.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// No person asks.
    #[error("only people see projects")]
    Forbidden,
    /// There is no such workspace, or the person who asks is a stranger there.
    #[error("there is no such workspace")]
    WorkspaceNotFound,
    /// The workspace has no such project.
    #[error("there is no such project")]
    ProjectNotFound,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// A project, for a member of its workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectDetails {
    /// Which.
    pub id: ProjectId,
    /// In which workspace.
    pub workspace_id: WorkspaceId,
    /// What that is called in addresses.
    pub workspace_slug: String,
    /// What it is called.
    pub name: String,
    /// What it is called in addresses.
    pub slug: String,
    /// What it is for.
    pub description: Option<String>,
    /// Its colour, as `#rrggbb`.
    pub color: Option<String>,
    /// Whose it is; maybe somebody's who is no longer in the workspace.
    pub owner_id: UserId,
    /// Since when it exists.
    pub created_at: DateTime<Utc>,
    /// Since when it is put away, if it is.
    pub archived_at: Option<DateTime<Utc>>,
    /// Rises with every change.
    pub version: i64,
}

impl ProjectDetails {
    pub(crate) fn of(project: Project, membership: &Membership) -> Self {
        let Project {
            id,
            workspace_id,
            owner_id,
            name,
            slug,
            description,
            color,
            created_at,
            archived_at,
            is_gone: _,
            version,
        } = project;
        Self {
            id,
            workspace_id,
            workspace_slug: membership.workspace_slug.clone(),
            name,
            slug: slug.to_string(),
            description,
            color,
            owner_id,
            created_at,
            archived_at,
            version,
        }
    }
}

/// A project in a list of all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ProjectTitle {
    /// What it is called.
    pub name: String,
    /// What it is called in addresses.
    pub slug: String,
}

/// A project of a person, as everything that is held of that person tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExportedProject {
    /// Which.
    pub id: ProjectId,
    /// In which workspace.
    pub workspace_id: WorkspaceId,
    /// What it is called today; told to members of the workspace alone.
    pub name: Option<String>,
    /// What it is for; told to the same.
    pub description: Option<String>,
    /// Since when it exists.
    pub created_at: DateTime<Utc>,
}

impl ExportedProject {
    /// What its owner may know of it, who is or is not `there`.
    pub(crate) fn of(project: Project, there: bool) -> Self {
        let Project { id, workspace_id, name, description, created_at, .. } = project;
        let (name, description) = (Some(name).filter(|_| there), description.filter(|_| there));
        Self { id, workspace_id, name, description, created_at }
    }
}

/// Which projects of a workspace somebody wants to see, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListProjects {
    /// Those that are put away, and not those in use.
    pub archived: bool,
    /// Only those in whose name or description each of these words occurs, in any letter case.
    pub search: Option<String>,
    /// At most so many; taken as 1 to 100.
    pub limit: u8,
    /// Those that follow a page; from the newest on without it.
    pub after: Option<ProjectPlace>,
}

/// The place of a project in the list of its workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProjectPlace {
    /// Since when it exists.
    pub created_at: DateTime<Utc>,
    /// Which.
    pub id: ProjectId,
}

/// Some projects, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectsPage {
    /// The projects.
    pub projects: Vec<ProjectDetails>,
    /// Where the next page begins; none when this is the last one.
    pub next: Option<ProjectPlace>,
}

/// A page of `limit`, out of one project more than that if there are any, and where the next begins.
pub(crate) fn cut(
    mut projects: Vec<Project>,
    limit: usize,
) -> (Vec<Project>, Option<ProjectPlace>) {
    let more = projects.len() > limit;
    projects.truncate(limit);
    let end = projects.last().map(|last| ProjectPlace { created_at: last.created_at, id: last.id });
    (projects, end.filter(|_| more))
}
