//! Delivering in virtual time: effects and checkpoints, order per key, what handlers emit.

use std::{
    collections::BTreeMap,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::FutureExt as _;
use perme8_events::{
    Actor, EventFilter, EventStore, HandlerOptions, Origin, Position, Start, Subscription,
    host::{Operations, Runtime},
    on_both_engines, sql,
    sql::{Db, MIGRATIONS, UnitOfWork},
    testing::Driver,
};

use crate::{
    fixtures::{PROBE, emit, emit_as, log, noted, numbers, user, workspace},
    probe::{Act, Probe, QUICK, effects, effects_of, told},
};

const NAME: &str = "tests.probe";

/// Drives one handler.
async fn driver(db: &Db, probe: Probe) -> Driver {
    Runtime::builder(db).handler(probe).build().driver(None).await
}

/// The least checkpoint of the handler.
async fn checkpoint(db: &Db) -> Position {
    Operations::new(db).handlers().await.unwrap()[0].position
}

/// Numbers of each key, in the order in which they were handled.
async fn by_key(db: &Db) -> BTreeMap<String, Vec<i64>> {
    let mut keys = BTreeMap::<_, Vec<_>>::new();
    for (key, n) in effects(db, NAME).await {
        keys.entry(key).or_default().push(n);
    }
    keys
}

const ONE: HandlerOptions = HandlerOptions { partitions: 1, ..QUICK };

on_both_engines! {
    migrations: [&MIGRATIONS, &PROBE];

    async fn an_effect_and_its_checkpoint_commit_together(test: TestDb) {
        let db = &test.db;
        emit(db, [noted("a", 1)]).await;
        let mut driver = driver(db, Probe::new(NAME).with(ONE)).await;
        assert_eq!(checkpoint(db).await, Position::START);
        assert_eq!(told(&driver.run_until_idle().await), "a 1 handled\n");
        assert_eq!(effects(db, NAME).await, [("a".to_owned(), 1)]);
        assert_eq!(checkpoint(db).await, log(db).await[0].position);
        assert_eq!(told(&driver.run_until_idle().await), "", "nothing is handled twice");
    }

    async fn a_commit_that_fails_leaves_neither_effect_nor_checkpoint(test: TestDb) {
        let db = &test.db;
        let options = HandlerOptions { batch: 1, ..ONE };
        let probe = Probe::new(NAME).with(options).acting(|note, _| {
            if note.n == 2 { Act::FailAtCommit } else { Act::Succeed }
        });
        emit(db, (1..=3).map(|n| noted(&format!("key {n}"), n))).await;
        let mut driver = driver(db, probe).await;
        let told = told(&driver.run_until_idle().await);
        assert!(told.starts_with("key 1 1 handled\nkey 2 2 failed 1: somebody else was faster: "), "{told}");
        assert!(told.ends_with("\nkey 3 3 handled\n"), "{told}");
        let done: Vec<i64> = effects(db, NAME).await.into_iter().map(|(_, n)| n).collect();
        assert_eq!(done, [1, 3]);
        assert_eq!(checkpoint(db).await, log(db).await[2].position);
    }

    async fn a_handler_that_swallows_an_error_of_the_database_holds_nobody_up(test: TestDb) {
        let db = &test.db;
        let probe = Probe::new(NAME).with(ONE).acting(|note, _| {
            if note.n == 2 { Act::Swallow } else { Act::Succeed }
        });
        emit(db, (1..=3).map(|n| noted(&format!("key {n}"), n))).await;
        let mut driver = driver(db, probe).await;
        driver.run_until_idle().await;
        let keys = by_key(db).await;
        assert_eq!((&keys["key 1"], &keys["key 3"]), (&vec![1], &vec![3]));
        // PostgreSQL gives up the whole transaction after an error, SQLite only the statement.
        let expected = if db.engine_name() == "SQLite" { Some(&vec![2]) } else { None };
        assert_eq!(keys.get("key 2"), expected);
    }

    async fn events_in_batches_keep_their_order_per_key(test: TestDb) {
        let db = &test.db;
        for n in 0..40 {
            emit(db, (0..5).map(|key| noted(&format!("key {key}"), n))).await;
        }
        for (batch, partitions, handler) in [(1, 1, NAME), (7, 3, "tests.seven"), (500, 256, "tests.all")] {
            let options = HandlerOptions { batch, partitions, ..QUICK };
            let runtime = Runtime::builder(db).handler(Probe::new(handler).with(options));
            let runtime = ["tests.probe", "tests.seven", "tests.all"].into_iter()
                .filter(|name| *name != handler).fold(runtime, perme8_events::host::RuntimeBuilder::retired);
            runtime.build().driver(None).await.run_until_idle().await;
            for key in 0..5 {
                let numbers = effects_of(db, handler, &format!("key {key}")).await;
                assert_eq!(numbers, (0..40).collect::<Vec<_>>(), "{handler}");
            }
        }
    }

    async fn order_per_key_holds_with_any_number_of_partitions_under_failures(test: TestDb) {
        let db = &test.db;
        for n in 0..12 {
            emit(db, (0..8).map(|key| noted(&format!("key {key}"), n))).await;
        }
        let retired = ["tests.p1", "tests.p8", "tests.p64"];
        for (partitions, handler) in [(1, retired[0]), (8, retired[1]), (64, retired[2])] {
            let options = HandlerOptions { partitions, batch: 10, ..QUICK };
            // Each note of which seven is a divisor fails twice.
            let probe = Probe::new(handler).with(options).acting(|note, tries| {
                if note.n % 7 == 3 && tries < 4 { Act::Fail } else { Act::Succeed }
            });
            let builder = Runtime::builder(db).handler(probe);
            let others = retired.into_iter().filter(|name| *name != handler);
            let runtime = others.fold(builder, perme8_events::host::RuntimeBuilder::retired).build();
            runtime.driver(Some(test.clock.clone())).await.run_until_idle().await;
            for key in 0..8 {
                let numbers = effects_of(db, handler, &format!("key {key}")).await;
                assert_eq!(numbers, (0..12).collect::<Vec<_>>(), "{handler} key {key}");
            }
        }
    }

    async fn what_a_handler_emits_follows_from_the_event(test: TestDb) {
        let db = &test.db;
        let first = Origin::user(user(1)).in_workspace(workspace(7)).with_request_id("req-1");
        let second = Origin::new(Actor::System("tests.clock".into())).on_behalf_of_user(user(2));
        emit_as(db, first.clone(), [noted("a", 1)]).await;
        emit_as(db, second.clone(), [noted("a", 2)]).await;
        let probe = Probe::new(NAME).with(ONE).acting(|_, _| Act::Echo);
        let reactions = driver(db, probe).await.run_until_idle().await;
        assert_eq!(told(&reactions), "a 1 handled\na 2 handled\n");
        let echoes = db.read(&EventFilter::Type("echoes.echoed".to_owned()), Position::START, 10).await.unwrap();
        let causes = log(db).await;
        for ((echo, cause), (origin, person)) in
            echoes.iter().zip(&causes).zip([(&first, user(1)), (&second, user(2))])
        {
            assert_eq!(echo.actor, Actor::System(NAME.into()));
            assert_eq!(echo.correlation_id, origin.correlation_id());
            assert_eq!(echo.causation_id, Some(cause.event_id));
            assert_eq!(echo.on_behalf_of, Some(person));
            assert_eq!(echo.workspace_id, origin.workspace_id());
            assert_eq!(&echo.metadata, origin.metadata());
        }
        assert_eq!(echoes.len(), 2);
    }

    async fn gathering_happens_before_the_transaction(test: TestDb) {
        let db = &test.db;
        emit(db, (1..=3).map(|n| noted("a", n))).await;
        let steps = Arc::new(Mutex::new(Vec::new()));
        let (before, within) = (Arc::clone(&steps), Arc::clone(&steps));
        let probe = Probe::new(NAME)
            .with(ONE)
            .gathering(move |note, _| {
                before.lock().unwrap().push(format!("gather {}", note.n));
                Act::Succeed
            })
            .acting(move |note, _| {
                within.lock().unwrap().push(format!("handle {}", note.n));
                Act::Succeed
            });
        driver(db, probe).await.run_until_idle().await;
        let steps = steps.lock().unwrap().join(", ");
        assert_eq!(steps, "gather 1, gather 2, gather 3, handle 1, handle 2, handle 3");
    }

    async fn a_checkpoint_that_is_not_where_the_lane_takes_it_to_be_is_left_to_a_new_lane(test: TestDb) {
        let db = &test.db;
        emit(db, (1..=3).map(|n| noted("a", n))).await;
        let mut stale = driver(db, Probe::new(NAME).with(ONE)).await;
        // As after a commit that went through although its answer was lost: two events are done with.
        let second = log(db).await[1].position;
        UnitOfWork::new(db.clone())
            .run(Origin::user(user(1)), async |tx| {
                let moved = sql!("UPDATE event_partitions SET position = $1");
                tx.query(moved).bind(second.number()).exec().await
            })
            .await
            .unwrap();
        let interrupted = AssertUnwindSafe(stale.run_until_idle()).catch_unwind().await;
        assert!(interrupted.is_err(), "the lane goes no further");
        assert!(effects(db, NAME).await.is_empty());
        let mut fresh = driver(db, Probe::new(NAME).with(ONE)).await;
        assert_eq!(told(&fresh.run_until_idle().await), "a 3 handled\n");
    }

    async fn a_handler_that_starts_now_is_told_only_what_follows(test: TestDb) {
        let db = &test.db;
        emit(db, [noted("a", 1), noted("b", 2)]).await;
        let options = HandlerOptions { start: Start::Now, ..QUICK };
        let mut driver = driver(db, Probe::new(NAME).with(options)).await;
        assert_eq!(told(&driver.run_until_idle().await), "");
        emit(db, [noted("a", 3)]).await;
        assert_eq!(told(&driver.run_until_idle().await), "a 3 handled\n");
    }

    async fn a_handler_is_told_what_it_subscribes_to(test: TestDb) {
        let db = &test.db;
        let every: [(&'static str, Subscription, i64); 4] = [
            ("tests.aggregate", Subscription::Aggregate { context: "notes", aggregate_type: "note" }, 1),
            ("tests.context", Subscription::Context("files"), 1),
            ("tests.all", Subscription::All, 2),
            ("tests.none", Subscription::Event("notes.not"), 0),
        ];
        let builder = every.iter().fold(Runtime::builder(db), |builder, (name, to, _)| {
            builder.handler(Probe::new(name).subscribed(*to))
        });
        let mut driver = builder.build().driver(None).await;
        emit(db, [noted("a", 1)]).await;
        emit(db, [crate::fixtures::Filed { file: "f".to_owned(), workspace: None }]).await;
        driver.run_until_idle().await;
        for (name, _, expected) in every {
            let count: i64 = db.query(sql!("SELECT count(*) FROM probe_effects WHERE handler = $1"))
                .bind(name).scalar().await.unwrap();
            assert_eq!(count, expected, "{name}");
        }
    }

    async fn a_panic_and_a_slow_delivery_are_failures_of_that_delivery(test: TestDb) {
        let db = &test.db;
        let options = HandlerOptions { timeout: Duration::from_millis(100), ..ONE };
        let probe = Probe::new(NAME)
            .with(options)
            .acting(|note, _| match note.n {
                1 => Act::Panic,
                2 => Act::Hang,
                _ => Act::Succeed,
            })
            .gathering(|note, _| match note.n {
                3 => Act::Panic,
                4 => Act::Hang,
                _ => Act::Succeed,
            });
        emit(db, (1..=5).map(|n| noted(&format!("key {n}"), n))).await;
        let reactions = driver(db, probe).await.run_until_idle().await;
        assert_eq!(
            told(&reactions),
            "key 1 1 failed 1: the handler panicked: 1 is too much\n\
             key 2 2 failed 1: the handler took longer than 100ms\n\
             key 3 3 failed 1: the handler panicked: 3 is too much\n\
             key 4 4 failed 1: the handler took longer than 100ms\n\
             key 5 5 handled\n"
        );
        assert_eq!(effects(db, NAME).await, [("key 5".to_owned(), 5)]);
        assert_eq!(numbers(&log(db).await), [1, 2, 3, 4, 5]);
    }
}
