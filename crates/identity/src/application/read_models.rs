//! What callers get to see.

use chrono::{DateTime, Utc};
use perme8_events::{StorageError, UserId, WorkspaceId};
use schemars::JsonSchema;
use serde::Serialize;

use crate::application::key_read_models::ApiKeySummary;
use crate::domain::{
    discreet::discreet,
    invitation::Invitation,
    member::Member,
    policy::Denied,
    references::{AgentId, InvitationId, SessionId},
    role::Role,
    secret::Secret,
    user::User,
    workspace::Workspace,
};

/// Why a question was not answered.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// Nobody asks, or somebody who may not know.
    #[error("this is not for the one who asks")]
    Forbidden,
    /// There is no such thing, or none that the one who asks may know of.
    #[error("there is no such thing")]
    NotFound,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl From<Denied> for QueryError {
    fn from(_: Denied) -> Self {
        Self::Forbidden
    }
}

/// A person, for that person.
#[derive(Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct UserProfile {
    /// Who.
    pub id: UserId,
    /// The e-mail address, in lower case.
    pub email: String,
    /// The first name.
    pub first_name: String,
    /// The last name.
    pub last_name: String,
    /// Whether there is a password to log in with.
    pub has_password: bool,
    /// Since when the address is proven to be theirs.
    pub confirmed_at: Option<DateTime<Utc>>,
    /// Since when the account exists.
    pub registered_at: DateTime<Utc>,
}

discreet! { UserProfile { id, has_password, confirmed_at, registered_at } }

impl From<&User> for UserProfile {
    fn from(user: &User) -> Self {
        let User {
            id,
            email,
            first_name,
            last_name,
            password_hash,
            registered_at,
            confirmed_at,
            is_gone: _,
            version: _,
        } = user;
        Self {
            id: *id,
            email: email.to_string(),
            first_name: first_name.clone(),
            last_name: last_name.clone(),
            has_password: password_hash.is_some(),
            confirmed_at: *confirmed_at,
            registered_at: *registered_at,
        }
    }
}

/// Somebody has just logged in.
#[derive(Debug, Clone)]
pub struct LoggedIn {
    /// Who.
    pub user: UserProfile,
    /// The session that began.
    pub session_id: SessionId,
    /// Proves the session; shown this once, and stored nowhere.
    pub token: Secret,
    /// When the session ends.
    pub expires_at: DateTime<Utc>,
}

/// Somebody is logged in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Authenticated {
    /// Who.
    pub user: UserProfile,
    /// By which session.
    pub session_id: SessionId,
    /// When the person last proved who they are.
    pub authenticated_at: DateTime<Utc>,
    /// When the session ends.
    pub expires_at: DateTime<Utc>,
}

/// A session of a person, for that person.
#[derive(Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SessionSummary {
    /// Which.
    pub id: SessionId,
    /// Since when.
    pub began_at: DateTime<Utc>,
    /// When the person last proved in it who they are.
    pub authenticated_at: DateTime<Utc>,
    /// When it was last used, to within five minutes.
    pub last_used_at: DateTime<Utc>,
    /// When it ends.
    pub expires_at: DateTime<Utc>,
    /// The network address that it began from.
    pub address: Option<String>,
    /// The program that it began with.
    pub user_agent: Option<String>,
}

discreet! { SessionSummary { id, began_at, authenticated_at, last_used_at, expires_at } }

/// A ticket that was just made, for the person who asked for it.
#[derive(Debug, Clone)]
pub struct IssuedTicket {
    /// What to present; shown here and never again.
    pub ticket: Secret,
    /// When it is worthless, used or not.
    pub expires_at: DateTime<Utc>,
}

/// A workspace, for one of its members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WorkspaceDetails {
    /// Which.
    pub id: WorkspaceId,
    /// What it is called.
    pub name: String,
    /// What it is called in addresses.
    pub slug: String,
    /// What it is for.
    pub description: Option<String>,
    /// Its colour, as `#rrggbb`.
    pub color: Option<String>,
    /// What the one who asks is in it.
    pub role: Role,
    /// Since when it is put away.
    pub archived_at: Option<DateTime<Utc>>,
    /// Since when it exists.
    pub created_at: DateTime<Utc>,
    /// Rises with every change.
    pub version: i64,
}

impl WorkspaceDetails {
    pub(crate) fn of(workspace: Workspace, role: Role) -> Self {
        let Workspace {
            id,
            name,
            slug,
            description,
            color,
            created_at,
            archived_at,
            is_gone: _,
            version,
        } = workspace;
        let slug = slug.to_string();
        Self { id, name, slug, description, color, role, archived_at, created_at, version }
    }
}

/// What a person prefers in a workspace, for that person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WorkspacePreferences {
    /// The agent that answers where the person names none.
    pub selected_agent_id: Option<AgentId>,
}

/// The agent that a person has selected in a workspace, for that person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SelectedAgent {
    /// Where.
    pub workspace_id: WorkspaceId,
    /// What the workspace is called in addresses.
    pub workspace_slug: String,
    /// Which.
    pub agent_id: AgentId,
}

/// Which workspaces of their own somebody wants to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListWorkspaces {
    /// Those that are put away in place of those that are in use.
    pub archived: bool,
}

/// Which members somebody wants to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListMembers {
    /// Words that occur in name or address, in any letter case; everybody without any.
    pub search: Option<String>,
    /// At most so many; 1 to 100.
    pub limit: u8,
    /// Behind which of them, as the page before said.
    pub after: Option<MemberPlace>,
}

/// The place of a member among the members of a workspace, oldest first; also when that member is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct MemberPlace {
    /// Since when.
    pub joined_at: DateTime<Utc>,
    /// Who.
    pub user_id: UserId,
}

/// Some members of a workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MembersPage {
    /// The members, oldest first.
    pub members: Vec<MemberSummary>,
    /// Behind which place there are more, if there are.
    pub next: Option<MemberPlace>,
}

/// Everything that this context holds of a person, for that person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccountExport {
    /// What the account says of them.
    pub profile: UserProfile,
    /// Where they are logged in.
    pub sessions: Vec<SessionSummary>,
    /// Their API keys, good ones and others.
    pub api_keys: Vec<ApiKeySummary>,
    /// The workspaces that they belong to, archived or not.
    pub workspaces: Vec<WorkspaceDetails>,
    /// The agents that they have selected.
    pub selected_agents: Vec<SelectedAgent>,
    /// The invitations to their address that are open.
    pub invitations_received: Vec<ExportedInvitation>,
    /// The invitations that they made, whatever became of them.
    pub invitations_sent: Vec<ExportedInvitation>,
}

/// An invitation, for one of the two that it concerns.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct ExportedInvitation {
    /// Which.
    pub id: InvitationId,
    /// Into what.
    pub workspace_id: WorkspaceId,
    /// What it is called today, to those who may know: members, and whoever is invited.
    pub workspace_name: Option<String>,
    /// Who is invited, in lower case.
    pub email: String,
    /// As what.
    pub role: Role,
    /// What became of it.
    pub status: String,
    /// Since when.
    pub created_at: DateTime<Utc>,
    /// When it was last sent.
    pub sent_at: DateTime<Utc>,
    /// Until when it can be answered.
    pub expires_at: DateTime<Utc>,
}

discreet! { ExportedInvitation { id, workspace_id, role, status, created_at, sent_at, expires_at } }

/// A workspace that keeps its owner from giving up the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OwnedWorkspace {
    /// Which.
    pub id: WorkspaceId,
    /// What it is called.
    pub name: String,
    /// What it is called in addresses.
    pub slug: String,
}

/// A member, for the other members.
#[derive(Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct MemberSummary {
    /// Who.
    pub user_id: UserId,
    /// The e-mail address, in lower case.
    pub email: String,
    /// The first name.
    pub first_name: String,
    /// The last name.
    pub last_name: String,
    /// As what.
    pub role: Role,
    /// Since when.
    pub joined_at: DateTime<Utc>,
}

discreet! { MemberSummary { user_id, role, joined_at } }

impl MemberSummary {
    pub(crate) fn place(&self) -> MemberPlace {
        MemberPlace { joined_at: self.joined_at, user_id: self.user_id }
    }

    pub(crate) fn of(member: &Member, user: &User) -> Self {
        Self {
            user_id: user.id,
            email: user.email.to_string(),
            first_name: user.first_name.clone(),
            last_name: user.last_name.clone(),
            role: member.role,
            joined_at: member.joined_at,
        }
    }
}

/// An invitation that waits for an answer, for managers and for the invitee.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct InvitationSummary {
    /// Which.
    pub id: InvitationId,
    /// Into what.
    pub workspace_id: WorkspaceId,
    /// What it is called.
    pub workspace_name: String,
    /// What it is called in addresses.
    pub workspace_slug: String,
    /// Who is invited, in lower case.
    pub email: String,
    /// As what.
    pub role: Role,
    /// Who invited.
    pub invited_by: UserId,
    /// What that person is called.
    pub invited_by_name: String,
    /// Since when.
    pub created_at: DateTime<Utc>,
    /// When it was last sent.
    pub sent_at: DateTime<Utc>,
    /// Until when it can be answered.
    pub expires_at: DateTime<Utc>,
}

discreet! { InvitationSummary { id, workspace_id, role, invited_by, created_at, sent_at, expires_at } }

impl InvitationSummary {
    pub(crate) fn of(invitation: &Invitation, workspace: &Workspace, inviter: &User) -> Self {
        Self {
            id: invitation.id,
            workspace_id: workspace.id,
            workspace_name: workspace.name.clone(),
            workspace_slug: workspace.slug.to_string(),
            email: invitation.email.to_string(),
            role: invitation.role,
            invited_by: inviter.id,
            invited_by_name: inviter.full_name(),
            created_at: invitation.created_at,
            sent_at: invitation.sent_at,
            expires_at: invitation.expires_at,
        }
    }
}

/// An invitation that can be accepted, for whoever follows the link of its mail.
#[derive(Clone, PartialEq, Eq)]
pub struct InvitationOffer {
    /// Which.
    pub id: InvitationId,
    /// What the workspace is called.
    pub workspace_name: String,
    /// Who invited.
    pub invited_by_name: String,
    /// Who is invited, in lower case.
    pub email: String,
    /// As what.
    pub role: Role,
    /// Whether there is a confirmed account with that address, so that logging in is enough.
    pub has_account: bool,
}

discreet! { InvitationOffer { id, role, has_account } }
