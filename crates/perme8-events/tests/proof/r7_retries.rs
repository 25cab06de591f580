//! R7: what fails for long delays nothing else; how often it failed and when it is due outlive every restart; what no
//! repetition mends is given up at once.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use perme8_events::{
    Clock as _, HandlerError, HandlerOptions, RetryPolicy, StorageError, Transaction as _,
    host::{Operations, Runtime},
    sql,
    testing::{TestDb, figure},
};

use crate::{
    consumers::{OrderedBy, Scripted},
    form::Form,
    world::{AccountMoved, World, origin, proof},
};

const HANDLER: &str = "proof.retrying";
/// The account whose events fail.
const STUBBORN: i64 = 0;
/// It is tried so often.
const ATTEMPTS: u16 = 6;
/// Whoever forgets how often something failed has restarted more often than this, and would go on for ever.
const RESTARTS: usize = 12;
/// So much virtual time passes between two looks, and whatever is due at all is due by then.
const MINUTES: i64 = 10;
const ROUND: Duration = Duration::from_mins(MINUTES.unsigned_abs());

/// A handler that refuses what the stubborn account does, and how often it did.
#[derive(Clone)]
struct Refusing {
    tries: Arc<AtomicUsize>,
    attempts: u16,
    ordered_by: OrderedBy,
    error: fn() -> HandlerError,
}

impl Refusing {
    fn new(attempts: u16, error: fn() -> HandlerError) -> Self {
        Self { tries: Arc::default(), attempts, ordered_by: OrderedBy::Account, error }
    }

    fn tries(&self) -> usize {
        self.tries.load(Ordering::SeqCst)
    }

    /// A process that has just begun, as far as the handler can tell.
    fn runtime(&self, world: &World) -> Runtime {
        let Self { tries, attempts, ordered_by, error } = self.clone();
        let script = move |event: &AccountMoved| {
            if event.account != STUBBORN {
                return Ok(());
            }
            tries.fetch_add(1, Ordering::SeqCst);
            Err(error())
        };
        let retry =
            RetryPolicy { attempts, base: Duration::from_secs(1), cap: Duration::from_mins(1) };
        let handler = Scripted {
            name: HANDLER,
            options: HandlerOptions { retry, ..HandlerOptions::DEFAULT },
            ordered_by,
            script: Arc::new(script),
        };
        Runtime::builder(&world.db).handler(handler).build()
    }

    /// Delivers what is due, and ends.
    async fn run(&self, world: &World) {
        self.runtime(world).driver(None).await.run_until_idle().await;
    }
}

fn transient() -> HandlerError {
    HandlerError::transient("not yet")
}

fn permanent() -> HandlerError {
    HandlerError::permanent("never")
}

/// How often the one delivery has failed that will be tried again, and when it is due.
async fn waiting(world: &World) -> Option<(i64, DateTime<Utc>)> {
    world
        .db
        .query(sql!(
            "SELECT attempts, due_at FROM event_deliveries
             WHERE handler = $1 AND NOT is_dead AND due_at IS NOT NULL"
        ))
        .bind(HANDLER)
        .opt()
        .await
        .unwrap()
}

async fn dead(world: &World) -> i64 {
    Operations::new(&world.db).status(HANDLER).await.unwrap().dead
}

/// In so many of `rounds` the other accounts did not come to the end of the log, while one was failing for hours.
async fn held_up(test: &TestDb, ordered_by: OrderedBy, rounds: i64) -> usize {
    let world = World::in_virtual_time(test).await;
    let refusing = Refusing { ordered_by, ..Refusing::new(u16::MAX, transient) };
    let (mut delayed, mut expected) = (0, 0);
    for round in 1..=rounds {
        world.fill(STUBBORN..20, round..=round).await;
        expected += 19;
        refusing.run(&world).await;
        delayed += usize::from(world.effects(HANDLER).await.len() < expected);
        test.clock.advance(ROUND);
    }
    let line = format!(
        "ordered by {ordered_by:?}: others held up in {delayed} of {rounds} rounds, while one failed {} times in {} minutes",
        refusing.tries(),
        rounds * MINUTES
    );
    figure("R7", world.db.engine_name(), &line);
    assert_eq!(dead(&world).await, 0);
    delayed
}

/// What a process would have that keeps retries in memory: with the process they are gone.
async fn forget(world: &World) {
    let done = world.uow.run(origin(), async |tx| {
        let now = tx.now();
        tx.query(sql!(
            "UPDATE event_deliveries SET attempts = 0, due_at = $2 WHERE handler = $1 AND NOT is_dead"
        ))
        .bind(HANDLER)
        .bind(now)
        .exec()
        .await?;
        Ok::<_, StorageError>(())
    });
    done.await.unwrap();
}

/// How a delivery ended that always fails, when there is a restart before each attempt.
#[derive(Debug, PartialEq, Eq)]
struct Ended {
    tries: usize,
    /// So often it was tried before it was due.
    early: usize,
    given_up: bool,
}

async fn restarted_before_each_attempt(test: &TestDb, forgetful: bool) -> Ended {
    let world = World::in_virtual_time(test).await;
    let refusing = Refusing::new(ATTEMPTS, transient);
    world.fill([STUBBORN], 1..=1).await;
    refusing.run(&world).await;
    let (mut restarts, mut early) = (0, 0);
    while restarts < RESTARTS {
        let Some((attempts, due)) = waiting(&world).await else { break };
        if !forgetful {
            assert_eq!(usize::try_from(attempts).unwrap(), refusing.tries());
        }
        restarts += 1;
        if forgetful {
            forget(&world).await;
        }
        // With full jitter it may be due at once.
        let before = refusing.tries();
        if due > test.clock.now() {
            test.clock.advance_to(due - TimeDelta::microseconds(1));
            refusing.run(&world).await;
            early += usize::from(refusing.tries() > before);
        }
        test.clock.advance_to(due);
        refusing.run(&world).await;
    }
    let ended = Ended { tries: refusing.tries(), early, given_up: dead(&world).await == 1 };
    let kind = if forgetful { "control, retries in memory" } else { "retries are rows" };
    let line = format!(
        "{kind}: tried {} times of {ATTEMPTS} over {restarts} restarts, {early} times early, given up: {}",
        ended.tries, ended.given_up
    );
    figure("R7", world.db.engine_name(), &line);
    ended
}

/// How often something is tried in an hour that fails like this.
async fn tries_within_an_hour(test: &TestDb, error: fn() -> HandlerError) -> usize {
    let world = World::in_virtual_time(test).await;
    let refusing = Refusing::new(ATTEMPTS, error);
    world.fill([STUBBORN], 1..=1).await;
    // Once more than there are attempts, each of which is due by then.
    for _ in 0..=ATTEMPTS {
        refusing.run(&world).await;
        test.clock.advance(ROUND);
    }
    assert_eq!(dead(&world).await, 1);
    refusing.tries()
}

/// How many rounds: hours of virtual time in any case.
fn rounds() -> i64 {
    if Form::of("R7").long { 300 } else { 12 }
}

proof!(a_key_that_fails_for_hours_delays_no_other, 6, async |test| {
    assert_eq!(held_up(&test, OrderedBy::Account, rounds()).await, 0);
});

proof!(control_with_one_row_for_all_everybody_waits, 6, async |test| {
    assert_eq!(held_up(&test, OrderedBy::Nobody, 3).await, 3);
});

proof!(attempts_and_due_times_outlive_every_restart, 6, async |test| {
    let ended = restarted_before_each_attempt(&test, false).await;
    assert_eq!(ended, Ended { tries: ATTEMPTS.into(), early: 0, given_up: true });
});

proof!(control_retries_in_memory_never_come_to_an_end, 6, async |test| {
    let ended = restarted_before_each_attempt(&test, true).await;
    assert!(!ended.given_up && ended.tries > usize::from(ATTEMPTS), "{ended:?}");
    assert!(ended.early > 0, "{ended:?}");
});

proof!(what_no_repetition_mends_is_given_up_at_once, 6, async |test| {
    assert_eq!(tries_within_an_hour(&test, permanent).await, 1);
});

proof!(control_a_permanent_error_like_any_other_is_tried_again, 6, async |test| {
    assert_eq!(tries_within_an_hour(&test, transient).await, usize::from(ATTEMPTS));
});
