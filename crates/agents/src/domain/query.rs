//! What somebody asks an agent, and what becomes of it.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use documents::DocumentId;
use identity::AgentId;
use llm::{AskFailure, CallId, Ending, ModelName, OVER_AFTER, Told, Usage};
use perme8_events::{Aggregate, Id, Unsaved, UserId, WorkspaceId};

use crate::domain::events::{AgentQueryCompleted, AgentQueryFailed};

/// Marks the ids of queries.
#[derive(Debug)]
pub enum AgentQuery {}

/// Identifies a query: something that somebody asks an agent. The model is called under the same id, once.
pub type AgentQueryId = Id<AgentQuery>;

/// Something that somebody asks an agent.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Query {
    pub(crate) id: AgentQueryId,
    pub(crate) asked: Asked,
    /// What was told so far.
    pub(crate) answer: String,
    /// None as long as it is being answered.
    pub(crate) outcome: Option<Outcome>,
    pub(crate) started_at: DateTime<Utc>,
    /// After that, whoever was answering it is not there any more.
    pub(crate) deadline_at: DateTime<Utc>,
    pub(crate) version: i64,
}

/// What somebody asks whom, and where.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) agent_id: AgentId,
    pub(crate) user_id: UserId,
    pub(crate) workspace_id: Option<WorkspaceId>,
    pub(crate) document_id: Option<DocumentId>,
    /// Where in the document the answer goes, as editors name it.
    pub(crate) node_id: Option<String>,
    pub(crate) question: String,
}

/// How a query ended.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) status: QueryStatus,
    /// Whether there would have been more.
    pub(crate) is_partial: bool,
    /// What went wrong, in a word.
    pub(crate) error: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) usage: Usage,
    pub(crate) latency: Duration,
    pub(crate) ended_at: DateTime<Utc>,
}

/// What has become of a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum QueryStatus {
    /// It is being answered.
    Running,
    /// It is answered.
    Completed,
    /// Somebody did not want to hear more.
    Cancelled,
    /// Something went wrong.
    Failed,
}

impl QueryStatus {
    const ALL: [Self; 4] = [Self::Running, Self::Completed, Self::Cancelled, Self::Failed];

    /// As it is stored.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
        }
    }

    /// Of what was stored.
    pub(crate) fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }
}

/// What people ask, and what they are told, is shown nowhere.
impl std::fmt::Debug for Query {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Query")
            .field("id", &self.id)
            .field("status", &self.status())
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

impl Aggregate for Query {
    const TYPE: &'static str = "agent_query";
    type Id = AgentQueryId;

    fn id(&self) -> AgentQueryId {
        self.id
    }
}

/// Under which id the model is called.
pub(crate) fn call_id(id: AgentQueryId) -> CallId {
    CallId::new(id.uuid())
}

impl Query {
    /// Asked, and answered from now on. That it was asked is told with its end.
    pub(crate) fn begin(id: AgentQueryId, asked: Asked, now: DateTime<Utc>) -> Unsaved<Self> {
        let over_after = TimeDelta::from_std(OVER_AFTER).expect("minutes are no eternity");
        Unsaved::new(Self {
            id,
            asked,
            answer: String::new(),
            outcome: None,
            started_at: now,
            deadline_at: now + over_after,
            version: 0,
        })
    }

    pub(crate) fn status(&self) -> QueryStatus {
        self.outcome.as_ref().map_or(QueryStatus::Running, |outcome| outcome.status)
    }

    /// Answered as far as this was told; nothing if it has ended.
    pub(crate) fn end(&self, told: &Told, now: DateTime<Utc>) -> Option<Unsaved<Self>> {
        let Told { text, model, usage, latency, ending } = told;
        let status = match ending {
            Ending::Complete | Ending::CutShort => QueryStatus::Completed,
            Ending::Cancelled => QueryStatus::Cancelled,
            Ending::Failed(_) => QueryStatus::Failed,
        };
        let error = ending.reason().filter(|_| status != QueryStatus::Completed);
        self.ended(
            text.clone(),
            Outcome {
                status,
                is_partial: told.is_partial(),
                error: error.map(str::to_owned),
                model: model.as_ref().map(|name| ModelName::as_str(name).to_owned()),
                usage: *usage,
                latency: *latency,
                ended_at: now,
            },
        )
    }

    /// Left behind by whoever was answering it; nothing if it has ended, or may still be answered.
    pub(crate) fn interrupt(&self, now: DateTime<Utc>) -> Option<Unsaved<Self>> {
        if self.deadline_at > now {
            return None;
        }
        self.ended(
            self.answer.clone(),
            Outcome {
                status: QueryStatus::Failed,
                is_partial: !self.answer.is_empty(),
                error: Some(AskFailure::Interrupted.code().to_owned()),
                model: None,
                usage: Usage::default(),
                latency: (now - self.started_at).to_std().unwrap_or_default(),
                ended_at: now,
            },
        )
    }

    fn ended(&self, answer: String, outcome: Outcome) -> Option<Unsaved<Self>> {
        if self.outcome.is_some() {
            return None;
        }
        let (query_id, asked) = (self.id, &self.asked);
        let Asked { agent_id, user_id, workspace_id, .. } = *asked;
        let Usage { prompt_tokens, completion_tokens, is_estimated: _ } = outcome.usage;
        let latency_ms = u64::try_from(outcome.latency.as_millis()).unwrap_or(u64::MAX);
        let (model, error) = (outcome.model.clone(), outcome.error.clone());
        let ended = Unsaved::new(Self { answer, outcome: Some(outcome), ..self.clone() });
        Some(match error {
            None => ended.record(AgentQueryCompleted {
                query_id,
                agent_id,
                user_id,
                workspace_id,
                model,
                prompt_tokens,
                completion_tokens,
                latency_ms,
            }),
            Some(error) => ended.record(AgentQueryFailed {
                query_id,
                agent_id,
                user_id,
                workspace_id,
                model,
                prompt_tokens,
                completion_tokens,
                latency_ms,
                error,
            }),
        })
    }
}
