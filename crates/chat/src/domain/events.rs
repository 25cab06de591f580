//! What happens to conversations. What is said in them is said to nobody else, titles included.

use identity::AgentId;
use perme8_events::{DomainEvent, UserId, WorkspaceId, catalogue};
use projects::ProjectId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::{
    message::{MessageRole, MessageStatus},
    references::{ChatSessionId, MessageId},
};

catalogue! {
    /// Every event of chat.
    pub EVENTS:
    ChatSessionStarted, ChatMessageSent, ChatResponseReceived, ChatSessionTitleChanged, ChatMessageDeleted,
    ChatSessionDeleted,
}

/// Emitted when somebody begins a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "chat_session", audience(user = "user_id"))]
pub struct ChatSessionStarted {
    /// The new session.
    #[event(aggregate_id)]
    pub session_id: ChatSessionId,
    /// Whose it is.
    pub user_id: UserId,
    /// In which workspace, if in one.
    #[event(workspace_id)]
    pub workspace_id: Option<WorkspaceId>,
    /// About which project, if about one.
    pub project_id: Option<ProjectId>,
    /// Which agent is to answer, if one was chosen by then.
    pub agent_id: Option<AgentId>,
}

/// Emitted when somebody says something, and an answer begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "chat_session", audience(user = "user_id"))]
pub struct ChatMessageSent {
    /// What was said.
    pub message_id: MessageId,
    /// In which session.
    #[event(aggregate_id)]
    pub session_id: ChatSessionId,
    /// Whose it is.
    pub user_id: UserId,
    /// In which workspace, if in one.
    #[event(workspace_id)]
    pub workspace_id: Option<WorkspaceId>,
    /// Who said it.
    pub role: MessageRole,
}

/// Emitted when an answer ends, whether all of it came or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "chat_session", audience(user = "user_id"))]
pub struct ChatResponseReceived {
    /// The answer.
    pub message_id: MessageId,
    /// In which session.
    #[event(aggregate_id)]
    pub session_id: ChatSessionId,
    /// Whose it is.
    pub user_id: UserId,
    /// In which workspace, if in one.
    #[event(workspace_id)]
    pub workspace_id: Option<WorkspaceId>,
    /// Which agent answered, if one did.
    pub agent_id: Option<AgentId>,
    /// Which model answered, if one was asked.
    pub model: Option<String>,
    /// How it ended.
    pub status: MessageStatus,
    /// How many tokens were said to the model and by it.
    pub tokens: i64,
}

/// Emitted when a session is called something else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "chat_session", audience(user = "user_id"))]
pub struct ChatSessionTitleChanged {
    /// Which session.
    #[event(aggregate_id)]
    pub session_id: ChatSessionId,
    /// Whose it is.
    pub user_id: UserId,
    /// In which workspace, if in one.
    #[event(workspace_id)]
    pub workspace_id: Option<WorkspaceId>,
    /// Whether the title was made of what was said first; chosen by the person otherwise.
    pub automatic: bool,
}

/// Emitted when somebody deletes a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "chat_session", audience(user = "user_id"))]
pub struct ChatMessageDeleted {
    /// Which message.
    pub message_id: MessageId,
    /// Of which session.
    #[event(aggregate_id)]
    pub session_id: ChatSessionId,
    /// Whose it is.
    pub user_id: UserId,
    /// In which workspace, if in one.
    #[event(workspace_id)]
    pub workspace_id: Option<WorkspaceId>,
}

/// Emitted when a session is gone with all that was said in it: because its owner deleted it, lost its workspace, or is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "chat_session", audience(user = "user_id"))]
pub struct ChatSessionDeleted {
    /// Which session.
    #[event(aggregate_id)]
    pub session_id: ChatSessionId,
    /// Whose it was.
    pub user_id: UserId,
    /// In which workspace it was, if in one.
    #[event(workspace_id)]
    pub workspace_id: Option<WorkspaceId>,
}
