//! People and workspaces, as other contexts are told of them.

use perme8_events::{UserId, WorkspaceId};

use crate::domain::discreet::discreet;

/// A workspace, for other contexts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkspaceEntry {
    /// Which.
    pub id: WorkspaceId,
    /// What it is called.
    pub name: String,
    /// What it is called in addresses.
    pub slug: String,
    /// Whether it is put away.
    pub archived: bool,
}

/// A person, for other contexts.
#[derive(Clone, PartialEq, Eq)]
pub struct UserEntry {
    /// Who.
    pub id: UserId,
    /// First and last name.
    pub name: String,
    /// The e-mail address, in lower case.
    pub email: String,
    /// Whether the address is proven to be theirs.
    pub confirmed: bool,
}

/// An invitation, for other contexts; also when it is over.
#[derive(Clone, PartialEq, Eq)]
pub struct InvitationEntry {
    /// Who invited.
    pub invited_by: UserId,
    /// Which address, in lower case, as that person knows it.
    pub email: String,
}

/// Somebody in a workspace, for other contexts.
#[derive(Clone, PartialEq, Eq)]
pub struct MemberEntry {
    /// Where.
    pub workspace_id: WorkspaceId,
    /// Who.
    pub user_id: UserId,
    /// First and last name.
    pub name: String,
}

discreet! {
    UserEntry { id, confirmed }
    MemberEntry { workspace_id, user_id }
    InvitationEntry { invited_by }
}
