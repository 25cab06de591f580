//! R4: a handler that takes its time delays no other.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use perme8_events::{
    Envelope, EventHandler, HandlerError, HandlerOptions, StorageError, Subscriber, Subscription,
    host::{Outcome, Runtime},
    sql::Tx,
    testing::TestDb,
};
use tokio::sync::Semaphore;

use crate::{
    consumers::{Noting, OrderedBy},
    form::{Form, say},
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

/// While one handler hangs, the other goes on as if it were alone; then the first one catches up.
async fn one_hangs_and_the_other_goes_on(test: TestDb, place: Where) {
    const EVENTS: usize = 200;
    let form = Form::of("R4, isolation");
    let world = World::new(&test).await;
    let release = Arc::new(Semaphore::new(0));
    let slow = Slow { place, release: Arc::clone(&release) };
    let quick = Noting::new("proof.quick", 4, OrderedBy::Account, 0, form);
    let runtime = Runtime::builder(&world.db).handler(slow).handler(quick).build();
    let mut reactions = runtime.reactions();
    let (_, tasks) = world.start(&runtime).await;

    let mut slowest = Duration::ZERO;
    for number in world.numbers(i64::try_from(EVENTS).unwrap()) {
        world
            .uow
            .run(origin(), async |tx| {
                move_account(tx, number % 8, number).await?;
                Ok::<_, StorageError>(())
            })
            .await
            .unwrap();
        let committed = Instant::now();
        let reaction = tokio::time::timeout(Duration::from_secs(10), reactions.recv())
            .await
            .expect("the quick handler is not held up")
            .unwrap();
        assert_eq!((reaction.handler, reaction.outcome), ("proof.quick", Outcome::Handled));
        slowest = slowest.max(reaction.at.saturating_duration_since(committed));
    }
    say(&format!(
        "{}, beside a handler that hangs while {place:?}: the slowest of {EVENTS} reactions after {slowest:?}",
        world.db.engine_name()
    ));
    release.add_permits(1);
    world.handlers_are_done().await;
    tasks.shutdown(Duration::from_secs(10)).await.unwrap();
    let caught_up = std::iter::from_fn(|| reactions.try_recv().ok()).filter(|reaction| {
        reaction.handler == "proof.slow" && reaction.outcome == Outcome::Handled
    });
    assert_eq!(caught_up.count(), EVENTS);
}

proof!(a_handler_that_gathers_for_long_delays_no_other, 16, |test| {
    one_hangs_and_the_other_goes_on(test, Where::Gathering)
});

/// On SQLite a transaction that stays open is in everybody's way, which is why slow work belongs before it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handler_that_handles_for_long_delays_no_other_postgres() {
    if let Some(test) = TestDb::postgres(16, &[&perme8_events::sql::MIGRATIONS]).await {
        test.run(|test| one_hangs_and_the_other_goes_on(test, Where::Handling)).await;
    }
}
