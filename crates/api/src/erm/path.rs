//! What the addresses of graphs name: workspaces, entities and edges by their ids.

use axum::http::request::Parts;
use axum::{
    extract::{FromRequestParts, Request},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use erm::parse_id;
use identity::WorkspaceRef;
use perme8_events::{Id, WorkspaceId};

use crate::{error::ApiError, path, state::Api};

/// The workspace at `{workspace_id}`.
#[derive(Debug)]
pub(crate) struct GraphAt(pub(crate) WorkspaceRef);

/// The schema of the workspace at `{workspace_id}`; it has no other address.
#[derive(Debug)]
pub(crate) struct SchemaAt {
    pub(crate) workspace: WorkspaceRef,
    pub(crate) id: WorkspaceId,
}

/// What is at `{id}` of the graph of the workspace at `{workspace_id}`; none where that is no id.
#[derive(Debug)]
pub(crate) struct ItemAt<A> {
    pub(crate) workspace: WorkspaceRef,
    pub(crate) id: Option<Id<A>>,
}

/// The ways from what is at `{id}` to what is at `{target_id}`.
#[derive(Debug)]
pub(crate) struct WaysAt<A> {
    pub(crate) workspace: WorkspaceRef,
    pub(crate) ends: Option<(Id<A>, Id<A>)>,
}

/// The version at `{version}` of the schema of the workspace at `{workspace_id}`.
#[derive(Debug)]
pub(crate) struct SchemaVersionAt {
    pub(crate) workspace: WorkspaceRef,
    pub(crate) number: i64,
}

/// What is called `{key}` among those of the type `{type}`.
#[derive(Debug)]
pub(crate) struct KeyAt {
    pub(crate) workspace: WorkspaceRef,
    pub(crate) entity_type: String,
    pub(crate) external_key: String,
}

impl FromRequestParts<Api> for GraphAt {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, ApiError> {
        let id = path::workspace_id(parts).await.ok_or(ApiError::no_workspace_id())?;
        Ok(Self(WorkspaceRef::Id(id)))
    }
}

impl FromRequestParts<Api> for SchemaAt {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, ApiError> {
        let id = path::workspace_id(parts).await.ok_or(ApiError::no_workspace_id())?;
        Ok(Self { workspace: WorkspaceRef::Id(id), id })
    }
}

impl<A> FromRequestParts<Api> for ItemAt<A> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, ApiError> {
        let GraphAt(workspace) = GraphAt::from_request_parts(parts, api).await?;
        Ok(Self { workspace, id: path::named(parts, "id", parse_id).await })
    }
}

impl<A> FromRequestParts<Api> for WaysAt<A> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, ApiError> {
        let ItemAt { workspace, id: source } = ItemAt::from_request_parts(parts, api).await?;
        let target = path::named(parts, "target_id", parse_id).await;
        Ok(Self { workspace, ends: source.zip(target) })
    }
}

impl FromRequestParts<Api> for SchemaVersionAt {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, ApiError> {
        let GraphAt(workspace) = GraphAt::from_request_parts(parts, api).await?;
        // What is no number is one that no version has.
        let number = path::named(parts, "version", |text| text.parse().ok()).await;
        Ok(Self { workspace, number: number.unwrap_or_default() })
    }
}

impl FromRequestParts<Api> for KeyAt {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, ApiError> {
        let GraphAt(workspace) = GraphAt::from_request_parts(parts, api).await?;
        // What is no UTF-8 names nothing, and nothing is a name.
        let entity_type = path::named(parts, "type", |text| Some(text.to_owned())).await;
        let external_key = path::named(parts, "key", |text| Some(text.to_owned())).await;
        Ok(Self {
            workspace,
            entity_type: entity_type.unwrap_or_default(),
            external_key: external_key.unwrap_or_default(),
        })
    }
}

/// Refuses whatever names no workspace, before anybody is asked who is there.
pub(crate) async fn require_workspace(request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    match path::workspace_id(&mut parts).await {
        Some(_) => next.run(Request::from_parts(parts, body)).await,
        None => ApiError::no_workspace_id().into_response(),
    }
}
