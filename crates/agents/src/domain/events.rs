//! What happens to agents.
//!
//! What is said of a private agent is for its owner alone, decided when it is committed.

use identity::{AgentId, Change};
use perme8_events::{DomainEvent, UserId, WorkspaceId, catalogue};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::{query::AgentQueryId, temperature::Temperature, visibility::Visibility};

catalogue! {
    /// Every event of agents.
    pub EVENTS:
    AgentCreated, AgentCloned, AgentUpdated, AgentDeleted, AgentAddedToWorkspace, AgentRemovedFromWorkspace,
    AgentQueryCompleted, AgentQueryFailed,
}

/// Emitted when somebody makes an agent; it is in no workspace yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "agent", audience(user = "user_id", each_workspace = "workspace_ids"))]
pub struct AgentCreated {
    /// The new agent.
    #[event(aggregate_id)]
    pub agent_id: AgentId,
    /// Whose it is.
    pub user_id: UserId,
    /// What it is called.
    pub name: String,
    /// Where members see it.
    pub workspace_ids: Vec<WorkspaceId>,
}

/// Emitted when somebody makes an agent that is like another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "agent", audience(user = "user_id"))]
pub struct AgentCloned {
    /// The new agent.
    #[event(aggregate_id)]
    pub agent_id: AgentId,
    /// The one that it is like.
    pub source_agent_id: AgentId,
    /// Whose the new one is.
    pub user_id: UserId,
}

/// Emitted when somebody changes an agent.
///
/// Of what was different while it was private nobody else is told: a change that shares or hides it is told to others by itself,
/// with the name that they know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "agent", audience(user = "user_id", each_workspace = "workspace_ids"))]
pub struct AgentUpdated {
    /// Which agent.
    #[event(aggregate_id)]
    pub agent_id: AgentId,
    /// Whose it is.
    pub user_id: UserId,
    /// What it is called since then; or before, where the change is that it is hidden.
    pub name: String,
    /// Where members see it, or saw it until then.
    pub workspace_ids: Vec<WorkspaceId>,
    /// What is different.
    pub changes: AgentChanges,
}

/// The fields of an agent that changed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub struct AgentChanges {
    /// What it is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Change<String>>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Change<Option<String>>>,
    /// Whether it is told something else before each question; what that is, is content.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub system_prompt: bool,
    /// Which model answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<Change<Option<String>>>,
    /// How freely it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature: Option<Change<Temperature>>,
    /// Who sees it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visibility: Option<Change<Visibility>>,
    /// Whether it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<Change<bool>>,
}

/// Emitted when an agent is gone for good, by the will of its owner or with the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "agent", audience(user = "user_id", each_workspace = "workspace_ids"))]
pub struct AgentDeleted {
    /// Which agent.
    #[event(aggregate_id)]
    pub agent_id: AgentId,
    /// Whose it was.
    pub user_id: UserId,
    /// What it was called.
    pub name: String,
    /// Where members saw it.
    pub workspace_ids: Vec<WorkspaceId>,
}

/// Emitted when an agent comes into a workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(
    aggregate = "agent",
    audience(user = "user_id", workspace_if = "is_shared", otherwise = "user_id")
)]
pub struct AgentAddedToWorkspace {
    /// Which agent.
    #[event(aggregate_id)]
    pub agent_id: AgentId,
    /// Into which workspace.
    #[event(workspace_id)]
    pub workspace_id: WorkspaceId,
    /// Whose it is.
    pub user_id: UserId,
    /// What it is called.
    pub name: String,
    /// Whether the members of the workspace see it, or its owner alone.
    pub is_shared: bool,
}

/// Emitted when an agent is in a workspace no longer: taken out, or because its owner is not there any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(
    aggregate = "agent",
    audience(user = "user_id", workspace_if = "is_shared", otherwise = "user_id")
)]
pub struct AgentRemovedFromWorkspace {
    /// Which agent.
    #[event(aggregate_id)]
    pub agent_id: AgentId,
    /// Out of which workspace.
    #[event(workspace_id)]
    pub workspace_id: WorkspaceId,
    /// Whose it is.
    pub user_id: UserId,
    /// What it is called.
    pub name: String,
    /// Whether the members of the workspace saw it, or its owner alone.
    pub is_shared: bool,
}

/// Emitted when an agent has answered a question. What was asked, and what was answered, is content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "agent_query", audience(managers, user = "user_id"))]
pub struct AgentQueryCompleted {
    /// Which question.
    #[event(aggregate_id)]
    pub query_id: AgentQueryId,
    /// Who was asked.
    pub agent_id: AgentId,
    /// Who asked.
    pub user_id: UserId,
    /// In which workspace, if in one.
    #[event(workspace_id)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace_id: Option<WorkspaceId>,
    /// Which model answered.
    pub model: Option<String>,
    /// How much was said to it.
    pub prompt_tokens: u64,
    /// How much it said.
    pub completion_tokens: u64,
    /// How long that took, in milliseconds.
    pub latency_ms: u64,
}

/// Emitted when an agent has not answered a question, or not to the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "agent_query", audience(managers, user = "user_id"))]
pub struct AgentQueryFailed {
    /// Which question.
    #[event(aggregate_id)]
    pub query_id: AgentQueryId,
    /// Who was asked.
    pub agent_id: AgentId,
    /// Who asked.
    pub user_id: UserId,
    /// In which workspace, if in one.
    #[event(workspace_id)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace_id: Option<WorkspaceId>,
    /// Which model was asked, if it came to that.
    pub model: Option<String>,
    /// How much was said to it.
    pub prompt_tokens: u64,
    /// How much it said until then.
    pub completion_tokens: u64,
    /// How long that took, in milliseconds.
    pub latency_ms: u64,
    /// What went wrong, in a word, e.g. `llm_timeout`, or `cancelled`.
    pub error: String,
}
