//! Reacting to events.

use std::{any::Any, error::Error, fmt, time::Duration};

use async_trait::async_trait;

use crate::domain::{
    decode::DecodeError,
    envelope::Envelope,
    error::{Repeated, StorageError},
    event::DomainEvent,
};

/// An error text that is longer is cut.
const ERROR_CHARS: usize = 2000;
/// How soon a delivery is tried again that failed because the database could not be reached.
const UNAVAILABLE: Duration = Duration::from_secs(1);
/// How soon a delivery is tried again that waits for a newer program, on this node or on another.
const NEWER: Duration = Duration::from_mins(1);

/// Why a handler did not handle an event, and what to do about it.
///
/// Any error turns into a transient one by `?`, with three exceptions: [`DecodeError`], which no repetition mends, unless it
/// is [`DecodeError::Version`], which an upgrade of the program mends, and a database that cannot be reached. The last two
/// are not the fault of the event and do not count as attempts.
pub struct HandlerError {
    class: ErrorClass,
    source: Box<dyn Error + Send + Sync>,
}

/// What to do about a failed delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorClass {
    /// Try again, later and later; a dead letter when the attempts are used up.
    Transient,
    /// Trying again is useless: a dead letter at once.
    Permanent,
    /// Somebody asked to come back after this time; does not count as an attempt.
    Busy(Duration),
}

impl HandlerError {
    /// Trying again is useless.
    pub fn permanent(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { class: ErrorClass::Permanent, source: source.into() }
    }

    /// Trying again may help.
    pub fn transient(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { class: ErrorClass::Transient, source: source.into() }
    }

    /// Come back after `retry_after`.
    pub fn busy(retry_after: Duration, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { class: ErrorClass::Busy(retry_after), source: source.into() }
    }

    /// What to do about it.
    #[must_use]
    pub fn class(&self) -> ErrorClass {
        self.class
    }

    /// Whether a command was refused because an earlier attempt had committed it under the same idempotency key.
    pub(crate) fn is_repeated(&self) -> bool {
        let mut error: Option<&(dyn Error + 'static)> = Some(&*self.source);
        while let Some(one) = error {
            if one.is::<Repeated>() {
                return true;
            }
            error = one.source();
        }
        false
    }

    /// The message and its causes, outermost first, cut to 2,000 characters.
    #[must_use]
    pub fn chain(&self) -> String {
        let mut text = self.source.to_string();
        let mut cause = self.source.source();
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        // PostgreSQL keeps no NUL in a text.
        text.chars().filter(|c| *c != '\0').take(ERROR_CHARS).collect()
    }
}

impl fmt::Debug for HandlerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HandlerError")
            .field("class", &self.class)
            .field("source", &self.source)
            .finish()
    }
}

// `HandlerError` is no `Error` itself, or this would overlap with the reflexive `From`.
impl<E: Error + Send + Sync + 'static> From<E> for HandlerError {
    fn from(source: E) -> Self {
        let any = &source as &dyn Any;
        match any.downcast_ref::<DecodeError>() {
            Some(DecodeError::Version { .. }) => return Self::busy(NEWER, source),
            Some(DecodeError::Data { .. } | DecodeError::Upcast { .. }) => {
                return Self::permanent(source);
            }
            None => {}
        }
        match any.downcast_ref::<StorageError>() {
            Some(error) if error.is_unavailable() => Self::busy(UNAVAILABLE, source),
            _ => Self::transient(source),
        }
    }
}

/// What a handler wants to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subscription {
    /// Every event of one type.
    Event(&'static str),
    /// Every event of one kind of aggregate of one context.
    Aggregate {
        /// The context.
        context: &'static str,
        /// The kind of aggregate.
        aggregate_type: &'static str,
    },
    /// Every event of one context.
    Context(&'static str),
    /// Every event.
    All,
}

impl Subscription {
    /// Every `E`.
    #[must_use]
    pub const fn to<E: DomainEvent>() -> Self {
        Self::Event(E::TYPE)
    }

    /// Whether it covers `event`.
    #[must_use]
    pub fn matches(&self, event: &Envelope) -> bool {
        match self {
            Self::Event(event_type) => event.event_type == *event_type,
            Self::Aggregate { context, aggregate_type } => {
                event.context() == *context && event.aggregate_type == *aggregate_type
            }
            Self::Context(context) => event.context() == *context,
            Self::All => true,
        }
    }
}

impl fmt::Display for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Event(event_type) => f.write_str(event_type),
            Self::Aggregate { context, aggregate_type } => write!(f, "{context}:{aggregate_type}"),
            Self::Context(context) => write!(f, "{context}:*"),
            Self::All => f.write_str("*"),
        }
    }
}

/// When a failed delivery is tried again: exponentially later, with full jitter (a random time up to the bound).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// After so many attempts the delivery becomes a dead letter.
    pub attempts: u16,
    /// The bound of the first delay; doubles with each attempt.
    pub base: Duration,
    /// The largest bound.
    pub cap: Duration,
}

impl RetryPolicy {
    /// Eight attempts within a few minutes: 0.2 s, doubling up to 60 s.
    pub const DEFAULT: Self =
        Self { attempts: 8, base: Duration::from_millis(200), cap: Duration::from_mins(1) };

    /// How long to wait after the `attempt`th failure (from 1), given a number that is random in `0..=u64::MAX`.
    #[must_use]
    pub fn delay(&self, attempt: u16, random: u64) -> Duration {
        let doublings = u32::from(attempt.saturating_sub(1)).min(31);
        let bound = self.base.saturating_mul(1 << doublings).min(self.cap);
        let nanos = u64::try_from(bound.as_nanos()).unwrap_or(u64::MAX);
        // Multiply and shift: a fair share of the bound without a division's bias.
        let jittered = (u128::from(nanos) * u128::from(random)) >> 64;
        Duration::from_nanos(u64::try_from(jittered).unwrap_or(nanos))
    }
}

/// Where a handler starts that the database has not met before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// With the first event of the log.
    Beginning,
    /// With the events that follow its first start.
    Now,
}

/// What a handler changes, which decides whether its events may be delivered again without a second thought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effects {
    /// Rows of the database, in the transaction of the delivery; delivered again, it finds what it did and does what is right.
    Database,
    /// Something outside as well, which would happen twice.
    Outside,
}

/// How a handler wants to be run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HandlerOptions {
    /// At most so many events share a transaction.
    pub batch: usize,
    /// So many partitions run in parallel, 1 to 256. Raising it splits partitions; lowering it has no effect on those
    /// that exist.
    pub partitions: u16,
    /// What happens after failures.
    pub retry: RetryPolicy,
    /// Gathering for an event, or a transaction of deliveries, that takes longer is a transient failure. On SQLite an open
    /// transaction keeps every other writer waiting.
    pub timeout: Duration,
    /// Where it starts.
    pub start: Start,
    /// What it changes; operators are warned before they repeat effects on the outside.
    pub effects: Effects,
}

impl HandlerOptions {
    /// Four partitions, 50 events and 5 s a transaction, from the beginning.
    pub const DEFAULT: Self = Self {
        batch: 50,
        partitions: 4,
        retry: RetryPolicy::DEFAULT,
        timeout: Duration::from_secs(5),
        start: Start::Beginning,
        effects: Effects::Database,
    };
}

impl Default for HandlerOptions {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// What the runtime knows of a handler; apart from [`EventHandler`], because it does not depend on the transaction.
pub trait Subscriber: Send + Sync {
    /// The stable name, e.g. `notifications.on_invitation`: the key of its checkpoints, retries and dead letters.
    fn name(&self) -> &'static str;

    /// What it wants to be told.
    fn subscriptions(&self) -> &[Subscription];

    /// How it wants to be run.
    fn options(&self) -> HandlerOptions {
        HandlerOptions::DEFAULT
    }

    /// Events of one key are handled in order, one after another; by default those of one aggregate.
    ///
    /// It must not change while a database knows the handler: checkpoints and failed deliveries are kept by key. A handler
    /// that needs another key gets another name.
    fn partition_key(&self, event: &Envelope) -> String {
        format!("{}:{}", event.aggregate_type, event.aggregate_id)
    }
}

/// Reacts to events, within the transaction that also moves its checkpoint.
///
/// `T` stands for the transaction, bounded by the ports that the handler needs, so a handler lives in the application
/// layer. Effects on the outside world (mail, HTTP) do not belong here: write a row, and let a worker do the work.
#[async_trait]
pub trait EventHandler<T>: Subscriber {
    /// What [`gather`](Self::gather) finds out; `()` for most.
    type Facts: Send + 'static;

    /// Asks other contexts, before the transaction.
    ///
    /// # Errors
    ///
    /// [`HandlerError`]; the delivery is repeated or becomes a dead letter, as its class says.
    async fn gather(&self, event: &Envelope) -> Result<Self::Facts, HandlerError>;

    /// Handles one event.
    ///
    /// # Errors
    ///
    /// [`HandlerError`]; nothing that was done in `tx` stays.
    async fn handle(
        &self,
        tx: &mut T,
        event: &Envelope,
        facts: Self::Facts,
    ) -> Result<(), HandlerError>;
}

#[cfg(test)]
mod tests;
