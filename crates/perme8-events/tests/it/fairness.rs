//! One workspace floods a handler: the others overtake it, each key keeps its order, and everything is handled once.

use std::{collections::BTreeMap, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::FutureExt as _;
use perme8_events::{
    HandlerOptions, Origin, Position, StorageError, SystemClock, Transaction as _,
    host::{
        Feed, HandlerState, HandlerStatus, NodeOptions, Operations, ReadYourWrites, Runtime,
        RuntimeBuilder, Tasks, WaitError,
    },
    on_both_engines, sql,
    sql::{Db, MIGRATIONS, UnitOfWork},
    testing::wait_until,
};

use crate::{
    fixtures::{Noted, PROBE, change, emit, noted, operator, user, workspace},
    probe::{Act, Probe, QUICK, effects},
};

const NAME: &str = "tests.probe";
const ONE: HandlerOptions = HandlerOptions { partitions: 1, ..QUICK };
/// The workspace that floods, and another.
const FLOODS: u128 = 1;
const WAITS: u128 = 2;
const SOON: Duration = Duration::from_secs(30);

fn of(tenant: u128, note: &str, n: i64) -> Noted {
    Noted { workspace: Some(workspace(tenant)), ..noted(note, n) }
}

fn builder(db: &Db, probe: Probe) -> RuntimeBuilder {
    Runtime::builder(db).handler(probe)
}

/// Four hundred notes of the one that floods, with three of another among them.
fn flood() -> Vec<Noted> {
    let mut notes: Vec<_> = (0..400).map(|n| of(FLOODS, &format!("flood {}", n % 30), n)).collect();
    for n in 1000..1003 {
        notes.insert(300, of(WAITS, &format!("other {n}"), n));
    }
    notes
}

/// Numbers of each key, in this order.
fn by_key(notes: impl IntoIterator<Item = (String, i64)>) -> BTreeMap<String, Vec<i64>> {
    let mut keys = BTreeMap::<_, Vec<_>>::new();
    for (key, n) in notes {
        keys.entry(key).or_default().push(n);
    }
    keys
}

/// What each key is to be told, in order.
fn expected(notes: &[Noted]) -> BTreeMap<String, Vec<i64>> {
    by_key(notes.iter().map(|noted| (noted.note.clone(), noted.n)))
}

/// How many are handled before the last of those who wait has its turn.
async fn before_the_others(db: &Db) -> usize {
    let done = effects(db, NAME).await;
    done.iter().rposition(|(key, _)| key.starts_with("other")).expect("the others are handled")
}

async fn status(db: &Db) -> HandlerStatus {
    Operations::new(db).status(NAME).await.unwrap()
}

/// Retrying, set aside without a failure, and dead.
async fn counts(db: &Db) -> (i64, i64, i64) {
    let HandlerStatus { retrying, parked, aside, dead, .. } = status(db).await;
    (retrying, parked + aside, dead)
}

on_both_engines! {
    migrations: [&MIGRATIONS, &PROBE];

    async fn whoever_waits_behind_a_flood_overtakes_it(test: TestDb) {
        let db = &test.db;
        emit(db, flood()).await;
        let runtime = builder(db, Probe::new(NAME).with(ONE)).build();
        runtime.driver(None).await.run_until_idle().await;
        let before = before_the_others(db).await;
        assert!(before < 50, "{before} are handled first");
        assert_eq!(by_key(effects(db, NAME).await), expected(&flood()));
        assert_eq!(counts(db).await, (0, 0, 0));
    }

    async fn whoever_waits_beyond_what_was_read_ahead_overtakes_it_too(test: TestDb) {
        let db = &test.db;
        // Before the events, so that they are in the window of its feed.
        let mut driver = builder(db, Probe::new(NAME).with(ONE)).build().driver(None).await;
        emit(db, (0..600).map(|n| of(FLOODS, &format!("flood {n}"), n))).await;
        emit(db, [of(WAITS, "other", 1000)]).await;
        assert!(driver.step(NAME).await);
        let (_, aside, _) = counts(db).await;
        assert!(aside > 400, "{aside} have stepped aside");
        driver.run_until_idle().await;
        let before = before_the_others(db).await;
        assert!(before < 50, "{before} are handled first");
        assert_eq!(effects(db, NAME).await.len(), 601);
        assert_eq!(counts(db).await, (0, 0, 0));
    }

    async fn without_stepping_aside_the_others_wait_for_the_whole_flood(test: TestDb) {
        let db = &test.db;
        emit(db, flood()).await;
        let runtime = builder(db, Probe::new(NAME).with(ONE)).unfair().build();
        runtime.driver(None).await.run_until_idle().await;
        let before = before_the_others(db).await;
        assert!(before >= 300, "{before} are handled first");
        assert_eq!(by_key(effects(db, NAME).await), expected(&flood()));
    }

    async fn nothing_new_is_taken_while_too_many_stand_aside(test: TestDb) {
        let db = &test.db;
        let runtime = builder(db, Probe::new(NAME).with(ONE)).most_aside(60).build();
        // Before the events, so that they are in the window of its feed.
        let mut driver = runtime.driver(None).await;
        // Of few keys, which what follows of them has to wait behind.
        let mut notes: Vec<_> =
            (0..1500).map(|n| of(FLOODS, &format!("flood {}", n % 30), n)).collect();
        notes.push(of(WAITS, "other", 2000));
        emit(db, notes.clone()).await;
        let mut most = 0;
        while driver.step(NAME).await {
            most = most.max(counts(db).await.1);
        }
        // One look ahead may go beyond the bound.
        assert!((60..560).contains(&most), "{most} stand aside");
        assert_eq!(by_key(effects(db, NAME).await), expected(&notes));
        assert_eq!(counts(db).await, (0, 0, 0));
    }

    async fn keys_keep_their_order_across_tenants_and_failures(test: TestDb) {
        let db = &test.db;
        let mut notes = Vec::new();
        for n in 0..400 {
            notes.push(match n % 20 {
                // Both write to the same thing, so neither may overtake the other there.
                7 => of(FLOODS, "shared", n),
                11 => of(WAITS, "shared", n),
                13 => of(WAITS, "other", n),
                _ => of(FLOODS, &format!("flood {}", n % 6), n),
            });
        }
        emit(db, notes.clone()).await;
        // Some fail more than once: where they are first delivered, and where they are caught up.
        let probe = Probe::new(NAME).with(ONE).acting(|note, tries| {
            if note.n % 17 == 3 && tries < 4 { Act::Fail } else { Act::Succeed }
        });
        let mut driver = builder(db, probe).build().driver(Some(test.clock.clone())).await;
        driver.run_until_idle().await;
        assert_eq!(by_key(effects(db, NAME).await), expected(&notes));
        assert_eq!(counts(db).await, (0, 0, 0));
    }

    async fn what_waits_behind_another_tenant_is_next_when_that_is_caught_up(test: TestDb) {
        let db = &test.db;
        let mut notes: Vec<_> = (0..400)
            .map(|n| of(FLOODS, &if n == 390 { "shared".to_owned() } else { format!("flood {}", n % 30) }, n))
            .collect();
        // The turn of this one comes long before that of the other.
        notes.push(of(WAITS, "shared", 1000));
        emit(db, notes.clone()).await;
        builder(db, Probe::new(NAME).with(ONE)).build().driver(None).await.run_until_idle().await;
        assert_eq!(by_key(effects(db, NAME).await), expected(&notes));
        assert_eq!(counts(db).await, (0, 0, 0));
    }

    async fn another_owner_goes_on_with_what_has_stepped_aside(test: TestDb) {
        let db = &test.db;
        emit(db, flood()).await;
        let runtime = || builder(db, Probe::new(NAME).with(ONE)).build();
        let mut first = runtime().driver(None).await;
        assert!(first.step(NAME).await);
        let (retrying, aside, dead) = counts(db).await;
        assert!(aside > 200, "{aside} have stepped aside");
        assert_eq!((retrying, dead), (0, 0));
        drop(first);
        runtime().driver(None).await.run_until_idle().await;
        assert_eq!(by_key(effects(db, NAME).await), expected(&flood()));
        assert_eq!(counts(db).await, (0, 0, 0));
    }

    async fn whoever_looks_sees_what_stands_aside_and_since_when(test: TestDb) {
        let db = &test.db;
        emit(db, (0..400).map(|n| of(FLOODS, &format!("flood {n}"), n))).await;
        emit(db, [of(WAITS, "other", 1000)]).await;
        let mut driver = builder(db, Probe::new(NAME).with(ONE)).build().driver(None).await;
        // Nobody sees who drives.
        change(db, sql!(
            "INSERT INTO event_nodes (node_id, name, handlers, started_at, beat_at, expires_at)
             VALUES ((SELECT node_id FROM event_partitions), 'node', '[]', '2000-01-01T00:00:00+00:00',
               '2000-01-01T00:00:00+00:00', '2999-01-01T00:00:00+00:00')"
        ))
        .await;
        assert!(driver.step(NAME).await);
        test.clock.advance(Duration::from_secs(90));
        let HandlerStatus { state, lag_events, parked, aside, aside_seconds, .. } = status(db).await;
        assert_eq!((state, lag_events, parked), (HandlerState::CatchingUp, 0, 0));
        assert!(aside > 300, "{aside} have stepped aside");
        assert_eq!(aside_seconds, Some(90.0));
        driver.run_until_idle().await;
        let HandlerStatus { state, aside, aside_seconds, .. } = status(db).await;
        assert_eq!((state, aside, aside_seconds), (HandlerState::Running, 0, None));
    }

    async fn of_what_stands_aside_no_more_is_counted_than_anybody_wants_to_know(test: TestDb) {
        let db = &test.db;
        emit(db, [of(FLOODS, "flood", 0)]).await;
        drop(builder(db, Probe::new(NAME).with(ONE)).build().driver(None).await);
        change(db, sql!(
            "INSERT INTO event_deliveries (handler, position, partition_key, bucket, event_id, event_type, attempts, is_dead, due_at,
               parked_at, updated_at)
             WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 10001)
             SELECT 'tests.probe', n, 'flood', 0, l.id, l.event_type, 0, FALSE, l.occurred_at, l.occurred_at, l.occurred_at
             FROM numbers CROSS JOIN event_log l"
        ))
        .await;
        assert_eq!(status(db).await.aside, 10_000);
    }

    async fn what_is_no_longer_in_the_log_does_not_step_aside_unnoticed(test: TestDb) {
        let db = &test.db;
        let mut driver = builder(db, Probe::new(NAME).with(ONE)).build().driver(None).await;
        emit(db, flood()).await;
        // They are in the window of its feed, and no lane has done anything.
        assert!(!driver.step("tests.nobody").await);
        change(db, sql!("DELETE FROM event_log WHERE seq = 200")).await;
        let stepped = AssertUnwindSafe(driver.step(NAME)).catch_unwind().await;
        let says = *stepped.unwrap_err().downcast::<String>().unwrap();
        assert!(says.contains("NotInTheLog"), "{says}");
        assert!(effects(db, NAME).await.is_empty());
        assert_eq!((status(db).await.position, counts(db).await), (Position::START, (0, 0, 0)));
    }

    async fn whoever_waits_for_a_commit_waits_for_all_of_it(test: TestDb) {
        let db = &test.db;
        let runtime = builder(db, Probe::new(NAME).with(ONE)).build();
        // Before the events, so that they are in the window of its feed.
        let mut driver = runtime.driver(None).await;
        emit(db, (0..499).map(|n| of(FLOODS, &format!("flood {n}"), n))).await;
        // The first is the last that is read ahead, and the second is not among so many.
        let unit_of_work = UnitOfWork::new(db.clone());
        let commit = unit_of_work.run_for_token(Origin::user(user(1)), async |tx| {
            tx.emit(of(FLOODS, "first", 499));
            tx.emit(of(FLOODS, "second", 500));
            Ok::<_, StorageError>(())
        });
        let ((), token) = commit.await.unwrap();
        emit(db, [of(WAITS, "other", 1000)]).await;
        let has_second =
            async || effects(db, NAME).await.iter().any(|(key, _)| key == "second");
        while !has_second().await {
            assert!(driver.step(NAME).await);
        }
        assert!(effects(db, NAME).await.iter().all(|(key, _)| key != "first"));
        let reads = ReadYourWrites::of(&runtime);
        let waited = reads.wait_for(token, NAME, Duration::from_millis(60)).await;
        assert!(matches!(waited, Err(WaitError::TimedOut { .. })), "{waited:?}");
        driver.run_until_idle().await;
        reads.wait_for(token, NAME, Duration::ZERO).await.unwrap();
    }

    async fn a_lane_notices_that_its_lost_commit_has_let_something_step_aside(test: TestDb) {
        let db = test.db_at(Arc::new(SystemClock));
        emit(&db, flood()).await;
        let operations = Operations::new(&db);
        let runtime = || builder(&db, Probe::new(NAME).with(ONE));
        // The handler is known from here on.
        drop(runtime().build().driver(None).await);
        operations.pause(&operator(), NAME).await.unwrap();
        let tasks = Tasks::new();
        let feed = Feed::start(&db, &tasks).await.unwrap();
        let node = NodeOptions { name: "node".to_owned(), lease: Duration::from_secs(6) };
        runtime().node(node).build().start(&feed, &tasks).await.unwrap();
        // What its first step would commit is committed without its knowledge, and the lease is its own again.
        assert!(runtime().build().driver(None).await.step(NAME).await);
        assert!(counts(&db).await.1 > 200);
        let back = sql!("UPDATE event_partitions SET epoch = epoch - 1, node_id = (SELECT node_id FROM event_nodes)");
        change(&db, back).await;
        operations.resume(&operator(), NAME).await.unwrap();
        wait_until("everything is handled", SOON, async || {
            effects(&db, NAME).await.len() >= flood().len()
        })
        .await;
        tasks.shutdown(SOON).await.unwrap();
        assert_eq!(by_key(effects(&db, NAME).await), expected(&flood()));
        assert_eq!(counts(&db).await, (0, 0, 0));
    }

    async fn what_steps_aside_and_is_given_up_keeps_its_followers_and_nobody_else(test: TestDb) {
        let db = &test.db;
        emit(db, flood()).await;
        // The key of the note 40 has stepped aside by then.
        let probe = Probe::new(NAME).with(ONE).acting(|note, _| {
            if note.n == 40 { Act::GiveUp } else { Act::Succeed }
        });
        builder(db, probe).build().driver(None).await.run_until_idle().await;
        let mut expected = expected(&flood());
        let key = expected.get_mut("flood 10").unwrap();
        let followers = key.iter().filter(|n| **n > 40).count();
        key.retain(|n| *n < 40);
        assert_eq!(by_key(effects(db, NAME).await), expected);
        assert_eq!(counts(db).await, (0, i64::try_from(followers).unwrap(), 1));
    }

    async fn a_flood_that_nobody_waits_behind_is_delivered_as_it_comes(test: TestDb) {
        let db = &test.db;
        emit(db, (0..300).map(|n| of(FLOODS, &format!("flood {n}"), n))).await;
        let mut driver = builder(db, Probe::new(NAME).with(ONE)).build().driver(None).await;
        driver.step(NAME).await;
        assert_eq!(counts(db).await, (0, 0, 0));
        driver.run_until_idle().await;
        let done: Vec<_> = effects(db, NAME).await.into_iter().map(|(_, n)| n).collect();
        assert_eq!(done, (0..300).collect::<Vec<_>>());
    }
}
