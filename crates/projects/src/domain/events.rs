//! What happens to projects.

use identity::Change;
use perme8_events::{DomainEvent, UserId, WorkspaceId, catalogue};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::references::ProjectId;

catalogue! {
    /// Every event of projects.
    pub EVENTS:
    ProjectCreated, ProjectUpdated, ProjectArchived, ProjectRestored, ProjectDeleted,
}

/// Emitted when somebody begins a project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "project", audience(workspace))]
pub struct ProjectCreated {
    /// The new project.
    #[event(aggregate_id)]
    pub project_id: ProjectId,
    /// Where.
    #[event(workspace_id)]
    pub workspace_id: WorkspaceId,
    /// Whose it is.
    pub user_id: UserId,
    /// What it is called.
    pub name: String,
    /// What it is called in addresses, for good.
    pub slug: String,
}

/// Emitted when somebody changes what a project is called, what it is for or its colour, and when it becomes somebody else's
/// because the account of its owner is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "project", audience(workspace))]
pub struct ProjectUpdated {
    /// Which project.
    #[event(aggregate_id)]
    pub project_id: ProjectId,
    /// Where.
    #[event(workspace_id)]
    pub workspace_id: WorkspaceId,
    /// Whose it is since then.
    pub user_id: UserId,
    /// What it is called since then.
    pub name: String,
    /// What is different.
    pub changes: ProjectChanges,
}

/// The fields of a project that changed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct ProjectChanges {
    /// What it is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Change<String>>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Change<Option<String>>>,
    /// Its colour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub color: Option<Change<Option<String>>>,
    /// Whose it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<Change<UserId>>,
}

/// Emitted when a project is put away: it can be looked at, and is not changed until it is restored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "project", audience(workspace))]
pub struct ProjectArchived {
    /// Which project.
    #[event(aggregate_id)]
    pub project_id: ProjectId,
    /// Where.
    #[event(workspace_id)]
    pub workspace_id: WorkspaceId,
    /// Whose it is.
    pub user_id: UserId,
    /// What it is called.
    pub name: String,
}

/// Emitted when a project that was put away is in use again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "project", audience(workspace))]
pub struct ProjectRestored {
    /// Which project.
    #[event(aggregate_id)]
    pub project_id: ProjectId,
    /// Where.
    #[event(workspace_id)]
    pub workspace_id: WorkspaceId,
    /// Whose it is.
    pub user_id: UserId,
    /// What it is called.
    pub name: String,
}

/// Emitted when somebody deletes a project for good; what was in it is in the workspace from then on.
///
/// Of those that go with their workspace no event tells one by one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "project", audience(workspace))]
pub struct ProjectDeleted {
    /// Which project.
    #[event(aggregate_id)]
    pub project_id: ProjectId,
    /// Where it was.
    #[event(workspace_id)]
    pub workspace_id: WorkspaceId,
    /// Whose it was.
    pub user_id: UserId,
    /// What it was called.
    pub name: String,
}
