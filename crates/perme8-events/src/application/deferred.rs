//! What a transaction leaves to be done later: jobs and timers.

use std::borrow::Cow;

use chrono::{DateTime, SubsecRound as _, Utc};

use crate::application::job::Enqueued;

/// What is due later is due then: SQLite compares times as texts, in which a year has four digits.
pub(crate) const LATEST: DateTime<Utc> =
    DateTime::from_timestamp(253_402_300_799, 0).expect("the last second of the year 9999");

/// What a transaction leaves to be done after its commit: a job or a timer, its Rust type forgotten.
#[derive(Debug)]
pub struct Deferred(pub(crate) What);

#[derive(Debug)]
pub(crate) enum What {
    /// Into its queue.
    Enqueue(Enqueued),
    /// Jobs that are not done: the one of an idempotency key.
    Cancel { queue: &'static str, idempotency_key: String },
    /// All jobs of an ordering key that are not done; one that runs at this moment is not tried again.
    CancelOrdered { queue: &'static str, ordering_key: String },
    /// Set, or set anew.
    SetTimer(Timer),
    /// As if it had never been set: the one of a name, or all of the instance.
    CancelTimer { owner: Cow<'static, str>, instance: String, timer: Option<String> },
}

/// An instant to be told of by a [`TimerFired`](crate::TimerFired) event: once, by whichever node notices first.
///
/// A timer is identified by its owner, usually the handler that reacts to it, an instance, e.g. the id of an aggregate, and
/// a name. Setting it again moves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timer {
    pub(crate) owner: Cow<'static, str>,
    pub(crate) instance: String,
    pub(crate) name: String,
    pub(crate) due_at: DateTime<Utc>,
}

impl Timer {
    /// The timer of this owner, instance and name. Its instant is kept in whole microseconds, and not beyond the year 9999.
    #[must_use]
    pub fn new(
        owner: &'static str,
        instance: impl Into<String>,
        name: impl Into<String>,
        due_at: DateTime<Utc>,
    ) -> Self {
        let due_at = due_at.min(LATEST).trunc_subsecs(6);
        Self { owner: owner.into(), instance: instance.into(), name: name.into(), due_at }
    }
}
