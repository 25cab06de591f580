//! How callers name things, and the ids of this context.

use std::fmt;

use perme8_events::{Id, UserId, WorkspaceId};

use crate::domain::slug::Slug;

/// Marks the ids of invitations.
#[derive(Debug)]
pub enum WorkspaceInvitation {}

/// Marks the ids of sessions.
#[derive(Debug)]
pub enum UserSession {}

/// Marks the ids of API keys.
#[derive(Debug)]
pub enum UserApiKey {}
/// Marks the ids of agents, which are kept by another context: here they are remembered at most.
#[derive(Debug)]
pub enum Agent {}

/// Identifies an invitation into a workspace.
pub type InvitationId = Id<WorkspaceInvitation>;

/// Identifies the session of a person who is logged in.
pub type SessionId = Id<UserSession>;

/// Identifies the API key of a person.
pub type ApiKeyId = Id<UserApiKey>;
/// Identifies an agent. Whether there is such a one is for the context of the agents to know.
pub type AgentId = Id<Agent>;

/// Names a workspace by its id or by its slug.
#[derive(Clone, PartialEq, Eq)]
pub enum WorkspaceRef {
    /// By its id.
    Id(WorkspaceId),
    /// By its slug, as it stands in addresses.
    Slug(String),
}

/// What is no slug is free text of whoever asks, and is not shown.
impl fmt::Debug for WorkspaceRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => write!(f, "Id({id})"),
            Self::Slug(text) => match Slug::parse(text) {
                Some(slug) => write!(f, "Slug({slug})"),
                None => f.write_str("Slug(..)"),
            },
        }
    }
}

impl From<WorkspaceId> for WorkspaceRef {
    fn from(id: WorkspaceId) -> Self {
        Self::Id(id)
    }
}

impl From<String> for WorkspaceRef {
    fn from(slug: String) -> Self {
        Self::Slug(slug)
    }
}

impl From<&str> for WorkspaceRef {
    fn from(slug: &str) -> Self {
        Self::Slug(slug.to_owned())
    }
}

/// Names a member of a workspace by id or by the person's present e-mail address.
#[derive(Clone, PartialEq, Eq)]
pub enum MemberRef {
    /// By the id of the person.
    User(UserId),
    /// By the e-mail address, in any letter case.
    Email(String),
}

impl fmt::Debug for MemberRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(f, "User({id})"),
            Self::Email(_) => f.write_str("Email(..)"),
        }
    }
}

impl From<UserId> for MemberRef {
    fn from(id: UserId) -> Self {
        Self::User(id)
    }
}

/// What parses as an id is one; everything else is taken for an address.
impl From<&str> for MemberRef {
    fn from(text: &str) -> Self {
        text.parse().map_or_else(|_| Self::Email(text.to_owned()), Self::User)
    }
}

impl From<String> for MemberRef {
    fn from(text: String) -> Self {
        text.parse().map_or(Self::Email(text), Self::User)
    }
}

/// Names an invitation of the person who answers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InvitationRef {
    /// By its id.
    Id(InvitationId),
    /// By the workspace: nobody has two pending invitations into one.
    Workspace(WorkspaceRef),
}

impl From<InvitationId> for InvitationRef {
    fn from(id: InvitationId) -> Self {
        Self::Id(id)
    }
}

impl From<WorkspaceRef> for InvitationRef {
    fn from(workspace: WorkspaceRef) -> Self {
        Self::Workspace(workspace)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_show_ids_and_slugs_and_no_free_text() {
        let id = "0199a1b2-0000-7000-8000-000000000001";
        let workspace = WorkspaceRef::Id(id.parse().unwrap());
        assert_eq!(format!("{workspace:?}"), format!("Id({id})"));
        assert_eq!(format!("{:?}", WorkspaceRef::from("engines")), "Slug(engines)");
        for text in ["ada@example.com", "a b", "", "a".repeat(200).as_str()] {
            let workspace = WorkspaceRef::from(text);
            assert_eq!(format!("{workspace:?}"), "Slug(..)");
            let invitation = InvitationRef::from(workspace);
            assert_eq!(format!("{invitation:?}"), "Workspace(Slug(..))");
        }
    }

    #[test]
    fn a_member_is_named_by_id_or_address() {
        let id: UserId = "0199a1b2-0000-7000-8000-000000000001".parse().unwrap();
        assert_eq!(MemberRef::from(id.to_string()), MemberRef::User(id));
        assert_eq!(MemberRef::from(id.to_string().as_str()), MemberRef::User(id));
        let email = MemberRef::from("ada@example.com");
        assert_eq!(email, MemberRef::Email("ada@example.com".to_owned()));
        assert_eq!(format!("{email:?}"), "Email(..)");
    }
}
