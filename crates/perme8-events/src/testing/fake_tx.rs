//! A transaction without a database, for the tests of use cases and handlers.

use std::fmt::{self, Write as _};

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    application::{
        clock::Clock as _,
        deferred::{Deferred, Timer, What},
        transaction::Transaction,
    },
    domain::{
        actor::Actor,
        error::{OnlyLooks, StorageError},
        id::{CorrelationId, UserId},
        origin::Origin,
        unsaved::NewEvent,
    },
    testing::ManualClock,
};

/// A transaction over `S`, which a context fills with its tables in memory.
///
/// Ids count up from `…0100`, the time is [`ManualClock::monday_morning`], the actor is user `…0002`: transcripts repeat.
pub struct FakeTx<S> {
    /// The tables of the context, in memory.
    pub state: S,
    origin: Origin,
    now: DateTime<Utc>,
    ids: u128,
    pushed: Vec<NewEvent>,
    later: Vec<Deferred>,
    only_looks: bool,
}

impl<S> FakeTx<S> {
    /// A transaction of a fixed user.
    #[must_use]
    pub fn new(state: S) -> Self {
        let actor = Actor::User(UserId::new(Uuid::from_u128(2)));
        let origin = Origin::fixed(actor, CorrelationId::new(Uuid::from_u128(3)));
        Self {
            state,
            origin,
            now: ManualClock::monday_morning().now(),
            ids: 0x100,
            pushed: Vec::new(),
            later: Vec::new(),
            only_looks: false,
        }
    }

    /// The same, for this actor.
    #[must_use]
    pub fn of(self, actor: Actor) -> Self {
        let origin = Origin::fixed(actor, self.origin.correlation_id());
        Self { origin, ..self }
    }

    /// The same, for this origin.
    #[must_use]
    pub fn from_origin(self, origin: Origin) -> Self {
        Self { origin, ..self }
    }

    /// The same, at this instant.
    #[must_use]
    pub fn at(self, now: DateTime<Utc>) -> Self {
        Self { now, ..self }
    }

    /// Goes on with another event that is reacted to, at this instant.
    pub(crate) fn turn_to(&mut self, origin: Origin, now: DateTime<Utc>) {
        self.origin = origin;
        self.now = now;
    }

    /// What was emitted or saved, one `type data` line each, and after it what is to be done later.
    ///
    /// # Panics
    ///
    /// Something in it does not serialise.
    #[must_use]
    pub fn transcript(&self) -> String {
        let mut text = super::transcript(&self.pushed);
        for deferred in &self.later {
            line(&mut text, &deferred.0).expect("a String takes everything");
        }
        text
    }

    /// What became of a use case, and the transcript after it.
    ///
    /// # Panics
    ///
    /// As [`transcript`](Self::transcript).
    #[must_use]
    pub fn report<R: fmt::Debug, E: fmt::Display>(&self, outcome: &Result<R, E>) -> String {
        let outcome = match outcome {
            Ok(value) => format!("Ok({value:?})"),
            Err(error) => format!("Err({error})"),
        };
        format!("{outcome}\n{}", self.transcript())
    }

    /// As [`Tx::savepoint`](crate::sql::Tx::savepoint): when `body` fails, its changes and events are undone.
    ///
    /// # Errors
    ///
    /// `body` failed.
    pub async fn savepoint<R, E>(
        &mut self,
        body: impl AsyncFnOnce(&mut Self) -> Result<R, E>,
    ) -> Result<R, E>
    where
        S: Clone,
    {
        let (state, emitted, deferred) = (self.state.clone(), self.pushed.len(), self.later.len());
        let result = body(self).await;
        if result.is_err() {
            self.state = state;
            self.pushed.truncate(emitted);
            self.later.truncate(deferred);
        }
        result
    }

    /// As [`UnitOfWork::look`](crate::sql::UnitOfWork::look): what `body` emits or leaves to be done later is refused, and so are
    /// turns. A row that it writes is undone.
    ///
    /// # Errors
    ///
    /// `body` failed, or [`StorageError::is_only_looking`].
    pub async fn look<R, E: From<StorageError>>(
        &mut self,
        body: impl AsyncFnOnce(&mut Self) -> Result<R, E>,
    ) -> Result<R, E>
    where
        S: Clone,
    {
        let (state, emitted, deferred) = (self.state.clone(), self.pushed.len(), self.later.len());
        self.only_looks = true;
        let result = body(self).await;
        self.only_looks = false;
        self.state = state;
        let refused = OnlyLooks::refuse(self.pushed.get(emitted), self.later.len() > deferred);
        self.pushed.truncate(emitted);
        self.later.truncate(deferred);
        let found = result?;
        refused?;
        Ok(found)
    }

    /// As [`Tx::take_turns`](crate::sql::Tx::take_turns), for the ports that do so: nobody waits in memory.
    ///
    /// # Errors
    ///
    /// [`StorageError::is_only_looking`].
    pub fn take_turns(&self) -> Result<(), StorageError> {
        if self.only_looks {
            return Err(StorageError::only_looks(OnlyLooks::Turns));
        }
        Ok(())
    }

    /// Takes what was emitted, e.g. to commit it to an in-memory store.
    #[must_use]
    pub fn take_events(&mut self) -> Vec<NewEvent> {
        std::mem::take(&mut self.pushed)
    }
}

impl<S: fmt::Debug> fmt::Debug for FakeTx<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeTx")
            .field("state", &self.state)
            .field("pushed", &self.pushed)
            .finish_non_exhaustive()
    }
}

impl<S: Send> Transaction for FakeTx<S> {
    fn origin(&self) -> &Origin {
        &self.origin
    }

    fn now(&self) -> DateTime<Utc> {
        self.now
    }

    fn new_uuid(&mut self) -> Uuid {
        self.ids += 1;
        Uuid::from_u128(self.ids)
    }

    fn push(&mut self, event: NewEvent) {
        self.pushed.push(event);
    }

    fn defer(&mut self, deferred: Deferred) {
        self.later.push(deferred);
    }
}

fn line(text: &mut String, what: &What) -> fmt::Result {
    match what {
        What::Enqueue(job) => {
            let payload = job.payload.as_ref().expect("jobs of tests serialise");
            write!(text, "enqueue {} {payload}", job.queue)?;
            let due = job.due_at.map(|at| at.to_string());
            for (word, value) in
                [("due", &due), ("order", &job.ordering_key), ("once", &job.idempotency_key)]
            {
                if let Some(value) = value {
                    write!(text, " {word}={value}")?;
                }
            }
            writeln!(text)
        }
        What::Cancel { queue, idempotency_key } => {
            writeln!(text, "cancel {queue} {idempotency_key}")
        }
        What::CancelOrdered { queue, ordering_key } => {
            writeln!(text, "cancel {queue} all of {ordering_key}")
        }
        What::SetTimer(Timer { owner, instance, name, due_at }) => {
            writeln!(text, "set timer {owner} {instance} {name} due={due_at}")
        }
        What::CancelTimer { owner, instance, timer } => {
            let timer = timer.as_deref().unwrap_or("all");
            writeln!(text, "cancel timer {owner} {instance} {timer}")
        }
    }
}
