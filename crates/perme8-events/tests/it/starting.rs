//! What a runtime refuses to start with, and how partitions split.

use std::collections::BTreeSet;

use perme8_events::{
    HandlerOptions, Position, Transaction as _,
    host::{Feed, HandlerState, Operations, Runtime, RuntimeBuilder, StartError, Tasks},
    on_both_engines, sql,
    sql::{Db, MIGRATIONS, UnitOfWork},
};

use crate::{
    fixtures::{PROBE, change, emit, noted, user},
    probe::{Act, Probe, QUICK, effects, effects_of},
};

const NAME: &str = "tests.probe";

/// Why it is not started.
async fn refusal(db: &Db, builder: RuntimeBuilder) -> Option<StartError> {
    let tasks = Tasks::new();
    let feed = Feed::start(db, &tasks).await.unwrap();
    let refusal = builder.build().start(&feed, &tasks).await.err();
    tasks.shutdown(std::time::Duration::from_secs(10)).await.unwrap();
    refusal
}

fn options(partitions: u16) -> HandlerOptions {
    HandlerOptions { partitions, batch: 5, ..QUICK }
}

async fn deliver(db: &Db, probe: Probe) {
    Runtime::builder(db).handler(probe).build().driver(None).await.run_until_idle().await;
}

async fn ranges(db: &Db) -> Vec<(i64, i64)> {
    db.query(sql!("SELECT first_bucket, last_bucket FROM event_partitions ORDER BY first_bucket"))
        .all()
        .await
        .unwrap()
}

on_both_engines! {
    migrations: [&MIGRATIONS, &PROBE];

    async fn two_handlers_of_one_name_are_refused(test: TestDb) {
        let builder = Runtime::builder(&test.db).handler(Probe::new(NAME)).handler(Probe::new(NAME));
        let refusal = refusal(&test.db, builder).await;
        assert!(matches!(refusal, Some(StartError::DuplicateHandler { name: NAME })), "{refusal:?}");
        assert!(ranges(&test.db).await.is_empty(), "nothing was made");
    }

    async fn a_number_of_partitions_that_cannot_be_is_refused(test: TestDb) {
        for wished in [0, 257, u16::MAX] {
            let builder = Runtime::builder(&test.db).handler(Probe::new(NAME).with(options(wished)));
            let refusal = refusal(&test.db, builder).await;
            assert!(
                matches!(refusal, Some(StartError::Partitions { name: NAME, partitions }) if partitions == wished),
                "{refusal:?}"
            );
        }
        for wished in [1, 256] {
            let builder = Runtime::builder(&test.db).handler(Probe::new(NAME).with(options(wished)));
            let refusal = refusal(&test.db, builder).await;
            assert!(refusal.is_none(), "{refusal:?}");
        }
    }

    async fn what_a_forgotten_handler_left_is_refused_unless_it_is_retired(test: TestDb) {
        let db = &test.db;
        emit(db, [noted("a", 1)]).await;
        deliver(db, Probe::new("tests.old").acting(|_, _| Act::GiveUp)).await;
        let new = || Runtime::builder(db).handler(Probe::new(NAME));
        let refused = refusal(db, new()).await.unwrap();
        assert!(matches!(&refused, StartError::UnknownHandlers { names } if names == &["tests.old"]), "{refused}");
        assert!(refused.to_string().contains("tests.old"));
        // The same when only its failed deliveries are left.
        change(db, sql!("DELETE FROM event_partitions WHERE handler = 'tests.old'")).await;
        assert!(matches!(refusal(db, new()).await, Some(StartError::UnknownHandlers { .. })));
        assert!(refusal(db, new().retired("tests.old")).await.is_none());
    }

    async fn what_belongs_to_another_program_is_left_to_it(test: TestDb) {
        let db = &test.db;
        emit(db, [noted("a", 1)]).await;
        // The other program, in which one handler follows and one has given up.
        let press = Runtime::builder(db)
            .handler(Probe::new("press.archive"))
            .handler(Probe::new("press.desk").acting(|_, _| Act::GiveUp));
        press.build().driver(None).await.run_until_idle().await;
        let ours = || Runtime::builder(db).handler(Probe::new(NAME));
        assert!(matches!(
            refusal(db, ours()).await,
            Some(StartError::UnknownHandlers { names }) if names == ["press.archive", "press.desk"]
        ));
        assert!(refusal(db, ours().owning("tests")).await.is_none());
        // A context is a whole word.
        assert!(refusal(db, ours().owning("tests").owning("pres")).await.is_none());
        assert!(matches!(
            refusal(db, ours().owning("tests").owning("press")).await,
            Some(StartError::UnknownHandlers { names }) if names == ["press.archive", "press.desk"]
        ));
        // What is its own it does not forget beside it.
        let forgetful = || Runtime::builder(db).owning("tests").handler(Probe::new("tests.new"));
        assert!(matches!(
            refusal(db, forgetful()).await,
            Some(StartError::UnknownHandlers { names }) if names == [NAME]
        ));
        assert!(refusal(db, forgetful().retired(NAME)).await.is_none());
    }

    async fn two_programs_with_handlers_of_their_own_share_a_database(test: TestDb) {
        let db = &test.db;
        let tasks = Tasks::new();
        let feed = Feed::start(db, &tasks).await.unwrap();
        let programs = [("tests", NAME), ("press", "press.archive")];
        for (context, handler) in programs {
            let builder = Runtime::builder(db).owning(context).handler(Probe::new(handler));
            builder.build().start(&feed, &tasks).await.unwrap();
        }
        emit(db, (0..20).map(|n| noted("a", n))).await;
        let all: Vec<i64> = (0..20).collect();
        perme8_events::testing::wait_until("both have handled everything", std::time::Duration::from_secs(30), async || {
            effects_of(db, NAME, "a").await == all && effects_of(db, "press.archive", "a").await == all
        })
        .await;
        tasks.shutdown(std::time::Duration::from_secs(10)).await.unwrap();
        // What nobody runs any more is seen from everywhere.
        let status = Operations::new(db).status("press.archive").await.unwrap();
        assert_eq!(status.state, HandlerState::Stopped);
        // Each is started again beside what the other has left.
        for (context, handler) in programs {
            let builder = Runtime::builder(db).owning(context).handler(Probe::new(handler));
            assert!(refusal(db, builder).await.is_none());
        }
        assert_eq!(effects(db, NAME).await.len(), 20, "nothing is handled twice");
    }

    async fn a_checkpoint_beyond_the_end_of_the_log_is_refused(test: TestDb) {
        let db = &test.db;
        emit(db, [noted("a", 1)]).await;
        deliver(db, Probe::new(NAME).with(options(1))).await;
        change(db, sql!("UPDATE event_partitions SET position = 77")).await;
        let refused = refusal(db, Runtime::builder(db).handler(Probe::new(NAME))).await;
        let Some(StartError::BeyondHead { handler, position, head }) = refused else { panic!("{refused:?}") };
        assert_eq!((handler.as_str(), position, head), (NAME, Position::new(77), Position::new(1)));
    }

    async fn partitions_split_without_losing_or_repeating_an_event(test: TestDb) {
        let db = &test.db;
        let keys = 40;
        let mut next = 0;
        for wished in [1, 3, 16, 2, 256] {
            for n in next..next + 4 {
                emit(db, (0..keys).map(|key| noted(&format!("key {key}"), n))).await;
            }
            next += 4;
            // One of each round is set aside, and comes back to whoever holds its bucket then.
            let failing = next - 1;
            let probe = Probe::new(NAME).with(options(wished)).acting(move |note, tries| {
                if note.n == failing && note.note == "key 7" && tries < 3 { Act::Fail } else { Act::Succeed }
            });
            deliver(db, probe).await;
            test.clock.advance(std::time::Duration::from_mins(2));
        }
        deliver(db, Probe::new(NAME).with(options(1))).await;
        for key in 0..keys {
            let done = effects_of(db, NAME, &format!("key {key}")).await;
            assert_eq!(done, (0..next).collect::<Vec<_>>(), "key {key}");
        }
        let ranges = ranges(db).await;
        let expected: Vec<(i64, i64)> = (0..256).map(|bucket| (bucket, bucket)).collect();
        assert_eq!(ranges, expected, "every bucket has a partition of its own");
    }

    async fn a_checkpoint_that_moves_while_its_partition_is_split_is_copied_as_it_is_then(test: TestDb) {
        let db = &test.db;
        emit(db, (0..60).map(|n| noted(&format!("key {n}"), n))).await;
        // One node delivers event by event, while others start and split its partition.
        let slow = HandlerOptions { partitions: 1, batch: 1, ..QUICK };
        let tasks = Tasks::new();
        let feed = Feed::start(db, &tasks).await.unwrap();
        let node = |options| Runtime::builder(db).handler(Probe::new(NAME).with(options)).build();
        node(slow).start(&feed, &tasks).await.unwrap();
        for partitions in [2, 8, 32, 128] {
            node(HandlerOptions { partitions, ..slow }).start(&feed, &tasks).await.unwrap();
            emit(db, (0..60).map(|n| noted(&format!("key {n}"), 100 * i64::from(partitions) + n))).await;
        }
        let all = 60 * 5;
        perme8_events::testing::wait_until("everything is handled", std::time::Duration::from_secs(30), async || {
            let lag = Operations::new(db).handlers().await.unwrap()[0].lag_events;
            lag == 0 && effects(db, NAME).await.len() >= all
        })
        .await;
        tasks.shutdown(std::time::Duration::from_secs(10)).await.unwrap();
        let done = effects(db, NAME).await;
        let distinct: BTreeSet<_> = done.iter().collect();
        assert_eq!((done.len(), distinct.len()), (all, all), "nothing is lost, nothing is handled twice");
    }

    async fn several_nodes_that_meet_a_handler_first_make_its_partitions_once(test: TestDb) {
        let db = &test.db;
        let tasks = Tasks::new();
        let feed = Feed::start(db, &tasks).await.unwrap();
        let node = |partitions| {
            let builder = Runtime::builder(db).handler(Probe::new(NAME).with(options(partitions)));
            let (feed, tasks) = (&feed, &tasks);
            async move { builder.build().start(feed, tasks).await.unwrap() }
        };
        tokio::join!(node(4), node(7), node(64), node(3));
        tasks.shutdown(std::time::Duration::from_secs(10)).await.unwrap();
        let ranges = ranges(db).await;
        assert_eq!(ranges.len(), 64);
        let mut next = 0;
        for (first, last) in ranges {
            assert_eq!(first, next, "no gap and no overlap");
            next = last + 1;
        }
        assert_eq!(next, 256);
    }
}

/// A start while a writer has announced a mark below what is already delivered.
#[tokio::test]
async fn a_node_starts_while_others_write() {
    let Some(test) = perme8_events::testing::TestDb::postgres(5, &[&MIGRATIONS, &PROBE]).await
    else {
        return;
    };
    test.run(async |test| {
        let db = &test.db;
        let uow = UnitOfWork::new(db.clone());
        // Both announce the same mark; the first to draw commits and is delivered, the second stays open.
        let mut open = uow.begin(perme8_events::Origin::user(user(1))).await.unwrap();
        let announce = sql!(
            sqlite: "SELECT 1",
            postgres: "SELECT pg_advisory_xact_lock_shared((77::bigint << 48) | (last_value - (NOT is_called)::int))::text FROM event_log_seq"
        );
        open.query(announce).exec().await.unwrap();
        emit(db, [noted("a", 1)]).await;
        deliver(db, Probe::new(NAME)).await;
        assert_eq!(effects_of(db, NAME, "a").await, [1]);
        let tasks = Tasks::new();
        let feed = Feed::start(db, &tasks).await.unwrap();
        Runtime::builder(db).handler(Probe::new(NAME)).build().start(&feed, &tasks).await.unwrap();
        emit(db, [noted("a", 2)]).await;
        perme8_events::testing::wait_until("both are delivered", std::time::Duration::from_secs(20), async || {
            effects_of(db, NAME, "a").await == [1, 2]
        })
        .await;
        // A restart now finds checkpoints beyond the mark of the one that is still open.
        tasks.shutdown(std::time::Duration::from_secs(10)).await.unwrap();
        let refused = refusal(db, Runtime::builder(db).handler(Probe::new(NAME))).await;
        assert!(refused.is_none(), "{refused:?}");
        open.emit(noted("a", 3));
        open.rollback().await.unwrap();
    })
    .await;
}
