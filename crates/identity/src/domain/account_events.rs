//! What happens to an account once it is there.

use perme8_events::{DomainEvent, HoldsPersonal, Personal, UserId, WorkspaceId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::{
    events::LogInMethod,
    references::{AgentId, SessionId},
};

/// Emitted when somebody changes what the account says of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "user", audience(user = "user_id"))]
pub struct ProfileUpdated {
    /// Who.
    #[event(aggregate_id)]
    pub user_id: UserId,
    /// What is different.
    #[event(personal = "user_id")]
    pub changes: ProfileChanges,
}

/// Emitted when the account has another password; every other session has ended with the old one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "user", audience(user = "user_id"))]
pub struct PasswordChanged {
    /// Whose.
    #[event(aggregate_id)]
    pub user_id: UserId,
}

/// Emitted when somebody wants a link by mail that sets another password.
///
/// It may be anybody who knows the address; the link goes to whoever reads the mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "user", audience(user = "user_id"))]
pub struct PasswordResetRequested {
    /// Whose account.
    #[event(aggregate_id)]
    pub user_id: UserId,
}

/// Emitted when somebody who is logged in shows once more who they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "user", audience(user = "user_id"))]
pub struct UserReauthenticated {
    /// Who.
    #[event(aggregate_id)]
    pub user_id: UserId,
    /// In which session.
    pub session_id: SessionId,
    /// By which proof.
    pub method: LogInMethod,
}

/// Emitted when somebody wants the account to have another e-mail address, to which a link is on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "user", audience(user = "user_id"))]
pub struct EmailChangeRequested {
    /// Whose account.
    #[event(aggregate_id)]
    pub user_id: UserId,
    /// The present address, in lower case.
    #[event(personal = "user_id")]
    pub email: Personal<String>,
    /// The address that is wanted, in lower case.
    #[event(personal = "user_id")]
    pub new_email: Personal<String>,
}

/// Emitted when the account has another e-mail address, which is proven to be theirs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "user", audience(user = "user_id"))]
pub struct EmailChanged {
    /// Whose account.
    #[event(aggregate_id)]
    pub user_id: UserId,
    /// The address until then, in lower case.
    #[event(personal = "user_id")]
    pub previous_email: Personal<String>,
    /// The address since then, in lower case.
    #[event(personal = "user_id")]
    pub email: Personal<String>,
}

/// Emitted when somebody prefers something else in a workspace than before.
///
/// That it ends with the membership is told by the event that ends that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "preferences", id = "{workspace_id}:{user_id}", audience(user = "user_id"))]
pub struct PreferencesChanged {
    /// Who.
    pub user_id: UserId,
    /// Where.
    #[event(workspace_id)]
    pub workspace_id: WorkspaceId,
    /// What is different.
    pub changes: PreferenceChanges,
}

/// Emitted when an account is gone; what was theirs elsewhere goes because of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "user", audience(user = "user_id"))]
pub struct UserDeleted {
    /// Who it was.
    #[event(aggregate_id)]
    pub user_id: UserId,
    /// The address until then, in lower case, if it was proven to be theirs: what is said there is said to them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[event(personal = "user_id")]
    pub email: Option<Personal<String>>,
}

/// The fields of a profile that changed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct ProfileChanges {
    /// The first name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_name: Option<Change<Personal<String>>>,
    /// The last name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_name: Option<Change<Personal<String>>>,
}

impl HoldsPersonal for ProfileChanges {}

/// The preferences that changed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct PreferenceChanges {
    /// The agent that answers where the person names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selected_agent_id: Option<Change<Option<AgentId>>>,
}

/// What a field was, and what it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct Change<T> {
    /// Before.
    pub from: T,
    /// Since then.
    pub to: T,
}

impl<T: PartialEq> Change<T> {
    /// The change, if it is one.
    pub fn between(from: T, to: T) -> Option<Self> {
        (from != to).then_some(Self { from, to })
    }
}
