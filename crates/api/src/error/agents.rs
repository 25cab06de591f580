//! Failures of the agents context.

use agents::{
    AddAgentToWorkspaceError, CloneAgentError, CreateAgentError, DeleteAgentError, QueryError,
    RemoveAgentFromWorkspaceError, SyncAgentWorkspacesError, UpdateAgentError,
};
use axum::http::StatusCode;

use super::{ApiError, identity::WORKSPACE_ARCHIVED};

const TOO_MANY_AGENTS: ApiError = ApiError::new(
    StatusCode::UNPROCESSABLE_ENTITY,
    "too_many_agents",
    "Nobody has more than 200 agents: delete one first",
);

const WORKSPACE_FULL: ApiError = ApiError::new(
    StatusCode::UNPROCESSABLE_ENTITY,
    "workspace_full",
    "No workspace has more than 500 agents: take one out first",
);

impl From<QueryError> for ApiError {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::Forbidden => Self::forbidden(),
            QueryError::WorkspaceNotFound => Self::workspace_not_found(),
            QueryError::AgentNotFound => Self::agent_not_found(),
            QueryError::Storage(error) => error.into(),
        }
    }
}

impl From<CreateAgentError> for ApiError {
    fn from(error: CreateAgentError) -> Self {
        match error {
            CreateAgentError::Forbidden => Self::forbidden(),
            CreateAgentError::TooMany => TOO_MANY_AGENTS,
            CreateAgentError::Invalid(fields) => fields.into(),
            CreateAgentError::Storage(error) => error.into(),
        }
    }
}

impl From<UpdateAgentError> for ApiError {
    fn from(error: UpdateAgentError) -> Self {
        match error {
            UpdateAgentError::Forbidden => Self::forbidden(),
            UpdateAgentError::AgentNotFound => Self::agent_not_found(),
            UpdateAgentError::OtherVersion => Self::version_conflict(),
            UpdateAgentError::Invalid(fields) => fields.into(),
            UpdateAgentError::Storage(error) => error.into(),
        }
    }
}

impl From<DeleteAgentError> for ApiError {
    fn from(error: DeleteAgentError) -> Self {
        match error {
            DeleteAgentError::Forbidden => Self::forbidden(),
            DeleteAgentError::AgentNotFound => Self::agent_not_found(),
            DeleteAgentError::OtherVersion => Self::version_conflict(),
            DeleteAgentError::Storage(error) => error.into(),
        }
    }
}

impl ApiError {
    /// The same answer to an agent that does not exist and to one that is not shared with the caller.
    pub(crate) fn agent_not_usable() -> Self {
        Self::invalid_field("selected_agent_id", "must be an agent that you may use")
    }
}

impl From<CloneAgentError> for ApiError {
    fn from(error: CloneAgentError) -> Self {
        match error {
            CloneAgentError::Forbidden => Self::forbidden(),
            CloneAgentError::WorkspaceNotFound => Self::workspace_not_found(),
            CloneAgentError::AgentNotFound => Self::agent_not_found(),
            CloneAgentError::TooMany => TOO_MANY_AGENTS,
            CloneAgentError::Storage(error) => error.into(),
        }
    }
}

impl From<SyncAgentWorkspacesError> for ApiError {
    fn from(error: SyncAgentWorkspacesError) -> Self {
        match error {
            SyncAgentWorkspacesError::Forbidden => Self::forbidden(),
            SyncAgentWorkspacesError::AgentNotFound => Self::agent_not_found(),
            SyncAgentWorkspacesError::TooMany => {
                Self::invalid_field("workspaces", "should have at most 200 item(s)")
            }
            SyncAgentWorkspacesError::Storage(error) => error.into(),
        }
    }
}

impl From<AddAgentToWorkspaceError> for ApiError {
    fn from(error: AddAgentToWorkspaceError) -> Self {
        match error {
            AddAgentToWorkspaceError::Forbidden => Self::forbidden(),
            AddAgentToWorkspaceError::WorkspaceNotFound => Self::workspace_not_found(),
            AddAgentToWorkspaceError::AgentNotFound => Self::agent_not_found(),
            AddAgentToWorkspaceError::WorkspaceArchived => WORKSPACE_ARCHIVED,
            AddAgentToWorkspaceError::WorkspaceFull => WORKSPACE_FULL,
            AddAgentToWorkspaceError::Storage(error) => error.into(),
        }
    }
}

impl From<RemoveAgentFromWorkspaceError> for ApiError {
    fn from(error: RemoveAgentFromWorkspaceError) -> Self {
        match error {
            RemoveAgentFromWorkspaceError::Forbidden => Self::forbidden(),
            RemoveAgentFromWorkspaceError::WorkspaceNotFound => Self::workspace_not_found(),
            RemoveAgentFromWorkspaceError::AgentNotFound => Self::agent_not_found(),
            RemoveAgentFromWorkspaceError::Storage(error) => error.into(),
        }
    }
}
