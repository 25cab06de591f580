//! The API keys of the caller.

use axum::{Json, extract::State};
use chrono::{DateTime, Utc};
use identity::{
    ApiKeyId, ApiKeySummary, CreateApiKey, Expiry, IssuedApiKey, Permissions, RevokeApiKey,
    RotateApiKey, UpdateApiKey,
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    auth::Caller,
    body::Body,
    error::ApiError,
    fields::{Fields, FromFields},
    paging::{Next, Page},
    path::ApiKeyAt,
    query::Query,
    response::{Created, Data, NoContent},
    state::Api,
    timestamp::Timestamp,
};

/// A key as its owner sees it.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct ApiKey {
    id: ApiKeyId,
    made_by: Option<ApiKeyId>,
    name: String,
    description: Option<String>,
    permissions: Option<Vec<String>>,
    workspace_access: Vec<String>,
    is_active: bool,
    prefix: String,
    expires_at: Option<DateTime<Utc>>,
    last_used_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
    inserted_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

impl From<ApiKeySummary> for ApiKey {
    fn from(key: ApiKeySummary) -> Self {
        let ApiKeySummary {
            id,
            made_by,
            name,
            description,
            permissions,
            workspace_access,
            prefix,
            is_active,
            expires_at,
            last_used_at,
            revoked_at,
            created_at: inserted_at,
            updated_at,
        } = key;
        Self {
            id,
            made_by,
            name,
            description,
            permissions,
            workspace_access,
            is_active,
            prefix,
            expires_at,
            last_used_at,
            revoked_at,
            inserted_at,
            updated_at,
        }
    }
}

/// The answer to whoever has just made a key: the only response that ever shows the token.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Issued {
    data: ApiKey,
    token: String,
}

impl From<IssuedApiKey> for Issued {
    fn from(IssuedApiKey { key, token }: IssuedApiKey) -> Self {
        Self { data: key.into(), token: token.expose().to_owned() }
    }
}

/// The body of a new key; its fields may also stand under `api_key`.
#[derive(Debug)]
pub(crate) struct New {
    name: String,
    description: Option<String>,
    permissions: Option<Permissions>,
    workspace_access: Vec<String>,
    expires_at: Option<DateTime<Utc>>,
}

impl FromFields for New {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        fields.flatten("api_key");
        let name = fields.text("name");
        let description = fields.optional_text("description");
        let permissions = permissions(fields);
        let workspace_access = fields.optional_texts("workspace_access").unwrap_or_default();
        let expires_at = expires_at(fields);
        Some(Self { name: name?, description, permissions, workspace_access, expires_at })
    }
}

/// The body of a change; what is missing stays, a blank description goes, and so does an end that is `null`.
#[derive(Debug)]
pub(crate) struct Changed {
    name: Option<String>,
    description: Option<String>,
    permissions: Option<Permissions>,
    workspace_access: Option<Vec<String>>,
    expiry: Option<Expiry>,
}

impl FromFields for Changed {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        fields.flatten("api_key");
        Some(Self {
            name: fields.text_if_sent("name"),
            description: fields.optional_text("description"),
            permissions: permissions(fields),
            workspace_access: fields.optional_texts("workspace_access"),
            expiry: fields.is_sent("expires_at").then(|| Expiry(expires_at(fields))),
        })
    }
}

fn expires_at(fields: &mut Fields) -> Option<DateTime<Utc>> {
    let expires_at = fields.optional_parsed("expires_at", Timestamp::EXPECTED);
    expires_at.map(Timestamp::get)
}

/// What is sent counts, also `null`: that stands for everything.
fn permissions(fields: &mut Fields) -> Option<Permissions> {
    let is_sent = fields.is_sent("permissions");
    is_sent.then(|| Permissions(fields.optional_texts("permissions")))
}

/// Which keys somebody wants to see.
#[derive(Debug)]
pub(crate) struct Wanted {
    is_active: Option<bool>,
    page: Page,
}

impl FromFields for Wanted {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let is_active = fields.optional_parsed("is_active", "must be true or false");
        Some(Self { is_active, page: Page::from_fields(fields)? })
    }
}

/// `GET /api/api-keys`
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
    Query(Wanted { is_active, page }): Query<Wanted>,
) -> Result<Data<Vec<ApiKey>, Next>, ApiError> {
    let mut keys = api.identity.api_keys(&caller.origin).await?;
    keys.retain(|key| is_active.is_none_or(|wanted| key.is_active == wanted));
    Ok(page.of(keys))
}

/// `POST /api/api-keys`
pub(crate) async fn create(
    State(api): State<Api>,
    caller: Caller,
    Body(new): Body<New>,
) -> Result<Created<Json<Issued>>, ApiError> {
    let New { name, description, permissions, workspace_access, expires_at } = new;
    let session_id = caller.session_id();
    let command =
        CreateApiKey { session_id, name, description, permissions, workspace_access, expires_at };
    let issued = api.identity.create_api_key(caller.origin, command).await?;
    Ok(Created(Json(issued.into())))
}

/// `PATCH /api/api-keys/{id}`
pub(crate) async fn update(
    State(api): State<Api>,
    caller: Caller,
    ApiKeyAt(id): ApiKeyAt,
    Body(changed): Body<Changed>,
) -> Result<Data<ApiKey>, ApiError> {
    let Changed { name, description, permissions, workspace_access, expiry } = changed;
    let session_id = caller.session_id();
    let command =
        UpdateApiKey { id, session_id, name, description, permissions, workspace_access, expiry };
    Ok(Data::new(api.identity.update_api_key(caller.origin, command).await?.into()))
}

/// The body of a rotation.
#[derive(Debug)]
pub(crate) struct Rotation {
    overlap_seconds: i64,
}

impl FromFields for Rotation {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self { overlap_seconds: fields.optional_integer("overlap_seconds").unwrap_or(0) })
    }
}

/// `POST /api/api-keys/{id}/rotate`
pub(crate) async fn rotate(
    State(api): State<Api>,
    caller: Caller,
    ApiKeyAt(id): ApiKeyAt,
    Body(Rotation { overlap_seconds }): Body<Rotation>,
) -> Result<Json<Issued>, ApiError> {
    let command = RotateApiKey { id, session_id: caller.session_id(), overlap_seconds };
    Ok(Json(api.identity.rotate_api_key(caller.origin, command).await?.into()))
}

/// `DELETE /api/api-keys/{id}`
pub(crate) async fn revoke(
    State(api): State<Api>,
    caller: Caller,
    ApiKeyAt(id): ApiKeyAt,
) -> Result<NoContent, ApiError> {
    api.identity.revoke_api_key(caller.origin, RevokeApiKey { id }).await?;
    Ok(NoContent)
}
