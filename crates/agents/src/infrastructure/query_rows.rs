//! A row of the queries, and the query that it is.

use std::time::Duration;

use chrono::{DateTime, Utc};
use documents::DocumentId;
use identity::AgentId;
use llm::Usage;
use perme8_events::{StorageError, UserId, WorkspaceId};
use sqlx::FromRow;

use crate::domain::query::{AgentQueryId, Asked, Outcome, Query, QueryStatus};

/// The columns of [`QueryRow`], in a `SELECT`.
macro_rules! select_queries {
    ($rest:literal) => {
        concat!(
            "SELECT id, agent_id, user_id, workspace_id, document_id, node_id, question, answer, status, is_partial, error,
                model, prompt_tokens, completion_tokens, is_estimated, latency_ms, started_at, ended_at, deadline_at, version
             FROM agents_queries ",
            $rest
        )
    };
}

pub(crate) use select_queries;

/// A row of `agents_queries`.
#[derive(FromRow)]
pub(crate) struct QueryRow {
    id: AgentQueryId,
    agent_id: AgentId,
    user_id: UserId,
    workspace_id: Option<WorkspaceId>,
    document_id: Option<DocumentId>,
    node_id: Option<String>,
    question: String,
    answer: String,
    status: String,
    is_partial: bool,
    error: Option<String>,
    model: Option<String>,
    prompt_tokens: i64,
    completion_tokens: i64,
    is_estimated: bool,
    latency_ms: i64,
    started_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
    deadline_at: DateTime<Utc>,
    version: i64,
}

/// A count as it is stored; no count is ever as high as the highest that fits.
pub(crate) fn stored(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn count(stored: i64) -> Result<u64, StorageError> {
    u64::try_from(stored).map_err(StorageError::new)
}

impl TryFrom<QueryRow> for Query {
    type Error = StorageError;

    fn try_from(row: QueryRow) -> Result<Self, StorageError> {
        let QueryRow {
            id,
            agent_id,
            user_id,
            workspace_id,
            document_id,
            node_id,
            question,
            answer,
            status,
            is_partial,
            error,
            model,
            prompt_tokens,
            completion_tokens,
            is_estimated,
            latency_ms,
            started_at,
            ended_at,
            deadline_at,
            version,
        } = row;
        let status = QueryStatus::of(&status)
            .ok_or_else(|| StorageError::new(format!("{status} is no status of a query")))?;
        let usage = Usage {
            prompt_tokens: count(prompt_tokens)?,
            completion_tokens: count(completion_tokens)?,
            is_estimated,
        };
        let latency = Duration::from_millis(count(latency_ms)?);
        let outcome = ended_at.map(|ended_at| Outcome {
            status,
            is_partial,
            error,
            model,
            usage,
            latency,
            ended_at,
        });
        let asked = Asked { agent_id, user_id, workspace_id, document_id, node_id, question };
        Ok(Self { id, asked, answer, outcome, started_at, deadline_at, version })
    }
}
