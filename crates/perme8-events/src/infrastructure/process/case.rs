//! A case of a process manager: how far it has come, and what happens to it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// How far a case has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Running,
    Completed,
    Compensating,
    Compensated,
    Stuck,
}

impl Status {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Compensating => "compensating",
            Self::Compensated => "compensated",
            Self::Stuck => "stuck",
        }
    }

    pub(crate) fn of(word: &str) -> Option<Self> {
        [Self::Running, Self::Completed, Self::Compensating, Self::Compensated, Self::Stuck]
            .into_iter()
            .find(|status| status.word() == word)
    }
}

/// What undoes a step.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Compensation {
    pub(crate) step: String,
    pub(crate) command: Box<RawValue>,
}

/// A case as it is stored.
pub(crate) struct Case<S> {
    pub(crate) status: Status,
    pub(crate) state: Option<S>,
    pub(crate) compensations: Vec<Compensation>,
    /// The timers that run. One that has fired under another instant was moved or cancelled in the meantime.
    pub(crate) timers: BTreeMap<String, DateTime<Utc>>,
    pub(crate) error: Option<String>,
}

/// What happened, with the texts that [`Input`](crate::Input) borrows.
pub(crate) enum Happened {
    Event,
    TimedOut { timer: String, due_at: DateTime<Utc> },
    Done(String),
    Failed { step: String, error: String },
    Discarded(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_is_read_as_it_was_written() {
        for status in [
            Status::Running,
            Status::Completed,
            Status::Compensating,
            Status::Compensated,
            Status::Stuck,
        ] {
            assert_eq!(Status::of(status.word()), Some(status));
        }
        assert_eq!(Status::of("lost"), None);
    }
}
