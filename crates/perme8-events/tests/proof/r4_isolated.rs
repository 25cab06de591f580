//! R4: a handler that takes its time delays no other.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use perme8_events::{
    Envelope, EventHandler, HandlerError, HandlerOptions, Subscriber, Subscription,
    host::{Outcome, Reaction, Runtime},
    sql::Tx,
    testing::{TestDb, figure},
};
use tokio::sync::{Semaphore, broadcast::Receiver};

use crate::{
    consumers::{Noting, OrderedBy},
    form::Form,
    world::{AccountMoved, World, move_account, origin, proof},
};

/// Where a handler takes its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Where {
    /// Before its transaction, as slow work should.
    Gathering,
    /// Within its transaction.
    Handling,
}

/// Takes as long as it is not released.
#[derive(Debug)]
struct Slow {
    place: Where,
    release: Arc<Semaphore>,
}

impl Slow {
    async fn takes_its_time(&self, place: Where) {
        if place == self.place {
            let permit = self.release.acquire().await;
            permit.expect("it is released, not closed").forget();
            self.release.add_permits(1);
        }
    }
}

impl Subscriber for Slow {
    fn name(&self) -> &'static str {
        "proof.slow"
    }

    fn subscriptions(&self) -> &[Subscription] {
        const { &[Subscription::to::<AccountMoved>()] }
    }

    fn options(&self) -> HandlerOptions {
        HandlerOptions { timeout: Duration::from_hours(1), ..HandlerOptions::DEFAULT }
    }
}

#[async_trait]
impl EventHandler<Tx> for Slow {
    type Facts = ();

    async fn gather(&self, _: &Envelope) -> Result<(), HandlerError> {
        self.takes_its_time(Where::Gathering).await;
        Ok(())
    }

    async fn handle(&self, _: &mut Tx, _: &Envelope, (): ()) -> Result<(), HandlerError> {
        self.takes_its_time(Where::Handling).await;
        Ok(())
    }
}

const EVENTS: usize = 200;

/// The slowest reaction of the quick handler while the other one hangs; none when one takes longer than `limit`.
async fn beside_one_that_hangs(test: TestDb, place: Where, limit: Duration) -> Option<Duration> {
    let form = Form::of("R4, isolation");
    let world = World::new(&test).await;
    let release = Arc::new(Semaphore::new(0));
    let slow = Slow { place, release: Arc::clone(&release) };
    let quick = Noting::new("proof.quick", 4, OrderedBy::Account, 0, form);
    let runtime = Runtime::builder(&world.db).handler(slow).handler(quick).build();
    let mut reactions = runtime.reactions();
    let (_, tasks) = world.start(&runtime).await;

    let mut slowest = Some(Duration::ZERO);
    for number in world.numbers(i64::try_from(EVENTS).unwrap()) {
        let took = tokio::time::timeout(limit, one_reaction(&world, number, &mut reactions)).await;
        slowest = slowest.zip(took.ok()).map(|(slowest, took)| slowest.max(took));
        if slowest.is_none() {
            break;
        }
    }
    let took =
        slowest.map_or_else(|| "came too late".to_owned(), |slowest| format!("after {slowest:?}"));
    let line = format!("beside a handler that hangs while {place:?}: the slowest reaction {took}");
    figure("R4", world.db.engine_name(), &line);
    release.add_permits(1);
    world.handlers_are_done().await;
    tasks.shutdown(Duration::from_secs(10)).await.unwrap();
    if slowest.is_some() {
        let caught_up = std::iter::from_fn(|| reactions.try_recv().ok()).filter(|reaction| {
            (reaction.handler, &reaction.outcome) == ("proof.slow", &Outcome::Handled)
        });
        assert_eq!(caught_up.count(), EVENTS);
    }
    slowest
}

/// How soon after the commit of an event the quick handler has reacted.
async fn one_reaction(world: &World, number: i64, reactions: &mut Receiver<Reaction>) -> Duration {
    let done = world.uow.run(origin(), async |tx| move_account(tx, number % 8, number).await);
    done.await.unwrap();
    let committed = Instant::now();
    let reaction = reactions.recv().await.unwrap();
    assert_eq!((reaction.handler, reaction.outcome), ("proof.quick", Outcome::Handled));
    reaction.at.saturating_duration_since(committed)
}

proof!(a_handler_that_gathers_for_long_delays_no_other, 16, async |test| {
    let slowest = beside_one_that_hangs(test, Where::Gathering, Duration::from_secs(5)).await;
    assert!(slowest.is_some(), "the quick handler is held up");
});

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handler_that_handles_for_long_delays_no_other_postgres() {
    if let Some(test) = TestDb::postgres(16, &[&perme8_events::sql::MIGRATIONS]).await {
        test.run(async |test| {
            let slowest =
                beside_one_that_hangs(test, Where::Handling, Duration::from_secs(5)).await;
            assert!(slowest.is_some(), "the quick handler is held up");
        })
        .await;
    }
}

/// On SQLite a transaction that stays open is in everybody's way: slow work belongs before it, and the proof notices.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn control_a_transaction_that_stays_open_delays_everybody_sqlite() {
    let test = TestDb::sqlite(&[&perme8_events::sql::MIGRATIONS]).await;
    test.run(async |test| {
        let slowest = beside_one_that_hangs(test, Where::Handling, Duration::from_secs(1)).await;
        assert_eq!(slowest, None);
    })
    .await;
}
