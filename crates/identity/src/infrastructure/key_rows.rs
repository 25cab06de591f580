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

/// The columns of [`ApiKeyRow`], in a `SELECT`.
macro_rules! select_keys {
    ($rest:literal) => {
        concat!(
            "SELECT k.id, k.user_id, k.name, k.description, k.token_hash, k.previous_token_hash, k.previous_until, k.prefix,
                    k.scopes, k.expires_at, k.created_at, k.updated_at, k.revoked_at, k.last_used_at, k.version
             FROM identity_api_keys k ",
            $rest
        )
    };
}

pub(crate) use select_keys;

/// A row of `identity_api_keys`.
#[derive(FromRow)]
pub(crate) struct ApiKeyRow {
    id: ApiKeyId,
    user_id: UserId,
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
    pub(crate) last_used_at: Option<DateTime<Utc>>,
    version: i64,
}

impl ApiKeyRow {
    /// Which key it is.
    pub(crate) fn id(&self) -> ApiKeyId {
        self.id
    }

    /// The key, which reaches these workspaces.
    pub(crate) fn reaching(self, workspaces: Vec<WorkspaceId>) -> ApiKey {
        let Self {
            id,
            user_id,
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
            last_used_at: _, // noted beside the key
            version,
        } = self;
        let previous = previous_token_hash.zip(previous_until);
        let previous = previous.map(|(hash, until)| {
            let token_hash = TokenHash::stored(hash);
            PreviousToken { token_hash, until }
        });
        ApiKey {
            id,
            user_id,
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
        }
    }
}
