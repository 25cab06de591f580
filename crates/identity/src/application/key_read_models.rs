//! What callers get to see of API keys.

use chrono::{DateTime, Utc};
use perme8_events::WorkspaceId;
use serde::Serialize;

use crate::{
    application::read_models::UserProfile,
    domain::{
        api_key::ApiKey,
        discreet::discreet,
        key_scopes::{KeyScope, Scopes},
        references::ApiKeyId,
        secret::Secret,
    },
};

/// A key of a person, for that person.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct ApiKeySummary {
    /// Which.
    pub id: ApiKeyId,
    /// The key by which it was made; it is revoked with that one.
    pub made_by: Option<ApiKeyId>,
    /// What it is called.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// What it may do of what its owner may, as it was given; everything if there is nothing.
    pub permissions: Option<Vec<String>>,
    /// Where it reaches: the slugs of workspaces.
    pub workspace_access: Vec<String>,
    /// How its token begins.
    pub prefix: String,
    /// Whether its token is good.
    pub is_active: bool,
    /// Until when it is good.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was last used, to within a minute.
    pub last_used_at: Option<DateTime<Utc>>,
    /// Since when it is worth nothing.
    pub revoked_at: Option<DateTime<Utc>>,
    /// Since when it exists.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

discreet! { ApiKeySummary { id, permissions, workspace_access, is_active, expires_at } }

impl ApiKeySummary {
    /// Of a key that reaches workspaces of these slugs.
    pub(crate) fn of(
        key: &ApiKey,
        workspace_access: Vec<String>,
        last_used_at: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            id: key.id,
            made_by: key.made_by,
            name: key.name.clone(),
            description: key.description.clone(),
            permissions: key.scopes.entries().map(<[_]>::to_vec),
            workspace_access,
            prefix: key.prefix.clone(),
            is_active: key.is_active(now),
            expires_at: key.expires_at,
            last_used_at,
            revoked_at: key.revoked_at,
            created_at: key.created_at,
            updated_at: key.updated_at,
        }
    }
}

/// A key whose token was just made, for its owner.
#[derive(Debug, Clone)]
pub struct IssuedApiKey {
    /// The key.
    pub key: ApiKeySummary,
    /// What to present; shown this once, and stored nowhere.
    pub token: Secret,
}

/// Somebody has shown the token of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthenticatedKey {
    /// Whose key it is.
    pub user: UserProfile,
    /// Which key.
    pub key_id: ApiKeyId,
    pub(crate) scopes: Scopes,
    pub(crate) workspaces: Vec<(WorkspaceId, String)>,
    /// Whether its present token was shown, and not the one before.
    pub(crate) is_present: bool,
}

impl AuthenticatedKey {
    /// Whether the key goes exactly as far as that: it may do the same in the same workspaces.
    #[must_use]
    pub fn goes_as_far_as(&self, other: &Self) -> bool {
        let ids = |key: &Self| key.workspaces.iter().map(|(id, _)| *id).collect::<Vec<_>>();
        self.key_id == other.key_id && self.scopes == other.scopes && ids(self) == ids(other)
    }

    /// Whether the key may do this, where it reaches and where its owner may.
    ///
    /// A token that was replaced deals with no keys: whoever rotates a key because its token is known would otherwise lose it to
    /// the one who knows that.
    #[must_use]
    pub fn may(&self, scope: KeyScope) -> bool {
        self.scopes.grants(scope) && (self.is_present || scope != KeyScope::ApiKeysWrite)
    }

    /// Whether the key reaches the workspace.
    #[must_use]
    pub fn reaches(&self, workspace: WorkspaceId) -> bool {
        self.workspaces.iter().any(|(id, _)| *id == workspace)
    }

    /// The slugs of the workspaces that the key reaches, in the order in which they were given.
    pub fn slugs(&self) -> impl Iterator<Item = &str> {
        self.workspaces.iter().map(|(_, slug)| slug.as_str())
    }

    /// Whether the key reaches the workspace of this slug.
    #[must_use]
    pub fn reaches_slug(&self, slug: &str) -> bool {
        self.workspaces.iter().any(|(_, own)| own == slug)
    }
}
