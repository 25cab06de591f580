//! What is said in a session, by the person and by the model.

use std::fmt;

use chrono::{DateTime, Utc};
use identity::AgentId;
use perme8_events::UserId;
use serde::Serialize;

use crate::domain::references::{ChatSessionId, MessageId};

/// Who says something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageRole {
    /// The person whose session it is.
    User,
    /// The model that answers.
    Assistant,
}

impl MessageRole {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Assistant => "assistant",
        }
    }

    pub(crate) fn stored(word: &str) -> Option<Self> {
        [Self::User, Self::Assistant].into_iter().find(|role| role.as_str() == word)
    }
}

/// How far a message has come. What a person says is complete from the beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageStatus {
    /// Nothing has been said yet.
    Pending,
    /// It is being said.
    Streaming,
    /// All of it is said.
    Complete,
    /// Its reader did not want to hear more.
    Cancelled,
    /// Something went wrong.
    Failed,
}

impl MessageStatus {
    const ALL: [Self; 5] =
        [Self::Pending, Self::Streaming, Self::Complete, Self::Cancelled, Self::Failed];

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Streaming => "streaming",
            Self::Complete => "complete",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }

    /// Whether more may come.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Pending | Self::Streaming)
    }

    pub(crate) fn stored(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }
}

/// A message of a session. `Debug` leaves out what is said.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Message {
    pub(crate) id: MessageId,
    pub(crate) session_id: ChatSessionId,
    pub(crate) user_id: UserId,
    /// Its place in the session, from 1 on; that of a message which is gone stays empty.
    pub(crate) number: i64,
    pub(crate) role: MessageRole,
    pub(crate) content: String,
    pub(crate) status: MessageStatus,
    pub(crate) agent_id: Option<AgentId>,
    pub(crate) model: Option<String>,
    pub(crate) prompt_tokens: Option<i64>,
    pub(crate) completion_tokens: Option<i64>,
    pub(crate) latency_ms: Option<i64>,
    /// Why that is not all there was to say, in a word that stays.
    pub(crate) reason: Option<String>,
    /// What the person had said.
    pub(crate) answers: Option<MessageId>,
    /// What makes sending it again harmless.
    pub(crate) idempotency_key: Option<String>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) ended_at: Option<DateTime<Utc>>,
    /// Until when an answer is being written at most.
    pub(crate) deadline_at: Option<DateTime<Utc>>,
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, session_id, number, role, status, .. } = self;
        f.debug_struct("Message")
            .field("id", id)
            .field("session_id", session_id)
            .field("number", number)
            .field("role", role)
            .field("status", status)
            .finish_non_exhaustive()
    }
}

impl Message {
    /// What a person says.
    #[cfg_attr(not(test), expect(dead_code, reason = "nothing is said yet but by tests"))]
    pub(crate) fn said(
        id: MessageId,
        session_id: ChatSessionId,
        user_id: UserId,
        number: i64,
        content: String,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            id,
            session_id,
            user_id,
            number,
            role: MessageRole::User,
            content,
            status: MessageStatus::Complete,
            agent_id: None,
            model: None,
            prompt_tokens: None,
            completion_tokens: None,
            latency_ms: None,
            reason: None,
            answers: None,
            idempotency_key: None,
            created_at: now,
            ended_at: Some(now),
            deadline_at: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_are_stored_are_read_again() {
        for status in MessageStatus::ALL {
            assert_eq!(MessageStatus::stored(status.as_str()), Some(status));
        }
        for role in [MessageRole::User, MessageRole::Assistant] {
            assert_eq!(MessageRole::stored(role.as_str()), Some(role));
        }
        assert_eq!(MessageRole::stored("system"), None);
    }
}
