//! What callers get to see.

use std::fmt;

use chrono::{DateTime, Utc};
use identity::AgentId;
use perme8_events::{StorageError, UserId, WorkspaceId};
use serde::Serialize;

use crate::domain::{
    agent::Agent, agent::Particulars, temperature::Temperature, visibility::Visibility,
};

/// Why a question was not answered.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// No person asks.
    #[error("only people see agents")]
    Forbidden,
    /// There is no such workspace, or the person who asks is a stranger there.
    #[error("there is no such workspace")]
    WorkspaceNotFound,
    /// There is no such agent, or it is another's.
    #[error("there is no such agent")]
    AgentNotFound,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// An agent, for those who see it.
#[derive(Clone, PartialEq, Eq)]
pub struct AgentDetails {
    /// Which.
    pub id: AgentId,
    /// Whose it is.
    pub owner_id: UserId,
    /// What it is called.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// What it is told before each question.
    pub system_prompt: Option<String>,
    /// Which model answers, unless that is for the host to choose.
    pub model: Option<String>,
    /// How freely it answers.
    pub temperature: Temperature,
    /// Who sees it.
    pub visibility: Visibility,
    /// Whether it answers.
    pub is_enabled: bool,
    /// Since when it exists.
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    pub updated_at: DateTime<Utc>,
    /// Rises with every change.
    pub version: i64,
}

/// What an agent is told, and what for, is shown nowhere.
impl fmt::Debug for AgentDetails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, owner_id, version, .. } = self;
        f.debug_struct("AgentDetails")
            .field("id", id)
            .field("owner_id", owner_id)
            .field("version", version)
            .finish_non_exhaustive()
    }
}

impl From<Agent> for AgentDetails {
    fn from(agent: Agent) -> Self {
        let Agent { id, owner_id, is, created_at, updated_at, placements: _, is_gone: _, version } =
            agent;
        let Particulars {
            name,
            description,
            system_prompt,
            model,
            temperature,
            visibility,
            is_enabled,
        } = is;
        Self {
            id,
            owner_id,
            name,
            description,
            system_prompt,
            model,
            temperature,
            visibility,
            is_enabled,
            created_at,
            updated_at,
            version,
        }
    }
}

/// Which agents of a workspace somebody wants to see.
#[derive(Debug, Clone, Copy, Default)]
pub struct ListWorkspaceAgents {
    /// Those that answer, or those that do not; all of them unless it is said.
    pub is_enabled: Option<bool>,
}

/// The agents of a workspace, as a member sees them; newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkspaceAgents {
    /// Those of whoever asks, shared or not.
    pub own: Vec<AgentDetails>,
    /// Those that others share.
    pub of_others: Vec<SharedAgent>,
}

/// An agent that somebody else shares, in a list: what it is told is not in it.
#[derive(Clone, PartialEq, Eq)]
pub struct SharedAgent {
    /// Which.
    pub id: AgentId,
    /// Whose it is.
    pub owner_id: UserId,
    /// What that person is called.
    pub owner_name: String,
    /// What it is called.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Which model answers, unless that is for the host to choose.
    pub model: Option<String>,
    /// How freely it answers.
    pub temperature: Temperature,
    /// Whether it answers.
    pub is_enabled: bool,
    /// Since when it exists.
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    pub updated_at: DateTime<Utc>,
}

/// What an agent is for, and who owns it, is shown nowhere.
impl fmt::Debug for SharedAgent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedAgent").field("id", &self.id).finish_non_exhaustive()
    }
}

impl SharedAgent {
    /// This agent, whose owner is called so.
    pub(crate) fn of(agent: Agent, owner_name: String) -> Self {
        let Agent { id, owner_id, is, created_at, updated_at, .. } = agent;
        let Particulars { name, description, model, temperature, is_enabled, .. } = is;
        Self {
            id,
            owner_id,
            owner_name,
            name,
            description,
            model,
            temperature,
            is_enabled,
            created_at,
            updated_at,
        }
    }
}

/// A workspace that an agent is in, for its owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentPlace {
    /// Which.
    pub workspace_id: WorkspaceId,
    /// What it is called in addresses.
    pub workspace_slug: String,
}

/// An agent of a person, as everything that is held of that person tells it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExportedAgent {
    /// Which.
    pub id: AgentId,
    /// What it is called.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// What it is told before each question.
    pub system_prompt: Option<String>,
    /// Which model answers, unless that is for the host to choose.
    pub model: Option<String>,
    /// How freely it answers.
    pub temperature: Temperature,
    /// Who sees it.
    pub visibility: Visibility,
    /// Whether it answers.
    pub enabled: bool,
    /// In which workspaces it is.
    pub workspaces: Vec<WorkspaceId>,
    /// Since when it exists.
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    pub updated_at: DateTime<Utc>,
}

impl From<Agent> for ExportedAgent {
    fn from(agent: Agent) -> Self {
        let workspaces = agent.placements.keys().copied().collect();
        let AgentDetails {
            id,
            owner_id: _,
            name,
            description,
            system_prompt,
            model,
            temperature,
            visibility,
            is_enabled: enabled,
            created_at,
            updated_at,
            version: _,
        } = agent.into();
        Self {
            id,
            name,
            description,
            system_prompt,
            model,
            temperature,
            visibility,
            enabled,
            workspaces,
            created_at,
            updated_at,
        }
    }
}
