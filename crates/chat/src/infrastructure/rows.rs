//! Rows of this context, and what they are.

use chrono::{DateTime, Utc};
use identity::AgentId;
use perme8_events::{StorageError, UserId, WorkspaceId};
use projects::ProjectId;
use sqlx::FromRow;

use crate::domain::{
    message::{Message, MessageRole, MessageStatus},
    references::{ChatSessionId, MessageId},
    session::Session,
};

/// The columns of [`SessionRow`], in a `SELECT`.
macro_rules! select_sessions {
    ($rest:literal) => {
        concat!(
            "SELECT id, user_id, workspace_id, project_id, title, is_title_automatic, summary, summarised_to, last_number,
                    message_count, answer_id, created_at, last_message_at, version
             FROM chat_sessions ",
            $rest
        )
    };
}

/// The columns of [`MessageRow`], in a `SELECT`.
macro_rules! select_messages {
    ($rest:literal) => {
        concat!(
            "SELECT id, session_id, user_id, number, role, content, status, agent_id, model, prompt_tokens,
                    completion_tokens, latency_ms, reason, answers, idempotency_key, created_at, ended_at, deadline_at
             FROM chat_messages ",
            $rest
        )
    };
}

/// What was sent with a key in a session, and behind it the last answer to it.
macro_rules! select_sent_before {
    () => {
        select_messages!(
            "WHERE session_id = $1 AND id IN
               (SELECT id FROM chat_messages WHERE session_id = $1 AND idempotency_key = $2
                UNION ALL
                SELECT id FROM
                  (SELECT a.id FROM chat_messages m JOIN chat_messages a ON a.answers = m.id
                   WHERE m.session_id = $1 AND m.idempotency_key = $2
                   ORDER BY a.number DESC LIMIT 1) AS last)
             ORDER BY number"
        )
    };
}

pub(crate) use {select_messages, select_sent_before, select_sessions};

/// A row of `chat_sessions`.
#[derive(FromRow)]
pub(crate) struct SessionRow {
    id: ChatSessionId,
    user_id: UserId,
    workspace_id: Option<WorkspaceId>,
    project_id: Option<ProjectId>,
    title: Option<String>,
    is_title_automatic: bool,
    summary: Option<String>,
    summarised_to: i64,
    last_number: i64,
    message_count: i64,
    answer_id: Option<MessageId>,
    created_at: DateTime<Utc>,
    last_message_at: DateTime<Utc>,
    version: i64,
}

impl From<SessionRow> for Session {
    fn from(row: SessionRow) -> Self {
        let SessionRow {
            id,
            user_id,
            workspace_id,
            project_id,
            title,
            is_title_automatic,
            summary,
            summarised_to,
            last_number,
            message_count,
            answer_id,
            created_at,
            last_message_at,
            version,
        } = row;
        Self {
            id,
            user_id,
            workspace_id,
            project_id,
            title,
            is_title_automatic,
            summary,
            summarised_to,
            last_number,
            message_count,
            answer_id,
            created_at,
            last_message_at,
            is_gone: false,
            version,
        }
    }
}

/// A row of `chat_messages`.
#[derive(FromRow)]
pub(crate) struct MessageRow {
    id: MessageId,
    session_id: ChatSessionId,
    user_id: UserId,
    number: i64,
    role: String,
    content: String,
    status: String,
    agent_id: Option<AgentId>,
    model: Option<String>,
    prompt_tokens: Option<i64>,
    completion_tokens: Option<i64>,
    latency_ms: Option<i64>,
    reason: Option<String>,
    answers: Option<MessageId>,
    idempotency_key: Option<String>,
    created_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
    deadline_at: Option<DateTime<Utc>>,
}

/// A word that this program does not know.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is neither a role nor a status of messages")]
struct UnknownWord(String);

pub(crate) fn role(word: &str) -> Result<MessageRole, StorageError> {
    MessageRole::stored(word).ok_or_else(|| StorageError::new(UnknownWord(word.to_owned())))
}

fn status(word: &str) -> Result<MessageStatus, StorageError> {
    MessageStatus::stored(word).ok_or_else(|| StorageError::new(UnknownWord(word.to_owned())))
}

impl TryFrom<MessageRow> for Message {
    type Error = StorageError;

    fn try_from(row: MessageRow) -> Result<Self, StorageError> {
        let MessageRow {
            id,
            session_id,
            user_id,
            number,
            role: role_word,
            content,
            status: status_word,
            agent_id,
            model,
            prompt_tokens,
            completion_tokens,
            latency_ms,
            reason,
            answers,
            idempotency_key,
            created_at,
            ended_at,
            deadline_at,
        } = row;
        Ok(Self {
            id,
            session_id,
            user_id,
            number,
            role: role(&role_word)?,
            content,
            status: status(&status_word)?,
            agent_id,
            model,
            prompt_tokens,
            completion_tokens,
            latency_ms,
            reason,
            answers,
            idempotency_key,
            created_at,
            ended_at,
            deadline_at,
        })
    }
}

/// Messages, in the order of their rows.
pub(crate) fn messages(rows: Vec<MessageRow>) -> Result<Vec<Message>, StorageError> {
    rows.into_iter().map(Message::try_from).collect()
}
