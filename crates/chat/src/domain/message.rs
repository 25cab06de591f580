//! What is said in a session, by the person and by the model.

use std::fmt;

use chrono::{DateTime, Utc};
use identity::AgentId;
use llm::{AskFailure, Ending, OVER_AFTER, Told};
use perme8_events::UserId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::references::{ChatSessionId, MessageId};

/// Who says something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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

    /// The answer to what a person said, by an agent or by none, of which nothing came yet.
    pub(crate) fn pending(
        id: MessageId,
        number: i64,
        to: &Self,
        agent_id: Option<AgentId>,
        now: DateTime<Utc>,
    ) -> Self {
        Self {
            role: MessageRole::Assistant,
            status: MessageStatus::Pending,
            answers: Some(to.id),
            agent_id,
            ended_at: None,
            deadline_at: Some(now + OVER_AFTER),
            ..Self::said(id, to.session_id, to.user_id, number, String::new(), now)
        }
    }

    /// The same, as it ended.
    pub(crate) fn ended(self, end: End, now: DateTime<Utc>) -> Self {
        let End { content, status, reason, model, usage, latency_ms } = end;
        let (prompt_tokens, completion_tokens) = (Some(usage.0), Some(usage.1));
        Self {
            content,
            status,
            reason,
            model,
            prompt_tokens,
            completion_tokens,
            latency_ms,
            ended_at: Some(now),
            ..self
        }
    }

    /// The same, given up because whatever wrote it is gone; what was kept of it stays.
    pub(crate) fn interrupted(self, now: DateTime<Utc>) -> Self {
        let reason = Some(AskFailure::Interrupted.code().to_owned());
        Self { status: MessageStatus::Failed, reason, ended_at: Some(now), ..self }
    }

    /// The same, of which nobody wants to hear more; what was kept of it stays.
    pub(crate) fn cancelled(self, now: DateTime<Utc>) -> Self {
        Self { status: MessageStatus::Cancelled, ended_at: Some(now), ..self }
    }

    /// Whether it is an answer that should have ended by now: nobody writes it any more.
    pub(crate) fn is_overdue(&self, now: DateTime<Utc>) -> bool {
        self.status.is_open() && self.deadline_at.is_some_and(|deadline| deadline < now)
    }

    /// How many tokens were said to the model and by it.
    pub(crate) fn tokens(&self) -> i64 {
        self.prompt_tokens.unwrap_or_default() + self.completion_tokens.unwrap_or_default()
    }
}

/// How an answer ended.
pub(crate) struct End {
    content: String,
    status: MessageStatus,
    reason: Option<String>,
    model: Option<String>,
    /// Tokens said to the model and by it.
    usage: (i64, i64),
    latency_ms: Option<i64>,
}

impl From<&Told> for End {
    fn from(told: &Told) -> Self {
        let Told { text, model, usage, latency, ending } = told;
        let (status, reason) = match ending {
            Ending::Complete => (MessageStatus::Complete, None),
            Ending::CutShort => (MessageStatus::Complete, Some("cut_short")),
            Ending::Cancelled => (MessageStatus::Cancelled, None),
            Ending::Failed(failure) => (MessageStatus::Failed, Some(failure.code())),
        };
        let count = |tokens: u64| i64::try_from(tokens).unwrap_or(i64::MAX);
        Self {
            content: text.clone(),
            status,
            reason: reason.map(str::to_owned),
            model: model.as_ref().map(ToString::to_string),
            usage: (count(usage.prompt_tokens), count(usage.completion_tokens)),
            latency_ms: i64::try_from(latency.as_millis()).ok(),
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
