//! Forgetting in the log whose an account was, some time after its end.
//!
//! Not at once: the last word to the address that the account had is still to be sent, from what the log says.

use std::time::Duration;

use async_trait::async_trait;
use identity::UserDeleted;
use perme8_events::{
    Envelope, EventHandler, HandlerError, Job, JobRun, NewJob, Subscriber, Subscription, Timer,
    TimerFired, Transaction, UserId, Worker,
    sql::{Db, Forgetting, UnitOfWork},
};
use serde::{Deserialize, Serialize};

const NAME: &str = "perme8.on_user_deleted";
const TIMER: &str = "forget";
/// For so long the job waits for readers of the database, and writers for the job; it is run again when that was not enough.
const PATIENCE: Duration = Duration::from_millis(50);

/// A person who is to be forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Forget {
    user_id: UserId,
}

impl Job for Forget {
    const QUEUE: &'static str = "perme8.forgetting";
}

/// Has whoever gives up the account forgotten after a while: a timer says when, and a job does it.
///
/// Hears [`UserDeleted`] and [`TimerFired`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct OnUserDeleted {
    after: Duration,
}

impl OnUserDeleted {
    /// So long after the end of the account.
    pub(crate) const fn new(after: Duration) -> Self {
        Self { after }
    }
}

impl Subscriber for OnUserDeleted {
    fn name(&self) -> &'static str {
        NAME
    }

    fn subscriptions(&self) -> &[Subscription] {
        const { &[Subscription::to::<UserDeleted>(), Subscription::to::<TimerFired>()] }
    }
}

#[async_trait]
impl<T: Transaction> EventHandler<T> for OnUserDeleted {
    type Facts = ();

    async fn gather(&self, _: &Envelope) -> Result<(), HandlerError> {
        Ok(())
    }

    async fn handle(&self, tx: &mut T, event: &Envelope, (): ()) -> Result<(), HandlerError> {
        if let Some(UserDeleted { user_id, .. }) = event.decode()? {
            let due_at = event.occurred_at + self.after;
            tx.set_timer(Timer::new(NAME, user_id.to_string(), TIMER, due_at));
            return Ok(());
        }
        let fired: Option<TimerFired> = event.decode()?;
        let Some(fired) = fired.filter(|fired| fired.owner == NAME) else { return Ok(()) };
        let user_id: UserId = fired.instance.parse().map_err(HandlerError::permanent)?;
        tx.enqueue(NewJob::new(Forget { user_id }).once(user_id.to_string()));
        Ok(())
    }
}

/// Forgets those who are to be forgotten, for good.
#[derive(Debug, Clone)]
pub(crate) struct Forgetter {
    db: Db,
    uow: UnitOfWork,
}

impl Forgetter {
    /// In this database.
    pub(crate) fn new(db: &Db) -> Self {
        Self { db: db.clone(), uow: UnitOfWork::new(db.clone()) }
    }
}

#[async_trait]
impl Worker for Forgetter {
    type Job = Forget;
    type Done = ();

    async fn work(&self, job: Forget, run: &JobRun) -> Result<(), HandlerError> {
        let forgotten = self
            .uow
            .run(run.origin(), async |tx| tx.forget(job.user_id, Forgetting::ForGood, None).await)
            .await;
        match forgotten {
            Ok(_) => {}
            // An earlier run came so far, and perhaps no further.
            Err(error) if error.is_repeated() => {}
            Err(error) => return Err(error.into()),
        }
        if self.db.scrub_keys(PATIENCE).await? {
            Ok(())
        } else {
            Err(HandlerError::transient("readers of the database keep what is left of a key"))
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use perme8_events::{
        Actor, EventFilter, EventStore as _, Origin, PersonForgotten, Position, StorageError,
        on_both_engines,
        sql::MIGRATIONS,
        testing::{FakeTx, envelope},
    };
    use uuid::Uuid;

    use super::*;

    const WEEK: Duration = Duration::from_hours(7 * 24);

    fn ada() -> UserId {
        UserId::new(Uuid::from_u128(1))
    }

    fn farewell() -> UserDeleted {
        UserDeleted { user_id: ada(), email: Some("ada@example.com".to_owned().into()) }
    }

    #[tokio::test]
    async fn whoever_is_gone_is_forgotten_after_a_week() {
        let mut tx = FakeTx::new(());
        let fired = |owner: &str| TimerFired {
            owner: owner.to_owned(),
            instance: ada().to_string(),
            timer: TIMER.to_owned(),
            due_at: tx.now(),
        };
        let events = [
            envelope(1, Actor::User(ada()), &farewell()),
            envelope(2, Actor::System("events.timers".into()), &fired("somebody.else")),
            envelope(3, Actor::System("events.timers".into()), &fired(NAME)),
        ];
        for event in &events {
            OnUserDeleted::new(WEEK).handle(&mut tx, event, ()).await.unwrap();
        }
        expect![[r#"
            set timer perme8.on_user_deleted 00000000-0000-0000-0000-000000000001 forget due=2026-01-12 09:00:00 UTC
            enqueue perme8.forgetting {"user_id":"00000000-0000-0000-0000-000000000001"} once=00000000-0000-0000-0000-000000000001
        "#]]
        .assert_eq(&tx.transcript());
    }

    on_both_engines! {
        migrations: [&MIGRATIONS];

        async fn the_last_word_to_an_address_is_forgotten_with_it(test: TestDb) {
            let (db, uow) = (&test.db, UnitOfWork::new(test.db.clone()));
            let said = uow.run(Origin::user(ada()), async |tx| {
                tx.emit(farewell());
                Ok::<_, StorageError>(())
            });
            said.await.unwrap();
            let said = async || {
                let log = db.read(&EventFilter::All, Position::START, 10).await.unwrap();
                log[0].decode::<UserDeleted>().unwrap().unwrap().email.unwrap()
            };
            assert_eq!(said().await.known().map(String::as_str), Some("ada@example.com"));
            let (forgetter, job) = (Forgetter::new(db), Forget { user_id: ada() });
            // A run that was cut short after its commit is repeated.
            for _ in 0..2 {
                forgetter.work(job, &JobRun::fake("ada")).await.unwrap();
            }
            assert_eq!(said().await.known(), None);
            let log = db.read(&EventFilter::All, Position::START, 10).await.unwrap();
            let told: Vec<PersonForgotten> =
                log.iter().filter_map(|event| event.decode().unwrap()).collect();
            assert_eq!(told, [PersonForgotten { user_id: ada(), for_good: true, operator: None }]);
        }
    }
}
