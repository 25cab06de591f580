//! The kinds of things that people are told.

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What kind of thing a notification tells.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum NotificationType {
    /// Somebody asks the reader to join a workspace.
    WorkspaceInvitation,
    /// Somebody whom the reader invited does not want to join.
    WorkspaceInvitationDeclined,
    /// Somebody joined a workspace of the reader.
    WorkspaceMemberJoined,
    /// Somebody left a workspace of the reader.
    WorkspaceMemberLeft,
    /// The reader was removed from a workspace.
    WorkspaceMemberRemoved,
    /// The reader has another role in a workspace.
    WorkspaceRoleChanged,
    /// Nobody answered an invitation of the reader in time.
    WorkspaceInvitationExpired,
    /// Somebody else took an invitation of the reader back.
    WorkspaceInvitationRevoked,
    /// A workspace of the reader was put away.
    WorkspaceArchived,
    /// A workspace of the reader that was put away is in use again.
    WorkspaceRestored,
    /// A workspace that the reader managed is gone.
    WorkspaceDeleted,
    /// Somebody began a project in a workspace of the reader.
    ProjectCreated,
    /// Somebody changed one.
    ProjectUpdated,
    /// Somebody put one away.
    ProjectArchived,
    /// Somebody took one out again.
    ProjectRestored,
    /// Somebody deleted one.
    ProjectDeleted,
    /// Somebody created a document that the reader may see.
    DocumentCreated,
    /// Somebody gave one another title.
    DocumentUpdated,
    /// One is gone for good.
    DocumentDeleted,
}

impl NotificationType {
    /// Every type.
    pub const ALL: [Self; 19] = [
        Self::WorkspaceInvitation,
        Self::WorkspaceInvitationDeclined,
        Self::WorkspaceMemberJoined,
        Self::WorkspaceMemberLeft,
        Self::WorkspaceMemberRemoved,
        Self::WorkspaceRoleChanged,
        Self::WorkspaceInvitationExpired,
        Self::WorkspaceInvitationRevoked,
        Self::WorkspaceArchived,
        Self::WorkspaceRestored,
        Self::WorkspaceDeleted,
        Self::ProjectCreated,
        Self::ProjectUpdated,
        Self::ProjectArchived,
        Self::ProjectRestored,
        Self::ProjectDeleted,
        Self::DocumentCreated,
        Self::DocumentUpdated,
        Self::DocumentDeleted,
    ];

    /// The stable word, e.g. `workspace_invitation`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WorkspaceInvitation => "workspace_invitation",
            Self::WorkspaceInvitationDeclined => "workspace_invitation_declined",
            Self::WorkspaceMemberJoined => "workspace_member_joined",
            Self::WorkspaceMemberLeft => "workspace_member_left",
            Self::WorkspaceMemberRemoved => "workspace_member_removed",
            Self::WorkspaceRoleChanged => "workspace_role_changed",
            Self::WorkspaceInvitationExpired => "workspace_invitation_expired",
            Self::WorkspaceInvitationRevoked => "workspace_invitation_revoked",
            Self::WorkspaceArchived => "workspace_archived",
            Self::WorkspaceRestored => "workspace_restored",
            Self::WorkspaceDeleted => "workspace_deleted",
            Self::ProjectCreated => "project_created",
            Self::ProjectUpdated => "project_updated",
            Self::ProjectArchived => "project_archived",
            Self::ProjectRestored => "project_restored",
            Self::ProjectDeleted => "project_deleted",
            Self::DocumentCreated => "document_created",
            Self::DocumentUpdated => "document_updated",
            Self::DocumentDeleted => "document_deleted",
        }
    }

    /// Whether it stays with somebody who lost the workspace: only that they did, or that everybody did.
    pub(crate) const fn outlives_access(self) -> bool {
        matches!(self, Self::WorkspaceMemberRemoved | Self::WorkspaceDeleted)
    }
}

impl fmt::Display for NotificationType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text is not the type of a notification.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a type of notifications")]
pub struct UnknownNotificationType(String);

impl FromStr for NotificationType {
    type Err = UnknownNotificationType;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| UnknownNotificationType(text.chars().take(64).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_one_word_everywhere() {
        for kind in NotificationType::ALL {
            assert_eq!(kind.to_string().parse(), Ok(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
        assert!("task_completed".parse::<NotificationType>().is_err());
    }
}
