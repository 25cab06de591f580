//! Where a notification leads.

use identity::InvitationId;

/// Where a notification leads; whoever shows it knows how such places are addressed there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// The invitation that waits for an answer.
    Invitation(InvitationId),
    /// The invitations into the workspace of this slug.
    Invitations(String),
    /// The members of the workspace of this slug.
    Members(String),
    /// The workspace of this slug.
    Workspace(String),
    /// A project.
    Project {
        /// The slug of its workspace.
        workspace: String,
        /// Its own.
        project: String,
    },
    /// A document.
    Document {
        /// The slug of its workspace.
        workspace: String,
        /// Its own.
        document: String,
    },
}

impl Link {
    /// The stable word for the kind of place: `invitation`, `invitations`, `members`, `workspace`,
    /// `project` or `document`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Invitation(_) => "invitation",
            Self::Invitations(_) => "invitations",
            Self::Members(_) => "members",
            Self::Workspace(_) => "workspace",
            Self::Project { .. } => "project",
            Self::Document { .. } => "document",
        }
    }
}
