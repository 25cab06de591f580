//! What happens to a workspace once it is there.

use perme8_events::{DomainEvent, UserId, WorkspaceId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::{account_events::Change, role::Role};

/// Emitted when somebody changes what a workspace is called, what it is for or its colour.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "workspace", audience(workspace))]
pub struct WorkspaceUpdated {
    /// Which workspace.
    #[event(aggregate_id, workspace_id)]
    pub workspace_id: WorkspaceId,
    /// What it is called since then.
    pub name: String,
    /// What is different.
    pub changes: WorkspaceChanges,
}

/// The fields of a workspace that changed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct WorkspaceChanges {
    /// What it is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Change<String>>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Change<Option<String>>>,
    /// Its colour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub color: Option<Change<Option<String>>>,
}

/// Emitted when a workspace is put away: it can be looked at, and little else, until it is restored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "workspace", audience(workspace))]
pub struct WorkspaceArchived {
    /// Which workspace.
    #[event(aggregate_id, workspace_id)]
    pub workspace_id: WorkspaceId,
}

/// Emitted when a workspace that was put away is in use again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "workspace", audience(workspace))]
pub struct WorkspaceRestored {
    /// Which workspace.
    #[event(aggregate_id, workspace_id)]
    pub workspace_id: WorkspaceId,
}

/// Emitted when a workspace is gone for good, with its memberships and invitations: no event tells of them one by one.
///
/// Nobody is a member of it any more, so those who managed it may see the event as the persons they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "workspace", audience(managers, each = "manager_ids"))]
pub struct WorkspaceDeleted {
    /// Which workspace.
    #[event(aggregate_id, workspace_id)]
    pub workspace_id: WorkspaceId,
    /// What it was called.
    pub name: String,
    /// What it was called in addresses.
    pub slug: String,
    /// Who managed it.
    pub manager_ids: Vec<UserId>,
}

/// Emitted when the owner of a workspace makes another member its owner.
///
/// That the former owner is an admin since then is a `MemberRoleChanged` at the same time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "workspace_member", id = "{workspace_id}:{user_id}", audience(workspace))]
pub struct OwnershipTransferred {
    /// Where.
    #[event(workspace_id)]
    pub workspace_id: WorkspaceId,
    /// Who owns it since then.
    pub user_id: UserId,
    /// What that person was.
    pub from: Role,
    /// What that person is: the owner.
    pub to: Role,
}
