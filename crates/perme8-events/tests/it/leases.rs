//! Several nodes on one database: takeover, fences, and a graceful end.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, Utc};
use perme8_events::{
    HandlerOptions, SystemClock,
    host::{Feed, NodeOptions, Operations, Runtime, Tasks},
    on_both_engines, sql,
    sql::{Db, MIGRATIONS},
    testing::{ManualClock, TestDb, wait_until},
};
use tokio::sync::{Notify, watch};

use crate::{
    fixtures::{PROBE, change, emit, noted},
    probe::{Act, Probe, QUICK, effects, effects_of},
};

const NAME: &str = "tests.probe";
const SOON: Duration = Duration::from_secs(20);

/// A node that runs by itself.
struct Running {
    tasks: Tasks,
}

impl Running {
    async fn start(db: &Db, name: &str, lease: Duration, probe: impl IntoProbe) -> Self {
        let tasks = Tasks::new();
        let feed = Feed::start(db, &tasks).await.unwrap();
        let node = NodeOptions { name: name.to_owned(), lease };
        let builder = Runtime::builder(db).node(node);
        probe.add(builder).build().start(&feed, &tasks).await.unwrap();
        Self { tasks }
    }

    async fn stop(self) {
        self.tasks.shutdown(SOON).await.unwrap();
    }
}

trait IntoProbe {
    fn add(self, to: perme8_events::host::RuntimeBuilder) -> perme8_events::host::RuntimeBuilder;
}

impl IntoProbe for Probe {
    fn add(self, to: perme8_events::host::RuntimeBuilder) -> perme8_events::host::RuntimeBuilder {
        to.handler(self)
    }
}

impl IntoProbe for crate::gate::Gated {
    fn add(self, to: perme8_events::host::RuntimeBuilder) -> perme8_events::host::RuntimeBuilder {
        to.handler(self)
    }
}

async fn nodes(db: &Db) -> Vec<String> {
    Operations::new(db).handlers().await.unwrap().remove(0).nodes
}

fn at(test: &TestDb, clock: &ManualClock) -> Db {
    test.db_at(Arc::new(clock.clone()))
}

on_both_engines! {
    migrations: [&MIGRATIONS, &PROBE];

    async fn late_effects_of_a_node_that_lost_its_lease_are_refused(test: TestDb) {
        let db = test.db_at(Arc::new(SystemClock));
        let (entered, (go, gate)) = (Arc::new(Notify::new()), watch::channel(false));
        let gated = crate::gate::Gated::new(NAME, Arc::clone(&entered), gate);
        let first = Running::start(&db, "first", Duration::from_hours(1), gated).await;
        emit(&test.db, [noted("a", 1), noted("b", 2)]).await;
        entered.notified().await;
        // Its next sign of life is far away, so the second takes it for dead, although it only thinks for long.
        change(&db, sql!("UPDATE event_nodes SET expires_at = started_at")).await;

        let options = HandlerOptions { partitions: 1, ..QUICK };
        let second = Running::start(&db, "second", Duration::from_secs(3), Probe::new(NAME).with(options)).await;
        wait_until("the second has handled both", SOON, async || effects(&db, NAME).await.len() == 2).await;
        assert_eq!(nodes(&db).await, ["second"]);
        go.send(true).unwrap();
        emit(&db, [noted("a", 3)]).await;
        wait_until("what follows is handled", SOON, async || effects_of(&db, NAME, "a").await.contains(&3)).await;
        first.stop().await;
        second.stop().await;
        assert_eq!(effects_of(&db, NAME, "a").await, [1, 3], "the late effect of the first was refused");
        assert_eq!(effects_of(&db, NAME, "b").await, [2]);
    }

    async fn nodes_share_the_partitions_and_take_over_from_one_that_is_gone(test: TestDb) {
        let real = test.db_at(Arc::new(SystemClock));
        let lease = Duration::from_millis(600);
        let probe = || Probe::new(NAME).with(HandlerOptions { partitions: 8, ..QUICK });
        // A node that ends without handing back: its clock is long past, so its lease has run out from the start.
        let gone = ManualClock::monday_morning();
        let dead = Runtime::builder(&at(&test, &gone)).handler(probe()).build();
        let driver = dead.driver(None).await;
        drop(driver);
        let first = Running::start(&real, "first", lease, probe()).await;
        wait_until("the first has all", SOON, async || nodes(&real).await == ["first"]).await;
        let second = Running::start(&real, "second", lease, probe()).await;
        wait_until("both take part", SOON, async || nodes(&real).await == ["first", "second"]).await;
        for n in 0..30 {
            emit(&real, (0..10).map(|key| noted(&format!("key {key}"), n))).await;
        }
        wait_until("all is handled", SOON, async || effects(&real, NAME).await.len() >= 300).await;
        first.stop().await;
        emit(&real, (0..10).map(|key| noted(&format!("key {key}"), 30))).await;
        wait_until("the second takes over", SOON, async || effects(&real, NAME).await.len() >= 310).await;
        assert_eq!(nodes(&real).await, ["second"]);
        second.stop().await;
        assert!(nodes(&real).await.is_empty());
        for key in 0..10 {
            let done = effects_of(&real, NAME, &format!("key {key}")).await;
            assert_eq!(done, (0..=30).collect::<Vec<_>>(), "key {key}");
        }
    }

    async fn the_lease_of_a_clock_that_was_set_back_holds_up_nobody(test: TestDb) {
        let db = test.db_at(Arc::new(SystemClock));
        emit(&db, [noted("a", 1)]).await;
        // A node owned everything, and died before the clock was set back.
        drop(Runtime::builder(&db).handler(Probe::new(NAME)).build().driver(None).await);
        change(&db, sql!(
            "INSERT INTO event_nodes (node_id, name, handlers, started_at, beat_at, expires_at)
             SELECT node_id, 'dead', '[\"tests.probe\"]', '2999-01-01T00:00:00+00:00', '2999-01-01T00:00:00+00:00',
               '2999-01-01T01:00:00+00:00' FROM event_partitions LIMIT 1"
        )).await;
        assert!(nodes(&db).await.is_empty());
        let node = Running::start(&db, "alive", Duration::from_secs(3), Probe::new(NAME)).await;
        wait_until("it has taken over", SOON, async || effects_of(&db, NAME, "a").await == [1]).await;
        assert_eq!(nodes(&db).await, ["alive"]);
        node.stop().await;
    }

    async fn a_graceful_end_hands_the_partitions_back(test: TestDb) {
        let db = test.db_at(Arc::new(SystemClock));
        // A lease so long that nobody could wait for its end.
        let lease = Duration::from_hours(1);
        for round in 0..3 {
            let node = Running::start(&db, "node", lease, Probe::new(NAME)).await;
            emit(&db, (0..20).map(|key| noted(&format!("key {key}"), round))).await;
            let all = 20 * usize::try_from(round + 1).unwrap();
            wait_until("all is handled", SOON, async || effects(&db, NAME).await.len() >= all).await;
            assert_eq!(nodes(&db).await, ["node"]);
            node.stop().await;
            assert!(nodes(&db).await.is_empty());
        }
        let done = effects(&db, NAME).await;
        assert_eq!((done.len(), done.iter().collect::<BTreeSet<_>>().len()), (60, 60));
    }

    async fn partitions_end_their_steps_together(test: TestDb) {
        let db = test.db_at(Arc::new(SystemClock));
        let options = HandlerOptions { timeout: Duration::from_millis(300), partitions: 16, ..QUICK };
        let entered = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&entered);
        let stuck = Probe::new(NAME).with(options).gathering(move |_, _| {
            count.fetch_add(1, Ordering::SeqCst);
            Act::Hang
        });
        let node = Running::start(&db, "node", Duration::from_secs(3), stuck).await;
        emit(&db, (0..200).map(|key| noted(&format!("key {key}"), 0))).await;
        wait_until("all partitions are busy", SOON, async || entered.load(Ordering::SeqCst) >= 16).await;
        let started = std::time::Instant::now();
        node.stop().await;
        assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
        assert!(nodes(&db).await.is_empty());
    }

    async fn a_slow_handler_delays_no_other(test: TestDb) {
        let db = test.db_at(Arc::new(SystemClock));
        let (tasks, lease) = (Tasks::new(), Duration::from_millis(300));
        let feed = Feed::start(&db, &tasks).await.unwrap();
        let options = HandlerOptions { timeout: Duration::from_secs(2), ..QUICK };
        let stuck = Probe::new("tests.stuck").with(options).gathering(|_, _| Act::Hang);
        let node = |name: &str| {
            Runtime::builder(&db)
                .node(NodeOptions { name: name.to_owned(), lease })
                .handler(stuck.clone())
                .handler(Probe::new(NAME))
                .build()
        };
        node("first").start(&feed, &tasks).await.unwrap();
        emit(&db, (0..50).map(|key| noted(&format!("key {key}"), 0))).await;
        // A second node joins: some partitions move, and no lease is lost to the handler that hangs.
        node("second").start(&feed, &tasks).await.unwrap();
        let started = std::time::Instant::now();
        for n in 1..=4 {
            emit(&db, (0..50).map(|key| noted(&format!("key {key}"), n))).await;
            let all = 50 * usize::try_from(n + 1).unwrap();
            wait_until("the other handler has all", SOON, async || effects(&db, NAME).await.len() >= all).await;
        }
        assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
        tasks.shutdown(SOON).await.unwrap();
        assert_eq!(effects(&db, NAME).await.len(), 250);
        assert!(effects(&db, "tests.stuck").await.is_empty());
    }
}

/// The nodes of SQLite are on one machine, and have one clock.
#[tokio::test]
async fn nodes_whose_clocks_disagree_share_the_partitions_in_peace() {
    let Some(test) = TestDb::postgres(10, &[&MIGRATIONS, &PROBE]).await else { return };
    test.run(async |test| {
        // Neither clock is that of the server, and one is hours ahead of the other.
        let (slow, fast) = (ManualClock::monday_morning(), ManualClock::monday_morning());
        fast.advance(Duration::from_hours(5));
        let db = &test.db;
        // Long enough for a machine that is busy with other things for a moment.
        let lease = Duration::from_secs(3);
        let probe = || Probe::new(NAME).with(HandlerOptions { partitions: 8, ..QUICK });
        let first = Running::start(&at(&test, &slow), "first", lease, probe()).await;
        let second = Running::start(&at(&test, &fast), "second", lease, probe()).await;
        wait_until("both have a half", SOON, async || shares(db).await == [4, 4]).await;
        let before = epochs(db).await;
        for _ in 0..6 {
            // The clocks run wild, and in the end two leases have passed.
            slow.advance(Duration::from_hours(48));
            let (_, last) = beats(db).await;
            wait_until("both give a sign of life", SOON, async || beats(db).await.0 > last).await;
        }
        emit(db, (0..10).map(|key| noted(&format!("key {key}"), 0))).await;
        wait_until("all is handled", SOON, async || effects(db, NAME).await.len() == 10).await;
        assert_eq!(epochs(db).await, before, "no partition has changed hands");
        first.stop().await;
        second.stop().await;
    })
    .await;
}

/// How many partitions each node has.
async fn shares(db: &Db) -> Vec<i64> {
    let shares =
        sql!("SELECT count(*) FROM event_partitions WHERE node_id IS NOT NULL GROUP BY node_id");
    db.query(shares).all().await.unwrap().into_iter().map(|(count,)| count).collect()
}

async fn epochs(db: &Db) -> Vec<(i64,)> {
    db.query(sql!("SELECT epoch FROM event_partitions ORDER BY first_bucket")).all().await.unwrap()
}

/// The oldest and the newest of the last signs of life.
async fn beats(db: &Db) -> (DateTime<Utc>, DateTime<Utc>) {
    db.query(sql!("SELECT min(beat_at), max(beat_at) FROM event_nodes")).one().await.unwrap()
}
