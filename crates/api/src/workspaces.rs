//! Workspaces.

use axum::extract::State;
use chrono::{DateTime, Utc};
use documents::DocumentTitle;
use identity::{
    ArchiveWorkspace, CreateWorkspace, DeleteWorkspace, KeyScope, ListWorkspaces, RestoreWorkspace,
    Role, TransferOwnership, UpdateWorkspace, WorkspaceDetails,
};
use perme8_events::{UserId, WorkspaceId};
use projects::ProjectTitle;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    auth::{Caller, SessionCaller},
    body::{Body, Wish},
    changed::Changed,
    error::ApiError,
    etag::{IfMatch, Tag, Tagged},
    fields::{Fields, FromFields},
    paging::{Next, Page},
    path::WorkspaceAt,
    query::Query,
    response::{self, Created, Data, NoContent},
    state::Api,
};

/// A workspace as those see it who address it by its slug.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Workspace {
    name: String,
    slug: String,
}

/// A workspace, and what is in it.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct OpenWorkspace {
    #[serde(flatten)]
    workspace: Workspace,
    documents: Vec<DocumentTitle>,
    projects: Vec<ProjectTitle>,
}

/// A workspace of the caller, with its id.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct OwnWorkspace {
    id: WorkspaceId,
    name: String,
    slug: String,
    description: Option<String>,
    color: Option<String>,
    role: Role,
    archived_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    version: i64,
}

/// A workspace as those see it who have just changed it.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ManagedWorkspace {
    name: String,
    slug: String,
    description: Option<String>,
    color: Option<String>,
    role: Role,
    archived_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    version: i64,
}

impl From<WorkspaceDetails> for Workspace {
    fn from(details: WorkspaceDetails) -> Self {
        Self { name: details.name, slug: details.slug }
    }
}

impl From<WorkspaceDetails> for OwnWorkspace {
    fn from(details: WorkspaceDetails) -> Self {
        let WorkspaceDetails {
            id,
            name,
            slug,
            description,
            color,
            role,
            archived_at,
            created_at,
            version,
        } = details;
        Self { id, name, slug, description, color, role, archived_at, created_at, version }
    }
}

impl From<WorkspaceDetails> for ManagedWorkspace {
    fn from(details: WorkspaceDetails) -> Self {
        let WorkspaceDetails {
            id: _, // workspaces are addressed by slug
            name,
            slug,
            description,
            color,
            role,
            archived_at,
            created_at,
            version,
        } = details;
        Self { name, slug, description, color, role, archived_at, created_at, version }
    }
}

impl FromFields for ListWorkspaces {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let archived = fields.optional_parsed("archived", "must be true or false");
        Some(Self { archived: archived.unwrap_or(false) })
    }
}

/// Which part of which list of workspaces a client wants to see.
#[derive(Debug)]
pub(crate) struct Part {
    which: ListWorkspaces,
    page: Page,
}

impl FromFields for Part {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let which = ListWorkspaces::from_fields(fields);
        let page = Page::from_fields(fields);
        Some(Self { which: which?, page: page? })
    }
}

/// The body of a transfer.
#[derive(Debug)]
pub(crate) struct Heir {
    user_id: UserId,
}

impl FromFields for Heir {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self { user_id: fields.parsed("user_id", "must be the id of a person")? })
    }
}

impl FromFields for CreateWorkspace {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let name = fields.text("name");
        let description = fields.optional_text("description");
        let color = fields.optional_text("color");
        Some(Self { name: name?, description, color })
    }
}

/// These workspaces of the caller, as far as the credential reaches.
pub(crate) async fn reached(
    api: &Api,
    caller: &Caller,
    which: ListWorkspaces,
) -> Result<Vec<WorkspaceDetails>, ApiError> {
    let mut workspaces = api.identity.my_workspaces(&caller.origin, which).await?;
    workspaces.retain(|workspace| caller.reaches(workspace.id));
    Ok(workspaces)
}

/// `GET /api/workspaces`
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
    Query(which): Query<ListWorkspaces>,
) -> Result<Data<Vec<Workspace>>, ApiError> {
    Ok(response::list(reached(&api, &caller, which).await?))
}

/// `GET /api/me/workspaces`
pub(crate) async fn mine(
    State(api): State<Api>,
    caller: Caller,
    Query(Part { which, page }): Query<Part>,
) -> Result<Data<Vec<OwnWorkspace>, Next>, ApiError> {
    Ok(page.of(reached(&api, &caller, which).await?))
}

/// `POST /api/workspaces`
pub(crate) async fn create(
    State(api): State<Api>,
    caller: Caller,
    Body(command): Body<CreateWorkspace>,
) -> Result<Created<Data<OwnWorkspace>>, ApiError> {
    let workspace = api.identity.create_workspace(caller.origin, command).await?;
    Ok(Created(Data::new(workspace.into())))
}

/// `GET /api/workspaces/{slug}`
pub(crate) async fn show(
    State(api): State<Api>,
    caller: Caller,
    WorkspaceAt(workspace): WorkspaceAt,
) -> Result<Tagged<Data<OpenWorkspace>>, ApiError> {
    let found = api.identity.workspace(&caller.origin, &workspace).await?;
    let projects = if caller.may(KeyScope::ProjectsRead) {
        api.projects.project_titles(&caller.origin, &workspace).await?
    } else {
        Vec::new()
    };
    let documents = if caller.may(KeyScope::DocumentsRead) {
        api.documents.document_titles(&caller.origin, &workspace, None).await?
    } else {
        Vec::new()
    };
    let (tag, workspace) = (Tag::of(found.id, found.version), found.into());
    Ok(Tagged(tag, Data::new(OpenWorkspace { workspace, documents, projects })))
}

/// `PATCH /api/workspaces/{slug}`
pub(crate) async fn update(
    State(api): State<Api>,
    caller: Caller,
    WorkspaceAt(workspace): WorkspaceAt,
    if_match: IfMatch,
    wish: Wish<Changed>,
) -> Result<Tagged<Data<ManagedWorkspace>>, ApiError> {
    let granted = api.identity.may_update_workspace(&caller.origin, &workspace);
    let Changed { name, description, color, version } = wish.read(granted).await?;
    let seen = if_match.beside(version);
    let command = UpdateWorkspace { workspace, name, description, color, seen };
    let updated = api.identity.update_workspace(caller.origin, command).await;
    updated.map(shown).map_err(|error| if_match.refusal(error))
}

/// `POST /api/workspaces/{slug}/archive`
pub(crate) async fn archive(
    State(api): State<Api>,
    caller: Caller,
    WorkspaceAt(workspace): WorkspaceAt,
) -> Result<Tagged<Data<ManagedWorkspace>>, ApiError> {
    let command = ArchiveWorkspace { workspace };
    Ok(shown(api.identity.archive_workspace(caller.origin, command).await?))
}

/// `POST /api/workspaces/{slug}/restore`
pub(crate) async fn restore(
    State(api): State<Api>,
    caller: Caller,
    WorkspaceAt(workspace): WorkspaceAt,
) -> Result<Tagged<Data<ManagedWorkspace>>, ApiError> {
    let command = RestoreWorkspace { workspace };
    Ok(shown(api.identity.restore_workspace(caller.origin, command).await?))
}

/// `POST /api/workspaces/{slug}/transfer`
pub(crate) async fn transfer(
    State(api): State<Api>,
    caller: SessionCaller,
    WorkspaceAt(workspace): WorkspaceAt,
    Body(Heir { user_id }): Body<Heir>,
) -> Result<NoContent, ApiError> {
    let command = TransferOwnership { workspace, user_id, session_id: caller.session_id };
    api.identity.transfer_ownership(caller.origin, command).await?;
    Ok(NoContent)
}

/// `DELETE /api/workspaces/{slug}`
pub(crate) async fn delete(
    State(api): State<Api>,
    caller: SessionCaller,
    WorkspaceAt(workspace): WorkspaceAt,
) -> Result<NoContent, ApiError> {
    let command = DeleteWorkspace { workspace, session_id: caller.session_id };
    api.identity.delete_workspace(caller.origin, command).await?;
    Ok(NoContent)
}

fn shown(details: WorkspaceDetails) -> Tagged<Data<ManagedWorkspace>> {
    Tagged(Tag::of(details.id, details.version), Data::new(details.into()))
}
