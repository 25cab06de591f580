//! What this context tells the others.

use perme8_events::{DomainEvent, Personal, UserId, WorkspaceId, catalogue};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::{
    account_events::{
        EmailChangeRequested, EmailChanged, PasswordChanged, PasswordResetRequested,
        PreferencesChanged, ProfileUpdated, UserDeleted, UserReauthenticated,
    },
    api_key_events::{ApiKeyCreated, ApiKeyRevoked, ApiKeyRotated, ApiKeyUpdated},
    references::{InvitationId, SessionId},
    role::Role,
    workspace_events::{
        OwnershipTransferred, WorkspaceArchived, WorkspaceDeleted, WorkspaceRestored,
        WorkspaceUpdated,
    },
};

catalogue! {
    /// Every event of identity.
    pub EVENTS:
    UserRegistered, UserConfirmed, MagicLinkRequested, UserLoggedIn, UserLoggedOut,
    UserReauthenticated, ProfileUpdated, PasswordChanged, PasswordResetRequested,
    EmailChangeRequested, EmailChanged, PreferencesChanged, UserDeleted,
    ApiKeyCreated, ApiKeyUpdated, ApiKeyRotated, ApiKeyRevoked,
    WorkspaceCreated, WorkspaceUpdated, WorkspaceArchived, WorkspaceRestored, WorkspaceDeleted,
    MemberInvited, MemberJoined, MemberRoleChanged, OwnershipTransferred, MemberRemoved, MemberLeft,
    InvitationCreated, InvitationResent, InvitationUnannounced, InvitationDeclined,
    InvitationRevoked, InvitationExpired,
}

/// Emitted when somebody makes an account, whose e-mail address nobody has confirmed yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "user", audience(user = "user_id"))]
pub struct UserRegistered {
    /// The new person.
    #[event(aggregate_id)]
    pub user_id: UserId,
    /// The address, in lower case.
    #[event(personal = "user_id")]
    pub email: Personal<String>,
    /// The first name.
    #[event(personal = "user_id")]
    pub first_name: Personal<String>,
    /// The last name.
    #[event(personal = "user_id")]
    pub last_name: Personal<String>,
}

/// Emitted when somebody proves to own the e-mail address of the account; once per person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "user", audience(user = "user_id"))]
pub struct UserConfirmed {
    /// Who.
    #[event(aggregate_id)]
    pub user_id: UserId,
    /// The address, in lower case.
    #[event(personal = "user_id")]
    pub email: Personal<String>,
}

/// Emitted when somebody wants a link by mail that logs in, and confirms the address if nobody has yet.
///
/// It may be anybody who knows the address; the link goes to whoever reads the mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "user", audience(user = "user_id"))]
pub struct MagicLinkRequested {
    /// Whose account.
    #[event(aggregate_id)]
    pub user_id: UserId,
}

/// Emitted when somebody logs in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "user", audience(user = "user_id"))]
pub struct UserLoggedIn {
    /// Who.
    #[event(aggregate_id)]
    pub user_id: UserId,
    /// The session that began.
    pub session_id: SessionId,
    /// By which proof.
    pub method: LogInMethod,
}

/// By which proof somebody logged in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum LogInMethod {
    /// The password.
    Password,
    /// A link that was sent to the e-mail address.
    MagicLink,
}

/// Emitted when somebody ends a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "user", audience(user = "user_id"))]
pub struct UserLoggedOut {
    /// Who.
    #[event(aggregate_id)]
    pub user_id: UserId,
    /// The session that ended.
    pub session_id: SessionId,
}

/// Emitted when somebody creates a workspace, and is its owner from then on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "workspace", audience(workspace))]
pub struct WorkspaceCreated {
    /// The new workspace.
    #[event(aggregate_id, workspace_id)]
    pub workspace_id: WorkspaceId,
    /// What it is called.
    pub name: String,
    /// What it is called in addresses.
    pub slug: String,
    /// Its first member.
    pub owner_id: UserId,
}

/// Emitted when somebody with a confirmed account is asked to join a workspace; once per invitation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(
    aggregate = "workspace_member",
    id = "{workspace_id}:{user_id}",
    audience(managers, user = "user_id")
)]
pub struct MemberInvited {
    /// Who is asked.
    pub user_id: UserId,
    /// To join what.
    #[event(workspace_id)]
    pub workspace_id: WorkspaceId,
    /// What it is called.
    pub workspace_name: String,
    /// Who asks.
    pub invited_by: Option<UserId>,
    /// What that person is called.
    #[event(personal = "invited_by")]
    pub invited_by_name: Personal<String>,
    /// As what.
    pub role: Role,
    /// By which invitation.
    pub invitation_id: InvitationId,
}

/// Emitted when somebody joins a workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(
    aggregate = "workspace_member",
    id = "{workspace_id}:{user_id}",
    audience(workspace, user = "user_id")
)]
pub struct MemberJoined {
    /// What was joined.
    #[event(workspace_id)]
    pub workspace_id: WorkspaceId,
    /// Who.
    pub user_id: UserId,
    /// As what.
    pub role: Role,
    /// The invitation that was accepted, if it took one.
    pub invitation_id: Option<InvitationId>,
}

/// Emitted when a member may do more, or less, than before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "workspace_member", id = "{workspace_id}:{user_id}", audience(workspace))]
pub struct MemberRoleChanged {
    /// Where.
    #[event(workspace_id)]
    pub workspace_id: WorkspaceId,
    /// Whose role.
    pub user_id: UserId,
    /// What it was.
    pub from: Role,
    /// What it is.
    pub to: Role,
}

/// Emitted when a manager removes a member from a workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(
    aggregate = "workspace_member",
    id = "{workspace_id}:{user_id}",
    audience(workspace, user = "user_id")
)]
pub struct MemberRemoved {
    /// From where.
    #[event(workspace_id)]
    pub workspace_id: WorkspaceId,
    /// Who.
    pub user_id: UserId,
}

/// Emitted when somebody leaves a workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(
    aggregate = "workspace_member",
    id = "{workspace_id}:{user_id}",
    audience(workspace, user = "user_id")
)]
pub struct MemberLeft {
    /// What was left.
    #[event(workspace_id)]
    pub workspace_id: WorkspaceId,
    /// Who.
    pub user_id: UserId,
}

/// Emitted when an e-mail address is invited into a workspace, whether or not anybody has an account with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "workspace_invitation", audience(managers))]
pub struct InvitationCreated {
    /// The new invitation.
    #[event(aggregate_id)]
    pub invitation_id: InvitationId,
    /// Into what.
    #[event(workspace_id)]
    pub workspace_id: WorkspaceId,
    /// What it is called.
    pub workspace_name: String,
    /// Who is invited, in lower case.
    #[event(personal = "user_id")]
    pub email: Personal<String>,
    /// As what.
    pub role: Role,
    /// Who invites.
    pub invited_by: Option<UserId>,
    /// What that person is called.
    #[event(personal = "invited_by")]
    pub invited_by_name: Personal<String>,
    /// To whom [`MemberInvited`] announces it at the same time, if to anybody.
    pub user_id: Option<UserId>,
}

/// Emitted when an invitation is sent once more, and runs anew from then on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "workspace_invitation", audience(managers))]
pub struct InvitationResent {
    /// The invitation.
    #[event(aggregate_id)]
    pub invitation_id: InvitationId,
    /// Into what.
    #[event(workspace_id)]
    pub workspace_id: WorkspaceId,
    /// What it is called.
    pub workspace_name: String,
    /// Who is invited, in lower case.
    #[event(personal = "user_id")]
    pub email: Personal<String>,
    /// As what.
    pub role: Role,
    /// Who invited in the first place.
    pub invited_by: Option<UserId>,
    /// What that person is called.
    #[event(personal = "invited_by")]
    pub invited_by_name: Personal<String>,
    /// To whom [`MemberInvited`] announced it, if to anybody.
    pub user_id: Option<UserId>,
}

/// Emitted when whoever an invitation was announced to has left the address that is invited; it waits for whoever has that
/// address next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "workspace_invitation", audience(user = "user_id"))]
pub struct InvitationUnannounced {
    /// The invitation.
    #[event(aggregate_id)]
    pub invitation_id: InvitationId,
    /// Into what.
    #[event(workspace_id)]
    pub workspace_id: WorkspaceId,
    /// Whose it is no longer.
    pub user_id: UserId,
}

/// Emitted when somebody does not want to join.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "workspace_invitation", audience(managers, user = "user_id"))]
pub struct InvitationDeclined {
    /// The invitation.
    #[event(aggregate_id)]
    pub invitation_id: InvitationId,
    /// Into what.
    #[event(workspace_id)]
    pub workspace_id: WorkspaceId,
    /// Who declined.
    pub user_id: Option<UserId>,
}

/// Emitted when a manager takes an invitation back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "workspace_invitation", audience(managers, user = "user_id"))]
pub struct InvitationRevoked {
    /// The invitation.
    #[event(aggregate_id)]
    pub invitation_id: InvitationId,
    /// Into what.
    #[event(workspace_id)]
    pub workspace_id: WorkspaceId,
    /// To whom it was announced, if to anybody.
    pub user_id: Option<UserId>,
}

/// Emitted when an invitation was not answered in time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "workspace_invitation", audience(managers, user = "user_id"))]
pub struct InvitationExpired {
    /// The invitation.
    #[event(aggregate_id)]
    pub invitation_id: InvitationId,
    /// Into what.
    #[event(workspace_id)]
    pub workspace_id: WorkspaceId,
    /// To whom it was announced, if to anybody.
    pub user_id: Option<UserId>,
}
