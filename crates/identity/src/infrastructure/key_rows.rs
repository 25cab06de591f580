//! Rows of API keys as both engines give them, and what they mean.

use chrono::{DateTime, Utc};
use perme8_events::{UserId, WorkspaceId};
use sqlx::{FromRow, types::Json};

use crate::domain::{
    api_key::{ApiKey, PreviousToken},
    key_scopes::Scopes,
    references::ApiKeyId,
    secret::TokenHash,
};

/// The columns of [`ApiKeyRow`], in a `SELECT`; where a key reaches is read in the same statement, so that what it was before
/// and what it is afterwards are never mixed. The engines differ in how they put that together.
macro_rules! select_keys {
    ($reach:literal, $rest:literal) => {
        concat!(
            "SELECT k.id, k.user_id, k.made_by, k.name, k.description, k.token_hash, k.previous_token_hash, k.previous_until,
                    k.prefix, k.scopes, k.expires_at, k.created_at, k.updated_at, k.revoked_at, k.last_used_at, k.version, ",
            $reach,
            " FROM identity_api_key_workspaces r JOIN identity_workspaces w ON w.id = r.workspace_id
              WHERE r.api_key_id = k.id) AS reach
             FROM identity_api_keys k ",
            $rest
        )
    };
}

/// The same on SQLite.
macro_rules! sqlite_keys {
    ($rest:literal) => {
        select_keys!(
            "(SELECT json_group_array(json_array(lower(hex(r.workspace_id)), w.slug) ORDER BY r.place)",
            $rest
        )
    };
}

/// The same on PostgreSQL.
macro_rules! postgres_keys {
    ($rest:literal) => {
        select_keys!(
            "(SELECT coalesce(jsonb_agg(jsonb_build_array(r.workspace_id, w.slug) ORDER BY r.place), '[]')",
            $rest
        )
    };
}

pub(crate) use postgres_keys;
pub(crate) use select_keys;
pub(crate) use sqlite_keys;

/// A row of `identity_api_keys`.
#[derive(FromRow)]
pub(crate) struct ApiKeyRow {
    id: ApiKeyId,
    user_id: UserId,
    made_by: Option<ApiKeyId>,
    name: String,
    description: Option<String>,
    token_hash: Vec<u8>,
    previous_token_hash: Option<Vec<u8>>,
    previous_until: Option<DateTime<Utc>>,
    prefix: String,
    scopes: Option<Json<Vec<String>>>,
    expires_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    revoked_at: Option<DateTime<Utc>>,
    last_used_at: Option<DateTime<Utc>>,
    version: i64,
    reach: Json<Vec<(WorkspaceId, String)>>,
}

/// A key, the slugs of what it reaches, and when it was last used.
pub(crate) struct FoundKey {
    pub(crate) key: ApiKey,
    pub(crate) slugs: Vec<String>,
    pub(crate) last_used_at: Option<DateTime<Utc>>,
}

impl From<ApiKeyRow> for FoundKey {
    fn from(row: ApiKeyRow) -> Self {
        let ApiKeyRow {
            id,
            user_id,
            made_by,
            name,
            description,
            token_hash,
            previous_token_hash,
            previous_until,
            prefix,
            scopes,
            expires_at,
            created_at,
            updated_at,
            revoked_at,
            last_used_at,
            version,
            reach: Json(reach),
        } = row;
        let previous = previous_token_hash.zip(previous_until);
        let previous = previous.map(|(hash, until)| {
            let token_hash = TokenHash::stored(hash);
            PreviousToken { token_hash, until }
        });
        let (workspaces, slugs) = reach.into_iter().unzip();
        let key = ApiKey {
            id,
            user_id,
            made_by,
            name,
            description,
            token_hash: TokenHash::stored(token_hash),
            previous,
            prefix,
            scopes: Scopes::stored(scopes.map(|Json(entries)| entries)),
            workspaces,
            expires_at,
            created_at,
            updated_at,
            revoked_at,
            version,
        };
        Self { key, slugs, last_used_at }
    }
}
