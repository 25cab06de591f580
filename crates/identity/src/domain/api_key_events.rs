//! What happens to the API keys of people.

use chrono::{DateTime, Utc};
use perme8_events::{DomainEvent, HoldsPersonal, Personal, UserId, WorkspaceId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::{account_events::Change, references::ApiKeyId};

/// Emitted when somebody makes an API key, by themselves or with another key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "api_key", audience(user = "user_id"))]
pub struct ApiKeyCreated {
    /// The new key.
    #[event(aggregate_id)]
    pub api_key_id: ApiKeyId,
    /// Whose it is.
    pub user_id: UserId,
    /// What it is called.
    #[event(personal = "user_id")]
    pub name: Personal<String>,
    /// What it may do of what its owner may; everything if this is missing.
    pub scopes: Option<Vec<String>>,
    /// Where.
    pub workspaces: Vec<WorkspaceId>,
    /// Until when.
    pub expires_at: Option<DateTime<Utc>>,
}

/// Emitted when an API key is called otherwise, or may do more or less than before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "api_key", audience(user = "user_id"))]
pub struct ApiKeyUpdated {
    /// Which key.
    #[event(aggregate_id)]
    pub api_key_id: ApiKeyId,
    /// Whose it is.
    pub user_id: UserId,
    /// What it is called since then.
    #[event(personal = "user_id")]
    pub name: Personal<String>,
    /// What it may do since then; everything if this is missing.
    pub scopes: Option<Vec<String>>,
    /// Where, since then.
    pub workspaces: Vec<WorkspaceId>,
    /// What is different.
    #[event(personal = "user_id")]
    pub changes: ApiKeyChanges,
}

/// Emitted when an API key is worth nothing any more, because somebody wants it so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "api_key", audience(user = "user_id"))]
pub struct ApiKeyRevoked {
    /// Which key.
    #[event(aggregate_id)]
    pub api_key_id: ApiKeyId,
    /// Whose it was.
    pub user_id: UserId,
    /// What it was called.
    #[event(personal = "user_id")]
    pub name: Personal<String>,
    /// What it could do; everything if this is missing.
    pub scopes: Option<Vec<String>>,
    /// Where.
    pub workspaces: Vec<WorkspaceId>,
}

/// Emitted when an API key has another token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "api_key", audience(user = "user_id"))]
pub struct ApiKeyRotated {
    /// Which key.
    #[event(aggregate_id)]
    pub api_key_id: ApiKeyId,
    /// Whose it is.
    pub user_id: UserId,
    /// What it is called.
    #[event(personal = "user_id")]
    pub name: Personal<String>,
    /// Until when the token is good that it had before; no longer if this is missing.
    pub previous_until: Option<DateTime<Utc>>,
}

/// The fields of an API key that changed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct ApiKeyChanges {
    /// What it is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Change<Personal<String>>>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Change<Option<Personal<String>>>>,
    /// What it may do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Change<Option<Vec<String>>>>,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspaces: Option<Change<Vec<WorkspaceId>>>,
    /// Until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Change<Option<DateTime<Utc>>>>,
}

impl HoldsPersonal for ApiKeyChanges {}
