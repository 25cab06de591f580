//! What a use case may know of the transaction it runs in.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::{
    application::{
        deferred::{Deferred, Timer, What},
        job::{Job, NewJob},
    },
    domain::{event::DomainEvent, id::Id, origin::Origin, unsaved::NewEvent},
};

/// An open transaction, as seen by a use case: it can neither commit nor roll back.
pub trait Transaction: Send {
    /// On whose behalf this transaction runs.
    fn origin(&self) -> &Origin;
    /// The one instant at which everything in this transaction happens, cut to microseconds.
    fn now(&self) -> DateTime<Utc>;
    /// A fresh UUID, ordered by time.
    fn new_uuid(&mut self) -> Uuid;
    /// Buffers an event until the commit.
    fn push(&mut self, event: NewEvent);
    /// Buffers a job or a timer until the commit.
    fn defer(&mut self, deferred: Deferred);

    /// A fresh id.
    fn new_id<A>(&mut self) -> Id<A> {
        Id::new(self.new_uuid())
    }

    /// Emits a fact without state, e.g. a login; what has state is saved with its events by [`Save`](crate::Save).
    fn emit<E: DomainEvent>(&mut self, event: E) {
        self.push(NewEvent::of(event));
    }

    /// Enqueues work that is done after the commit, outside of the transaction: `tx.enqueue(job)`, or with a due time, an
    /// order or an idempotency key as [`NewJob`] says.
    fn enqueue<J: Job>(&mut self, job: impl Into<NewJob<J>>) {
        self.defer(job.into().deferred());
    }

    /// Calls off the job of this idempotency key, unless it is done: a run that has begun is told to stop, and what it says is
    /// ignored. Nobody is told of it, what is ordered behind it runs, and its payload is forgotten.
    fn cancel_job<J: Job>(&mut self, idempotency_key: impl Into<String>) {
        let idempotency_key = idempotency_key.into();
        self.defer(Deferred(What::Cancel { queue: J::QUEUE, idempotency_key }));
    }

    /// Sets a timer, or moves the one of the same owner, instance and name.
    fn set_timer(&mut self, timer: Timer) {
        self.defer(Deferred(What::SetTimer(timer)));
    }

    /// Forgets a timer, unless it has fired already.
    fn cancel_timer(
        &mut self,
        owner: &'static str,
        instance: impl Into<String>,
        timer: impl Into<String>,
    ) {
        let (owner, instance, timer) = (owner.into(), instance.into(), Some(timer.into()));
        self.defer(Deferred(What::CancelTimer { owner, instance, timer }));
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use serde::{Deserialize, Serialize};

    use super::*;
    use crate::{
        domain::{core_events::PersonForgotten, id::UserId},
        testing::FakeTx,
    };

    #[derive(Serialize, Deserialize)]
    struct Greet {
        name: String,
    }

    impl Job for Greet {
        const QUEUE: &'static str = "mail.greetings";
    }

    #[test]
    fn a_use_case_leaves_what_it_asked_for() {
        let mut tx = FakeTx::new(());
        let (user_id, another): (UserId, UserId) = (tx.new_id(), tx.new_id());
        assert_ne!(user_id, another);
        tx.emit(PersonForgotten { user_id, for_good: true, operator: None });
        tx.enqueue(Greet { name: "Ada".to_owned() });
        tx.cancel_job::<Greet>("her greeting");
        let due = tx.now();
        tx.set_timer(Timer::new("mail.greeter", "ada", "late", due));
        tx.cancel_timer("mail.greeter", "ada", "later");
        expect![[r#"
            perme8_events.person_forgotten {"user_id":"00000000-0000-0000-0000-000000000101","for_good":true,"operator":null}
            enqueue mail.greetings {"name":"Ada"}
            cancel mail.greetings her greeting
            set timer mail.greeter ada late due=2026-01-05 09:00:00 UTC
            cancel timer mail.greeter ada later
        "#]].assert_eq(&tx.transcript());
    }
}
