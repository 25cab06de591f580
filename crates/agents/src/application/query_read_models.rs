//! What callers get to see of queries.

use std::fmt;

use chrono::{DateTime, Utc};
use documents::DocumentId;
use identity::AgentId;
use perme8_events::{StorageError, WorkspaceId};
use serde::Serialize;

use crate::domain::query::{AgentQueryId, Asked, Outcome, Query, QueryStatus};

/// Why a query was not shown, or not cancelled.
#[derive(Debug, thiserror::Error)]
pub enum AgentQueryError {
    /// No person asks.
    #[error("only people see what they asked agents")]
    Forbidden,
    /// There is no such query, somebody else asked it, or the person who asks is in its workspace no longer.
    #[error("there is no such query")]
    NotFound,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Something that somebody asked an agent, for that person.
#[derive(Clone, PartialEq, Serialize)]
pub struct AgentQueryDetails {
    /// Which.
    pub id: AgentQueryId,
    /// Who was asked.
    pub agent_id: AgentId,
    /// In which workspace, if in one.
    pub workspace_id: Option<WorkspaceId>,
    /// What that workspace is called in addresses.
    pub workspace_slug: Option<String>,
    /// About which document, if about one.
    pub document_id: Option<DocumentId>,
    /// Where in the document the answer goes.
    pub node_id: Option<String>,
    /// What was asked.
    pub question: String,
    /// What was told, or what was told so far.
    pub answer: String,
    /// What has become of it.
    pub status: QueryStatus,
    /// Whether there would have been more.
    pub is_partial: bool,
    /// What went wrong, in a word.
    pub error: Option<String>,
    /// Which model answered.
    pub model: Option<String>,
    /// How much was said to it.
    pub prompt_tokens: u64,
    /// How much it said.
    pub completion_tokens: u64,
    /// How long that took, in milliseconds.
    pub latency_ms: u64,
    /// When it was asked.
    pub started_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
}

/// What people ask, and what they are told, is shown nowhere.
impl fmt::Debug for AgentQueryDetails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AgentQueryDetails")
            .field("id", &self.id)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

impl AgentQueryDetails {
    /// Of a query in the workspace of this slug, if in one.
    pub(crate) fn of(query: Query, workspace_slug: Option<String>) -> Self {
        let status = query.status();
        let Query { id, asked, answer, outcome, started_at, deadline_at: _, version: _ } = query;
        let Asked { agent_id, user_id: _, workspace_id, document_id, node_id, question } = asked;
        let usage = outcome.as_ref().map(|outcome| outcome.usage).unwrap_or_default();
        let latency = outcome.as_ref().map(|outcome| outcome.latency).unwrap_or_default();
        let ended_at = outcome.as_ref().map(|outcome| outcome.ended_at);
        let is_partial = outcome.as_ref().is_some_and(|outcome| outcome.is_partial);
        let (error, model) =
            outcome.map_or((None, None), |Outcome { error, model, .. }| (error, model));
        Self {
            id,
            agent_id,
            workspace_id,
            workspace_slug,
            document_id,
            node_id,
            question,
            answer,
            status,
            is_partial,
            error,
            model,
            prompt_tokens: usage.prompt_tokens,
            completion_tokens: usage.completion_tokens,
            latency_ms: u64::try_from(latency.as_millis()).unwrap_or(u64::MAX),
            started_at,
            ended_at,
        }
    }
}

/// Which part of the queries of a person shall be exported, in the order of their ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExportAgentQueries {
    /// Those behind this one; from the first one on without it.
    pub after: Option<AgentQueryId>,
    /// At most so many; taken as 1 to 100.
    pub limit: u8,
}

impl ExportAgentQueries {
    /// At most this is exported at once.
    const MOST: u8 = 100;

    /// As much as there is at once.
    pub(crate) fn clamped(self) -> Self {
        Self { limit: self.limit.clamp(1, Self::MOST), ..self }
    }
}

/// Some queries of a person.
#[derive(Debug, Clone, PartialEq)]
pub struct ExportedAgentQueries {
    /// The queries.
    pub queries: Vec<AgentQueryDetails>,
    /// Behind which the next ones come; none when these are the last.
    pub next: Option<AgentQueryId>,
}
