//! What callers get to see.

use std::fmt;

use chrono::{DateTime, Utc};
use identity::{AgentId, WorkspaceRef};
use perme8_events::StorageError;

use crate::{
    application::ports::{ProjectView, WorkspaceView},
    domain::{
        message::{Message, MessageRole, MessageStatus},
        references::{ChatSessionId, MessageId},
        session::Session,
    },
};

/// At most so many sessions or messages make a page.
pub(crate) const MAX_LIMIT: u8 = 100;

/// Of what was said first so many characters are shown in a list.
pub(crate) const PREVIEW: usize = 100;

/// Why a question was not answered.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// No person asks.
    #[error("only people have sessions")]
    Forbidden,
    /// There is no such workspace, or the person who asks is a stranger there.
    #[error("there is no such workspace")]
    WorkspaceNotFound,
    /// There is no such session of the person who asks.
    #[error("there is no such session")]
    SessionNotFound,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// A session, for its owner.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionDetails {
    /// Which.
    pub id: ChatSessionId,
    /// In which workspace, if in one.
    pub workspace: Option<WorkspaceView>,
    /// About which project, if about one.
    pub project: Option<ProjectView>,
    /// What it is called; nothing before anything is said.
    pub title: Option<String>,
    /// Whether the title is made of what is said first.
    pub is_title_automatic: bool,
    /// How it begins, in a list.
    pub preview: Option<String>,
    /// How many messages there are.
    pub message_count: i64,
    /// The answer that is being written, if one is.
    pub answer_id: Option<MessageId>,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When something was said last, or when it began.
    pub last_message_at: DateTime<Utc>,
    /// Rises with every change.
    pub version: i64,
}

impl fmt::Debug for SessionDetails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionDetails").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Where a session is, in words.
#[derive(Debug, Default)]
pub(crate) struct Surrounded {
    pub(crate) workspace: Option<WorkspaceView>,
    pub(crate) project: Option<ProjectView>,
    pub(crate) preview: Option<String>,
}

impl SessionDetails {
    pub(crate) fn of(session: Session, around: Surrounded) -> Self {
        let Session {
            id,
            user_id: _,
            workspace_id: _,
            project_id: _,
            title,
            is_title_automatic,
            summary: _,
            summarised_to: _,
            last_number: _,
            message_count,
            answer_id,
            created_at,
            last_message_at,
            is_gone: _,
            version,
        } = session;
        let Surrounded { workspace, project, preview } = around;
        Self {
            id,
            workspace,
            project,
            title,
            is_title_automatic,
            preview,
            message_count,
            answer_id,
            created_at,
            last_message_at,
            version,
        }
    }
}

/// Which of the own sessions somebody wants to see, that in which something was said last first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListSessions {
    /// Only those in this workspace.
    pub workspace: Option<WorkspaceRef>,
    /// At most so many; taken as 1 to 100.
    pub limit: u8,
    /// Those that follow a page; from the first on without it.
    pub after: Option<SessionPlace>,
}

/// The place of a session in the list of its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionPlace {
    /// When something was said there last.
    pub last_message_at: DateTime<Utc>,
    /// Which.
    pub id: ChatSessionId,
}

/// Some sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionsPage {
    /// The sessions.
    pub sessions: Vec<SessionDetails>,
    /// Where the next page begins; none when this is the last one.
    pub next: Option<SessionPlace>,
}

/// A message, for whoever's session it is.
#[derive(Clone, PartialEq, Eq)]
pub struct MessageDetails {
    /// Which.
    pub id: MessageId,
    /// Of which session.
    pub session_id: ChatSessionId,
    /// Its place in the session, from 1 on; that of a message which is gone stays empty.
    pub number: i64,
    /// Who says it.
    pub role: MessageRole,
    /// What is said, as far as it came.
    pub content: String,
    /// How far it has come.
    pub status: MessageStatus,
    /// Which agent it is of.
    pub agent_id: Option<AgentId>,
    /// Which model it is of.
    pub model: Option<String>,
    /// How many tokens were said to the model.
    pub prompt_tokens: Option<i64>,
    /// How many it said.
    pub completion_tokens: Option<i64>,
    /// How long it took, in milliseconds.
    pub latency_ms: Option<i64>,
    /// Why that is not all there was to say, in a word that stays.
    pub reason: Option<String>,
    /// What it answers.
    pub answers: Option<MessageId>,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
}

impl fmt::Debug for MessageDetails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessageDetails")
            .field("id", &self.id)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

impl From<Message> for MessageDetails {
    fn from(message: Message) -> Self {
        let Message {
            id,
            session_id,
            user_id: _,
            number,
            role,
            content,
            status,
            agent_id,
            model,
            prompt_tokens,
            completion_tokens,
            latency_ms,
            reason,
            answers,
            idempotency_key: _,
            created_at,
            ended_at,
            deadline_at: _,
        } = message;
        Self {
            id,
            session_id,
            number,
            role,
            content,
            status,
            agent_id,
            model,
            prompt_tokens,
            completion_tokens,
            latency_ms,
            reason,
            answers,
            created_at,
            ended_at,
        }
    }
}

/// Which messages of a session somebody wants to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListMessages {
    /// At most so many; taken as 1 to 100.
    pub limit: u8,
    /// From where on.
    pub span: Span,
}

/// From where on messages are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    /// The newest ones.
    End,
    /// Those before the one of this number.
    Before(i64),
    /// Those after the one of this number; after 0 from the first on.
    After(i64),
}

/// Some messages of a session, in the order in which they were said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessagesPage {
    /// The messages.
    pub messages: Vec<MessageDetails>,
    /// The number before which there are older ones; none when there are none.
    pub before: Option<i64>,
    /// The number after which there are newer ones; none when there are none.
    pub after: Option<i64>,
}

/// The place of a message among all of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessagePlace {
    /// When it was said.
    pub created_at: DateTime<Utc>,
    /// Which.
    pub id: MessageId,
}

/// Which part of everything that was said in the own sessions somebody wants to have, oldest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExportMessages {
    /// At most so many; taken as 1 to 100.
    pub limit: u8,
    /// Those that follow a page; from the first on without it.
    pub after: Option<MessagePlace>,
}

/// Some of everything that was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportedMessages {
    /// The messages, oldest first.
    pub messages: Vec<MessageDetails>,
    /// Where the next page begins; none when this is the last one.
    pub next: Option<MessagePlace>,
}
