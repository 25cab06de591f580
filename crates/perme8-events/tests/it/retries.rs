//! Retries and dead letters, in virtual time.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use chrono::TimeDelta;
use perme8_events::{
    Clock as _, HandlerOptions, Position, RetryPolicy,
    host::{Discard, OperationError, Operations, Outcome, Runtime},
    on_both_engines,
    sql::{Db, DbOptions, MIGRATIONS},
    testing::TestDb,
};

use crate::{
    fixtures::{PROBE, emit, log, noted, operator},
    probe::{Act, Probe, QUICK, effects, effects_of, told},
};

const NAME: &str = "tests.probe";
const ONE: HandlerOptions = HandlerOptions { partitions: 1, ..QUICK };

fn runtime(db: &Db, probe: Probe) -> Runtime {
    Runtime::builder(db).handler(probe).build()
}

/// A handler that fails at the note 1 in some way until it is mended.
fn broken(act: Act) -> (Probe, Arc<AtomicBool>) {
    let mended = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&mended);
    let probe = Probe::new(NAME).with(ONE).acting(move |note, _| {
        if note.n == 1 && !seen.load(Ordering::SeqCst) { act.clone() } else { Act::Succeed }
    });
    (probe, mended)
}

/// Retrying, parked and dead deliveries.
async fn counts(db: &Db) -> (i64, i64, i64) {
    let status = Operations::new(db).handlers().await.unwrap().remove(0);
    (status.retrying, status.parked, status.dead)
}

async fn position(test: &TestDb, index: usize) -> Position {
    log(&test.db).await[index].position
}

on_both_engines! {
    migrations: [&MIGRATIONS, &PROBE];

    async fn a_failing_delivery_is_retried_later_and_later_and_then_given_up(test: TestDb) {
        let db = &test.db;
        let keys = 30;
        emit(db, (0..keys).map(|n| noted(&format!("key {n}"), n))).await;
        let retry = RetryPolicy { attempts: 6, base: Duration::from_secs(1), cap: Duration::from_secs(8) };
        let probe = Probe::new(NAME).with(HandlerOptions { retry, ..QUICK }).acting(|_, _| Act::Fail);
        let start = test.clock.now();
        let reactions = runtime(db, probe).driver(Some(test.clock.clone())).await.run_until_idle().await;
        let mut longest = [TimeDelta::zero(); 6];
        for key in 0..keys {
            let key = format!("key {key}");
            let (mut before, mut attempt) = (start, 0);
            let mut of_key = reactions.iter().filter(|r| r.event.aggregate_id == key).map(|r| &r.outcome);
            for outcome in of_key.by_ref().take(5) {
                let Outcome::Failed { attempts, due_at, .. } = outcome else { panic!("{outcome:?}") };
                attempt += 1;
                assert_eq!(*attempts, attempt);
                let (delay, bound) = (*due_at - before, TimeDelta::seconds((1 << (attempt - 1)).min(8)));
                assert!(delay >= TimeDelta::zero() && delay <= bound, "attempt {attempt} waits {delay}");
                longest[usize::from(attempt)] = longest[usize::from(attempt)].max(delay);
                before = *due_at;
            }
            assert!(matches!(of_key.next(), Some(Outcome::DeadLettered { .. })));
            assert!(of_key.next().is_none());
        }
        // Each delay is a random share of its bound; of thirty, one is larger than half of it.
        for (attempt, seconds) in [(1, 1), (2, 2), (3, 4), (4, 8), (5, 8)] {
            assert!(longest[attempt] > TimeDelta::seconds(seconds) / 2, "attempt {attempt}");
        }
        assert_eq!(counts(db).await, (0, 0, keys));
        assert!(effects(db, NAME).await.is_empty());
    }

    async fn the_number_of_attempts_survives_a_restart(test: TestDb) {
        let db = &test.db;
        emit(db, [noted("a", 1), noted("a", 2)]).await;
        let (probe, mended) = broken(Act::Fail);
        let mut told_all = String::new();
        for _ in 0..3 {
            // Without a clock of its own, a driver leaves retries undone.
            told_all += &told(&runtime(db, probe.clone()).driver(None).await.run_until_idle().await);
            test.clock.advance(Duration::from_mins(1));
        }
        assert_eq!(told_all, "a 1 failed 1: 1 fails\na 2 parked\na 1 failed 2: 1 fails\na 1 failed 3: 1 fails\n");
        assert_eq!(counts(db).await, (1, 1, 0));
        mended.store(true, Ordering::SeqCst);
        let mut driver = runtime(db, probe).driver(None).await;
        assert_eq!(told(&driver.run_until_idle().await), "a 1 handled\na 2 handled\n");
        assert_eq!(counts(db).await, (0, 0, 0));
    }

    async fn a_restart_does_not_hurry_a_retry(test: TestDb) {
        let db = &test.db;
        emit(db, [noted("a", 1)]).await;
        let (probe, mended) = broken(Act::Busy(Duration::from_hours(1)));
        runtime(db, probe.clone()).driver(None).await.run_until_idle().await;
        mended.store(true, Ordering::SeqCst);
        test.clock.advance(Duration::from_mins(59));
        assert_eq!(told(&runtime(db, probe.clone()).driver(None).await.run_until_idle().await), "");
        test.clock.advance(Duration::from_mins(1));
        assert_eq!(told(&runtime(db, probe).driver(None).await.run_until_idle().await), "a 1 handled\n");
    }

    async fn permanent_errors_are_given_up_at_once(test: TestDb) {
        let db = &test.db;
        emit(db, [noted("a", 1), noted("a", 2), noted("b", 3)]).await;
        let (probe, _) = broken(Act::GiveUp);
        let before = test.clock.now();
        let reactions = runtime(db, probe).driver(Some(test.clock.clone())).await.run_until_idle().await;
        assert_eq!(told(&reactions), "a 1 dead: 1 is wrong\na 2 parked\nb 3 handled\n");
        assert_eq!(test.clock.now(), before, "no time passes");
        assert_eq!(counts(db).await, (0, 1, 1));
    }

    async fn being_asked_to_come_back_does_not_count(test: TestDb) {
        let db = &test.db;
        emit(db, [noted("a", 1)]).await;
        let probe = Probe::new(NAME).with(ONE).acting(|_, tries| {
            // More often than a failure would be forgiven.
            if tries < 10 { Act::Busy(Duration::from_secs(30)) } else { Act::Succeed }
        });
        let start = test.clock.now();
        let mut driver = runtime(db, probe.clone()).driver(None).await;
        driver.run_until_idle().await;
        assert_eq!(counts(db).await, (1, 0, 0), "it will be tried again, it waits behind nobody");
        let mut driver = runtime(db, probe).driver(Some(test.clock.clone())).await;
        let reactions = driver.run_until_idle().await;
        let (last, busy) = reactions.split_last().unwrap();
        assert!(busy.iter().all(|r| matches!(r.outcome, Outcome::Failed { attempts: 0, .. })));
        assert_eq!(last.outcome, Outcome::Handled);
        // The first of ten tries counts from the first driver, and failed alone and in its batch of one.
        let waited = test.clock.now() - start;
        assert_eq!(waited, TimeDelta::seconds(30) * i32::try_from(busy.len() + 1).unwrap());
    }

    async fn being_asked_to_come_back_never_is_cut_short(test: TestDb) {
        let db = &test.db;
        emit(db, [noted("a", 1), noted("b", 2)]).await;
        let (probe, _) = broken(Act::Busy(Duration::MAX));
        let reactions = runtime(db, probe).driver(None).await.run_until_idle().await;
        assert!(told(&reactions).ends_with("b 2 handled\n"), "{}", told(&reactions));
        let Outcome::Failed { due_at, .. } = reactions[0].outcome else { panic!("it failed") };
        assert!(due_at <= test.clock.now() + TimeDelta::days(366));
    }

    async fn followers_of_a_key_wait_and_then_flow_in_order_while_others_flow(test: TestDb) {
        let db = &test.db;
        let (probe, mended) = broken(Act::Fail);
        let mut driver = runtime(db, probe).driver(None).await;
        emit(db, [noted("a", 0), noted("a", 1), noted("b", 10), noted("a", 2), noted("b", 11)]).await;
        driver.run_until_idle().await;
        emit(db, [noted("a", 3), noted("b", 12)]).await;
        driver.run_until_idle().await;
        assert_eq!(effects_of(db, NAME, "a").await, [0]);
        assert_eq!(effects_of(db, NAME, "b").await, [10, 11, 12]);
        assert_eq!(counts(db).await, (1, 2, 0));
        mended.store(true, Ordering::SeqCst);
        emit(db, [noted("a", 4)]).await;
        test.clock.advance(Duration::from_mins(1));
        driver.run_until_idle().await;
        assert_eq!(effects_of(db, NAME, "a").await, [0, 1, 2, 3, 4]);
        assert_eq!(counts(db).await, (0, 0, 0));
    }

    async fn a_dead_letter_is_retried_with_all_that_waits_behind_it(test: TestDb) {
        let db = &test.db;
        emit(db, (1..=4).map(|n| noted("a", n))).await;
        let (probe, mended) = broken(Act::GiveUp);
        let mut driver = runtime(db, probe).driver(Some(test.clock.clone())).await;
        driver.run_until_idle().await;
        let operations = Operations::new(db);
        let [letter] = &operations.dead_letters(Some(NAME), 10).await.unwrap()[..] else { panic!("one") };
        assert_eq!((letter.key.as_str(), letter.attempts, letter.waiting_behind), ("note:a", 1, 3));
        assert_eq!((letter.error.as_str(), letter.event_type.as_str()), ("1 is wrong", "notes.noted"));
        assert_eq!(operations.dead_letters(None, 10).await.unwrap(), std::slice::from_ref(letter));
        assert!(operations.dead_letters(Some("tests.other"), 10).await.unwrap().is_empty());
        let detail = operations.dead_letter(NAME, letter.position).await.unwrap();
        assert_eq!(detail.event.unwrap().event_id, letter.event_id);

        // Still broken: it dies again.
        operations.retry(&operator(), NAME, letter.position).await.unwrap();
        assert_eq!(told(&driver.run_until_idle().await), "a 1 dead: 1 is wrong\n");
        mended.store(true, Ordering::SeqCst);
        operations.retry(&operator(), NAME, letter.position).await.unwrap();
        let handled = "a 1 handled\na 2 handled\na 3 handled\na 4 handled\n";
        assert_eq!(told(&driver.run_until_idle().await), handled);
        assert_eq!(counts(db).await, (0, 0, 0));
    }

    async fn a_dead_letter_is_discarded_through_another_connection_to_the_database(test: TestDb) {
        let db = &test.db;
        emit(db, (1..=3).map(|n| noted("a", n))).await;
        let (probe, _) = broken(Act::GiveUp);
        let mut driver = runtime(db, probe).driver(Some(test.clock.clone())).await;
        driver.run_until_idle().await;
        let options = DbOptions { connections: 2, clock: Arc::new(test.clock.clone()), ..DbOptions::default() };
        let command_line = Db::open(&test.url, options).await.unwrap();
        let first = position(&test, 0).await;
        Operations::new(&command_line).discard(&operator(), NAME, first, Discard::Alone).await.unwrap();
        command_line.close().await;
        emit(db, [noted("a", 4)]).await;
        // Whether the new one waits behind the others or comes when they are done is the lane's business; the order is not.
        driver.run_until_idle().await;
        assert_eq!(effects_of(db, NAME, "a").await, [2, 3, 4]);
        assert_eq!(counts(db).await, (0, 0, 0));
    }

    async fn a_key_that_was_freed_flows_at_once(test: TestDb) {
        let db = &test.db;
        emit(db, [noted("a", 1)]).await;
        let (probe, _) = broken(Act::GiveUp);
        let mut driver = runtime(db, probe).driver(None).await;
        driver.run_until_idle().await;
        Operations::new(db).discard(&operator(), NAME, position(&test, 0).await, Discard::Alone).await.unwrap();
        emit(db, [noted("a", 2), noted("a", 3)]).await;
        assert_eq!(told(&driver.run_until_idle().await), "a 2 handled\na 3 handled\n");
    }

    async fn only_dead_letters_are_retried_and_discarded(test: TestDb) {
        let db = &test.db;
        emit(db, [noted("a", 1), noted("a", 2)]).await;
        let (probe, _) = broken(Act::Fail);
        runtime(db, probe).driver(None).await.run_until_idle().await;
        let operations = Operations::new(db);
        for index in 0..2 {
            let at = position(&test, index).await;
            let retried = operations.retry(&operator(), NAME, at).await;
            assert!(matches!(retried, Err(OperationError::UnknownDeadLetter { .. })), "{retried:?}");
            for discard in [Discard::Alone, Discard::WithWaiting] {
                let discarded = operations.discard(&operator(), NAME, at, discard).await;
                assert!(matches!(discarded, Err(OperationError::UnknownDeadLetter { .. })), "{discarded:?}");
            }
            assert!(operations.dead_letter(NAME, at).await.is_err());
        }
        assert_eq!(counts(db).await, (1, 1, 0));
    }

    async fn a_failure_between_others_of_a_batch_is_the_only_one_that_counts(test: TestDb) {
        let db = &test.db;
        emit(db, [noted("a", 5), noted("b", 1), noted("a", 6), noted("b", 7), noted("c", 8)]).await;
        let (probe, _) = broken(Act::GiveUp);
        let reactions = runtime(db, probe).driver(None).await.run_until_idle().await;
        assert_eq!(told(&reactions), "a 5 handled\nb 1 dead: 1 is wrong\na 6 handled\nb 7 parked\nc 8 handled\n");
        assert_eq!(effects(db, NAME).await.len(), 3);
    }
}
