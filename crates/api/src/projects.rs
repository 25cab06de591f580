//! The projects of a workspace.

use axum::extract::State;
use chrono::{DateTime, Utc};
use documents::DocumentTitle;
use identity::KeyScope;
use perme8_events::UserId;
use projects::{
    ArchiveProject, CreateProject, DeleteProject, ListProjects, ProjectDetails, ProjectsPage,
    RestoreProject, UpdateProject,
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    auth::Caller,
    body::Wish,
    changed::Changed,
    error::ApiError,
    etag::{IfMatch, Tag, Tagged},
    fields::{Fields, FromFields},
    paging::{self, Limit, MOST, Next, Place},
    path::{ProjectAt, WorkspaceAt},
    query::Query,
    response::{Created, Data, NoContent},
    state::Api,
};

/// A project as those see it who have just begun it.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct NewProject {
    name: String,
    slug: String,
    description: Option<String>,
    workspace_slug: String,
}

/// A project as those see it who address it by its slug.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Project {
    #[serde(flatten)]
    project: NewProject,
    documents: Vec<DocumentTitle>,
}

/// A project in a list, and as those see it who have just changed it.
#[derive(Debug, Serialize, JsonSchema)]
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
        let name = fields.text("name");
        let description = fields.optional_text("description");
        Some(Self { name: name?, description })
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
    wish: Wish<Begun>,
) -> Result<Created<Tagged<Data<NewProject>>>, ApiError> {
    let granted = api.projects.may_create_project(&caller.origin, &workspace);
    let Begun { name, description } = wish.read(granted).await?;
    let command = CreateProject { workspace, name, description, color: None };
    let begun = api.projects.create_project(caller.origin, command).await?;
    Ok(Created(Tagged(Tag::of(begun.id, begun.version), Data::new(begun.into()))))
}

/// `GET /api/workspaces/{slug}/projects/{project}`
pub(crate) async fn show(
    State(api): State<Api>,
    caller: Caller,
    ProjectAt(project): ProjectAt,
) -> Result<Tagged<Data<Project>>, ApiError> {
    let found = api.projects.project(&caller.origin, &project).await?;
    let documents = if caller.may(KeyScope::DocumentsRead) {
        let slug = Some(project.slug.as_str());
        api.documents.document_titles(&caller.origin, &project.workspace, slug).await?
    } else {
        Vec::new()
    };
    let (tag, project) = (Tag::of(found.id, found.version), found.into());
    Ok(Tagged(tag, Data::new(Project { project, documents })))
}

/// `PATCH /api/workspaces/{slug}/projects/{project}`
pub(crate) async fn update(
    State(api): State<Api>,
    caller: Caller,
    ProjectAt(project): ProjectAt,
    if_match: IfMatch,
    wish: Wish<Changed>,
) -> Result<Tagged<Data<ManagedProject>>, ApiError> {
    let granted = api.projects.may_update_project(&caller.origin, &project);
    let Changed { name, description, color, version } = wish.read(granted).await?;
    let seen = if_match.beside(version);
    let command = UpdateProject { project, name, description, color, seen };
    let updated = api.projects.update_project(caller.origin, command).await;
    updated.map(shown).map_err(|error| if_match.refusal(error))
}

/// `POST /api/workspaces/{slug}/projects/{project}/archive`
pub(crate) async fn archive(
    State(api): State<Api>,
    caller: Caller,
    ProjectAt(project): ProjectAt,
    if_match: IfMatch,
) -> Result<Tagged<Data<ManagedProject>>, ApiError> {
    let command = ArchiveProject { project, seen: if_match.seen() };
    let archived = api.projects.archive_project(caller.origin, command).await;
    archived.map(shown).map_err(|error| if_match.refusal(error))
}

/// `POST /api/workspaces/{slug}/projects/{project}/restore`
pub(crate) async fn restore(
    State(api): State<Api>,
    caller: Caller,
    ProjectAt(project): ProjectAt,
    if_match: IfMatch,
) -> Result<Tagged<Data<ManagedProject>>, ApiError> {
    let command = RestoreProject { project, seen: if_match.seen() };
    let restored = api.projects.restore_project(caller.origin, command).await;
    restored.map(shown).map_err(|error| if_match.refusal(error))
}

/// `DELETE /api/workspaces/{slug}/projects/{project}`
pub(crate) async fn delete(
    State(api): State<Api>,
    caller: Caller,
    ProjectAt(project): ProjectAt,
    if_match: IfMatch,
) -> Result<NoContent, ApiError> {
    let command = DeleteProject { project, seen: if_match.seen() };
    let deleted = api.projects.delete_project(caller.origin, command).await;
    deleted.map(|()| NoContent).map_err(|error| if_match.refusal(error))
}

fn shown(details: ProjectDetails) -> Tagged<Data<ManagedProject>> {
    Tagged(Tag::of(details.id, details.version), Data::new(details.into()))
}
