//! What the core itself tells, beside what it carries for others: what operators did, who was forgotten, jobs that ended, timers
//! that are due.

use std::fmt;

use chrono::{DateTime, Utc};
use perme8_events_macros::DomainEvent;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    catalogue,
    domain::id::{Id, UserId},
};

catalogue! {
    /// Every event of the core.
    pub EVENTS:
    JobDiscarded,
    JobDone,
    JobGivenUp,
    OperatorActed,
    PersonForgotten,
    TimerFired,
}

/// Marks the ids of jobs.
#[derive(Debug)]
pub enum QueuedJob {}

/// Identifies a job.
pub type JobId = Id<QueuedJob>;

/// Marks the ids of what operators do.
#[derive(Debug)]
pub enum Operation {}

/// Identifies one act of an operator.
pub type OperationId = Id<Operation>;

/// Emitted when an operator intervenes in what runs by itself; in the commit that does it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "operation", audience(operators))]
pub struct OperatorActed {
    /// The act.
    #[event(aggregate_id)]
    pub operation_id: OperationId,
    /// Who, as the edge knows them.
    pub operator: String,
    /// What they did.
    pub action: OperatorAction,
    /// To what kind of thing.
    pub subject_kind: SubjectKind,
    /// To which one.
    pub subject: String,
    /// The place in the log that it was about.
    pub position: Option<i64>,
    /// What else there is to say.
    pub detail: Option<String>,
}

/// What an operator did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum OperatorAction {
    /// Stopped it for the time being.
    Pause,
    /// Let it go on.
    Resume,
    /// Took it back to an earlier place in the log.
    Rewind,
    /// Had the events of one aggregate delivered again.
    Replay,
    /// Had what was given up tried once more.
    Retry,
    /// The same, with other data.
    Edit,
    /// Gave something up for good.
    Discard,
    /// Called something off before it was done.
    Cancel,
    /// Removed what is old.
    Purge,
    /// Had a read model built anew.
    Rebuild,
    /// Moved the old end of the log into files.
    Archive,
    /// Put back what had been moved into files.
    Restore,
}

/// What operators intervene in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum SubjectKind {
    /// A durable handler.
    Handler,
    /// A work queue.
    Queue,
    /// A schedule.
    Schedule,
    /// The event log.
    Log,
}

impl SubjectKind {
    /// The stable word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Handler => "handler",
            Self::Queue => "queue",
            Self::Schedule => "schedule",
            Self::Log => "log",
        }
    }
}

impl fmt::Display for SubjectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Emitted when what identifies somebody in events becomes unreadable for ever, in the commit that makes it so; whoever keeps
/// something of it elsewhere removes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "person", audience(operators))]
pub struct PersonForgotten {
    /// Who it was.
    #[event(aggregate_id)]
    pub user_id: UserId,
    /// Whether what later events say of them is forgotten as it is written; otherwise it is what was said until then.
    pub for_good: bool,
    /// The operator who wanted it; nobody when it follows from the end of an account.
    pub operator: Option<String>,
}

/// Emitted when a timer is due.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "timer", id = "{owner}:{instance}:{timer}", audience(operators))]
pub struct TimerFired {
    /// Who set it, usually the handler that reacts to it.
    pub owner: String,
    /// What it is about.
    pub instance: String,
    /// Its name.
    pub timer: String,
    /// When it was due.
    pub due_at: DateTime<Utc>,
}

/// Emitted when a job is done of which somebody wants to be told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "job", audience(operators))]
pub struct JobDone {
    /// Which job.
    #[event(aggregate_id)]
    pub job_id: JobId,
    /// Its queue.
    pub queue: String,
    /// Its idempotency key.
    pub idempotency_key: Option<String>,
    /// The key by which it was ordered.
    pub ordering_key: Option<String>,
}

/// Emitted when a job was given up: after its last attempt, because trying again is useless, or because an operator called it off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "job", audience(operators))]
pub struct JobGivenUp {
    /// Which job.
    #[event(aggregate_id)]
    pub job_id: JobId,
    /// Its queue.
    pub queue: String,
    /// Its idempotency key.
    pub idempotency_key: Option<String>,
    /// The key whose later jobs wait behind it, unless it was called off.
    pub ordering_key: Option<String>,
    /// How often it was tried.
    pub attempts: u16,
    /// Why it failed last, or that it was called off.
    pub error: String,
}

/// Emitted when an operator gives up for good a job of which somebody wants to be told, after that it was given up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "job", audience(operators))]
pub struct JobDiscarded {
    /// Which job.
    #[event(aggregate_id)]
    pub job_id: JobId,
    /// Its queue.
    pub queue: String,
    /// Its idempotency key.
    pub idempotency_key: Option<String>,
    /// The key whose later jobs waited behind it.
    pub ordering_key: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_called_the_same_in_statements_in_texts_and_in_events() {
        for kind in
            [SubjectKind::Handler, SubjectKind::Queue, SubjectKind::Schedule, SubjectKind::Log]
        {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
            assert_eq!(kind.to_string(), kind.as_str());
        }
    }
}
