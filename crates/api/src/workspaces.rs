//! Workspaces.

use axum::{extract::State, http::StatusCode};
use chrono::{DateTime, Utc};
use identity::{CreateWorkspace, Role, WorkspaceDetails};
use perme8_events::WorkspaceId;
use serde::Serialize;

use crate::{
    auth::Caller,
    body::Body,
    error::ApiError,
    fields::{Fields, FromFields},
    paging::{Next, Page},
    path::WorkspaceAt,
    query::Query,
    response::{self, Data},
    state::Api,
};

/// A workspace as those see it who address it by its slug.
#[derive(Debug, Serialize)]
pub(crate) struct Workspace {
    name: String,
    slug: String,
}

/// A workspace of the caller, with its id.
#[derive(Debug, Serialize)]
pub(crate) struct OwnWorkspace {
    id: WorkspaceId,
    name: String,
    slug: String,
    description: Option<String>,
    color: Option<String>,
    role: Role,
    created_at: DateTime<Utc>,
}

impl From<WorkspaceDetails> for Workspace {
    fn from(details: WorkspaceDetails) -> Self {
        Self { name: details.name, slug: details.slug }
    }
}

impl From<WorkspaceDetails> for OwnWorkspace {
    fn from(details: WorkspaceDetails) -> Self {
        // The list leaves archived workspaces out, and a new one is none.
        let WorkspaceDetails {
            id,
            name,
            slug,
            description,
            color,
            role,
            archived_at: _,
            created_at,
        } = details;
        Self { id, name, slug, description, color, role, created_at }
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

/// `GET /api/workspaces`
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
) -> Result<Data<Vec<Workspace>>, ApiError> {
    Ok(response::list(api.identity.my_workspaces(&caller.origin).await?))
}

/// `GET /api/me/workspaces`
pub(crate) async fn mine(
    State(api): State<Api>,
    caller: Caller,
    Query(page): Query<Page>,
) -> Result<Data<Vec<OwnWorkspace>, Next>, ApiError> {
    Ok(page.of(api.identity.my_workspaces(&caller.origin).await?))
}

/// `POST /api/workspaces`
pub(crate) async fn create(
    State(api): State<Api>,
    caller: Caller,
    Body(command): Body<CreateWorkspace>,
) -> Result<(StatusCode, Data<OwnWorkspace>), ApiError> {
    let workspace = api.identity.create_workspace(caller.origin, command).await?;
    Ok((StatusCode::CREATED, Data::new(workspace.into())))
}

/// `GET /api/workspaces/{slug}`
pub(crate) async fn show(
    State(api): State<Api>,
    caller: Caller,
    WorkspaceAt(workspace): WorkspaceAt,
) -> Result<Data<Workspace>, ApiError> {
    Ok(Data::new(api.identity.workspace(&caller.origin, &workspace).await?.into()))
}
