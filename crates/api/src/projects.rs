//! The projects of a workspace.

use axum::{extract::State, http::StatusCode};
use chrono::{DateTime, Utc};
use perme8_events::UserId;
use projects::{
    ArchiveProject, CreateProject, DeleteProject, ListProjects, ProjectDetails, ProjectsPage,
    RestoreProject, UpdateProject, UpdateProjectError,
};
use serde::Serialize;

use crate::{
    auth::Caller,
    body::Body,
    error::ApiError,
    etag::{IfMatch, Versioned},
    fields::{Fields, FromFields},
    paging::{self, Limit, MOST, Next, Place},
    path::{ProjectAt, WorkspaceAt},
    query::Query,
    response::Data,
    state::Api,
};

/// The documents of something, as long as no context holds any.
pub(crate) type NoDocuments = [(); 0];

/// A project as those see it who have just begun it.
#[derive(Debug, Serialize)]
pub(crate) struct NewProject {
    name: String,
    slug: String,
    description: Option<String>,
    workspace_slug: String,
}

/// A project as those see it who address it by its slug.
#[derive(Debug, Serialize)]
pub(crate) struct Project {
    #[serde(flatten)]
    project: NewProject,
    documents: NoDocuments,
}

/// A project in a list, and as those see it who have just changed it.
#[derive(Debug, Serialize)]
pub(crate) struct ManagedProject {
    name: String,
    slug: String,
    description: Option<String>,
    color: Option<String>,
    workspace_slug: String,
    owner_id: UserId,
    archived_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    version: i64,
}

impl From<ProjectDetails> for NewProject {
    fn from(details: ProjectDetails) -> Self {
        let ProjectDetails { name, slug, description, workspace_slug, .. } = details;
        Self { name, slug, description, workspace_slug }
    }
}

impl From<ProjectDetails> for ManagedProject {
    fn from(details: ProjectDetails) -> Self {
        let ProjectDetails {
            id: _, // projects are addressed by slug
            workspace_id: _,
            workspace_slug,
            name,
            slug,
            description,
            color,
            owner_id,
            created_at,
            archived_at,
            version,
        } = details;
        Self {
            name,
            slug,
            description,
            color,
            workspace_slug,
            owner_id,
            archived_at,
            created_at,
            version,
        }
    }
}

/// The body of a beginning.
#[derive(Debug)]
pub(crate) struct Begun {
    name: String,
    description: Option<String>,
}

impl FromFields for Begun {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        // Whoever may not begin a project learns that before it is said that it has no name.
        let name = fields.optional_text("name").unwrap_or_default();
        Some(Self { name, description: fields.optional_text("description") })
    }
}

/// The body of a change; what is missing stays, and what is blank goes.
#[derive(Debug)]
pub(crate) struct Changed {
    name: Option<String>,
    description: Option<String>,
    color: Option<String>,
    version: Option<i64>,
}

impl FromFields for Changed {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let name = fields.text_if_sent("name");
        let description = fields.optional_text("description");
        let color = fields.optional_text("color");
        Some(Self { name, description, color, version: fields.optional_integer("version") })
    }
}

impl FromFields for ListProjects {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let archived = fields.optional_parsed("archived", "must be true or false");
        let search = paging::search(fields);
        let limit = Limit::of(fields).map_or(MOST, Limit::get);
        let after = paging::after(fields).map(|place: Place| place.into());
        Some(Self { archived: archived.unwrap_or_default(), search, limit, after })
    }
}

/// `GET /api/workspaces/{slug}/projects`
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
    WorkspaceAt(workspace): WorkspaceAt,
    Query(asked): Query<ListProjects>,
) -> Result<Data<Vec<ManagedProject>, Next>, ApiError> {
    let page = api.projects.projects(&caller.origin, &workspace, asked).await?;
    let ProjectsPage { projects, next } = page;
    let projects = projects.into_iter().map(ManagedProject::from).collect();
    Ok(Data::with_meta(projects, Next { next: next.map(Place::from) }))
}

/// `POST /api/workspaces/{slug}/projects`
pub(crate) async fn create(
    State(api): State<Api>,
    caller: Caller,
    WorkspaceAt(workspace): WorkspaceAt,
    Body(Begun { name, description }): Body<Begun>,
) -> Result<(StatusCode, Versioned<Data<NewProject>>), ApiError> {
    let command = CreateProject { workspace, name, description, color: None };
    let begun = api.projects.create_project(caller.origin, command).await?;
    Ok((StatusCode::CREATED, Versioned(begun.version, Data::new(begun.into()))))
}

/// `GET /api/workspaces/{slug}/projects/{project}`
pub(crate) async fn show(
    State(api): State<Api>,
    caller: Caller,
    ProjectAt(project): ProjectAt,
) -> Result<Versioned<Data<Project>>, ApiError> {
    let found = api.projects.project(&caller.origin, &project).await?;
    let (version, project) = (found.version, found.into());
    Ok(Versioned(version, Data::new(Project { project, documents: [] })))
}

/// `PATCH /api/workspaces/{slug}/projects/{project}`
pub(crate) async fn update(
    State(api): State<Api>,
    caller: Caller,
    ProjectAt(project): ProjectAt,
    if_match: IfMatch,
    Body(Changed { name, description, color, version }): Body<Changed>,
) -> Result<Versioned<Data<ManagedProject>>, ApiError> {
    let version = if_match.beside(version)?;
    let command = UpdateProject { project, name, description, color, version };
    match api.projects.update_project(caller.origin, command).await {
        Ok(updated) => Ok(shown(updated)),
        Err(UpdateProjectError::OtherVersion) if if_match.is_sent() => {
            Err(ApiError::other_version())
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /api/workspaces/{slug}/projects/{project}/archive`
pub(crate) async fn archive(
    State(api): State<Api>,
    caller: Caller,
    ProjectAt(project): ProjectAt,
    IfMatch(version): IfMatch,
) -> Result<Versioned<Data<ManagedProject>>, ApiError> {
    let command = ArchiveProject { project, version };
    Ok(shown(api.projects.archive_project(caller.origin, command).await?))
}

/// `POST /api/workspaces/{slug}/projects/{project}/restore`
pub(crate) async fn restore(
    State(api): State<Api>,
    caller: Caller,
    ProjectAt(project): ProjectAt,
    IfMatch(version): IfMatch,
) -> Result<Versioned<Data<ManagedProject>>, ApiError> {
    let command = RestoreProject { project, version };
    Ok(shown(api.projects.restore_project(caller.origin, command).await?))
}

/// `DELETE /api/workspaces/{slug}/projects/{project}`
pub(crate) async fn delete(
    State(api): State<Api>,
    caller: Caller,
    ProjectAt(project): ProjectAt,
    IfMatch(version): IfMatch,
) -> Result<StatusCode, ApiError> {
    api.projects.delete_project(caller.origin, DeleteProject { project, version }).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn shown(details: ProjectDetails) -> Versioned<Data<ManagedProject>> {
    Versioned(details.version, Data::new(details.into()))
}
