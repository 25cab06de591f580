//! Read models that are built anew: the same rows, a swap that nobody notices, and what stops it.

use std::{sync::Arc, time::Duration};

use perme8_events::{
    OperatorAction, SystemClock,
    host::{Discard, Feed, OperationError, Operations, Rewind, Tasks},
    on_both_engines, sql,
    sql::{Db, Generation, MIGRATIONS},
    testing::{CutShort, Driver, wait_until},
};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};

use crate::{
    fixtures::{PROBE, emit, noted, operator},
    operations::acts,
    tally::{NEXT, TALLY, Tally, expected, rows, tallies, total},
};

const SOON: Duration = Duration::from_secs(30);

fn operations(db: &Db) -> Operations {
    Operations::of(&Tally::new().builder(db).build(), &[])
}

async fn live(db: &Db) -> i64 {
    db.read_model(TALLY).await.unwrap().generation().number()
}

/// Notes on three things, numbered from here on.
async fn note(db: &Db, numbers: std::ops::Range<i64>) {
    for n in numbers {
        emit(db, [noted(["a", "b", "c"][usize::try_from(n % 3).unwrap()], n)]).await;
    }
}

/// A database with some notes, whose first generation is complete.
async fn begun(db: &Db) -> Driver {
    note(db, 0..30).await;
    let mut driver = Tally::new().driver(db, None).await;
    driver.run_until_idle().await;
    assert_eq!(tallies(db).await, expected(db, 1).await);
    driver
}

on_both_engines! {
    migrations: [&MIGRATIONS, &PROBE];

    async fn a_rebuild_makes_the_rows_that_live_maintenance_makes(test: TestDb) {
        let db = &test.db;
        let mut chance = StdRng::seed_from_u64(20_260_105);
        let (operations, mut n) = (operations(db), 0);
        let mut driver = Tally::new().with_partitions(3).driver(db, None).await;
        for _ in 0..400 {
            match chance.random_range(0..20) {
                0..9 => {
                    let more = chance.random_range(1..6);
                    note(db, n..n + more).await;
                    n += more;
                }
                9..13 => drop(driver.step(TALLY).await),
                13..17 => drop(driver.step(NEXT).await),
                17 => drop(operations.rebuild(&operator(), TALLY).await),
                18 if chance.random_bool(0.3) => drop(operations.cancel_rebuild(&operator(), TALLY).await),
                18 => drop(driver.run_until_idle().await),
                _ => driver = Tally::new().with_partitions(3).driver(db, None).await,
            }
        }
        driver.run_until_idle().await;
        assert_eq!(tallies(db).await, expected(db, 1).await);
        assert!(live(db).await > 3, "too few rebuilds came to their end");
    }

    async fn readers_see_the_old_rows_or_the_new_ones(test: TestDb) {
        let db = test.db_at(Arc::new(SystemClock));
        note(&db, 0..60).await;
        let tasks = Tasks::new();
        let feed = Feed::start(&db, &tasks).await.unwrap();
        Tally::new().builder(&db).build().start(&feed, &tasks).await.unwrap();
        wait_until("the first generation is complete", SOON, async || total(&db).await == 60).await;
        let operations = operations(&db);
        let (mut n, mut seen) = (60, 60);
        for generation in 2..5 {
            operations.rebuild(&operator(), TALLY).await.unwrap();
            while live(&db).await < generation {
                note(&db, n..n + 1).await;
                n += 1;
                let now = total(&db).await;
                assert!((seen..=n).contains(&now), "{seen} notes were seen, and now {now} of {n}");
                seen = now;
            }
        }
        wait_until("everything is there", SOON, async || total(&db).await == n).await;
        assert_eq!(tallies(&db).await, expected(&db, 1).await);
        tasks.shutdown(SOON).await.unwrap();
    }

    async fn wherever_a_rebuild_is_cut_short_it_goes_on(test: TestDb) {
        let db = &test.db;
        drop(begun(db).await);
        let (operations, mut n) = (operations(db), 30);
        for waits in 0..60 {
            let _ = operations.rebuild(&operator(), TALLY).await;
            note(db, n..n + 2).await;
            n += 2;
            let before = total(db).await;
            let mut driver = Tally::new().driver(db, None).await;
            let cut = CutShort::after(waits, async {
                while driver.step(NEXT).await {}
            });
            let _: Option<()> = cut.await;
            drop(driver);
            assert!(total(db).await >= before, "something was lost after {waits} waits");
        }
        Tally::new().driver(db, None).await.run_until_idle().await;
        assert_eq!(tallies(db).await, expected(db, 1).await);
        assert!(live(db).await > 2, "no rebuild came to its end");
    }

    async fn a_rebuild_goes_on_where_it_stopped(test: TestDb) {
        let db = &test.db;
        drop(begun(db).await);
        let operations = operations(db);
        operations.rebuild(&operator(), TALLY).await.unwrap();
        assert!(Tally::new().driver(db, None).await.step(NEXT).await);
        let stopped = operations.rebuild_status(TALLY).await.unwrap();
        assert!((1..30).contains(&stopped.position.number()), "{stopped:?}");
        let mut driver = Tally::new().driver(db, None).await;
        assert!(driver.step(NEXT).await);
        assert!(operations.rebuild_status(TALLY).await.unwrap().position > stopped.position);
        driver.run_until_idle().await;
        assert_eq!((live(db).await, tallies(db).await), (2, expected(db, 1).await));
    }

    async fn what_is_called_off_leaves_nothing(test: TestDb) {
        let db = &test.db;
        let mut driver = begun(db).await;
        let operations = operations(db);
        operations.rebuild(&operator(), TALLY).await.unwrap();
        driver.step(NEXT).await;
        assert_eq!(rows(db).await, 6, "two generations of three rows");
        operations.cancel_rebuild(&operator(), TALLY).await.unwrap();
        assert!(matches!(
            operations.rebuild_status(TALLY).await,
            Err(OperationError::NotRebuilding { .. })
        ));
        test.clock.advance(Duration::from_mins(2));
        driver.run_until_idle().await;
        assert_eq!((live(db).await, rows(db).await), (1, 3));
        operations.rebuild(&operator(), TALLY).await.unwrap();
        driver.run_until_idle().await;
        assert_eq!((live(db).await, tallies(db).await), (3, expected(db, 1).await));
        let acts: Vec<_> = acts(db).await.into_iter().map(|act| (act.action, act.detail)).collect();
        let generation = |number: i64| Some(format!("generation {number}"));
        assert_eq!(acts, [
            (OperatorAction::Rebuild, generation(2)),
            (OperatorAction::Cancel, generation(2)),
            (OperatorAction::Rebuild, generation(3)),
        ]);
    }

    async fn old_rows_stay_for_those_who_are_reading_and_then_go(test: TestDb) {
        let db = &test.db;
        let mut driver = begun(db).await;
        let reading = db.read_model(TALLY).await.unwrap();
        operations(db).rebuild(&operator(), TALLY).await.unwrap();
        driver.run_until_idle().await;
        let left = async || -> i64 {
            reading.query(sql!("SELECT count(*) FROM probe_tallies WHERE generation = $1")).scalar().await.unwrap()
        };
        assert_eq!((reading.generation(), left().await, live(db).await), (Generation::FIRST, 3, 2));
        test.clock.advance(Duration::from_mins(1));
        driver.run_until_idle().await;
        assert_eq!((left().await, rows(db).await), (0, 3));
    }

    async fn what_is_set_aside_keeps_a_read_model_from_becoming_live(test: TestDb) {
        let db = &test.db;
        drop(begun(db).await);
        let operations = operations(db);
        operations.rebuild(&operator(), TALLY).await.unwrap();
        let mut driver = Tally::new().refusing([7]).driver(db, None).await;
        driver.run_until_idle().await;
        assert_eq!((live(db).await, operations.rebuild_status(TALLY).await.unwrap().set_aside), (1, 8));
        let dead = operations.dead_letters(Some(NEXT), 10).await.unwrap();
        let dead = dead.first().unwrap();
        operations.discard(&operator(), NEXT, dead.position, Discard::Alone).await.unwrap();
        driver.run_until_idle().await;
        assert_eq!((live(db).await, total(db).await), (2, 29));
    }

    async fn what_shares_a_transaction_is_told_at_once_and_one_by_one_when_it_fails(test: TestDb) {
        let db = &test.db;
        note(db, 0..6).await;
        let tally = Tally::new().with_partitions(1).refusing([3]);
        let told = tally.told();
        tally.driver(db, None).await.run_until_idle().await;
        // Two share a transaction; of the second pair one fails, also by itself.
        assert_eq!(*told.lock().unwrap(), [2, 2, 2]);
        assert_eq!(total(db).await, 5);
    }

    async fn a_newer_version_is_built_beside_the_old_program(test: TestDb) {
        let db = &test.db;
        let mut old = begun(db).await;
        let mut new = Tally::new().in_version(2).driver(db, None).await;
        assert!(new.step(NEXT).await);
        note(db, 30..36).await;
        // The new program does not touch what the old one maintains, nor the other way round.
        assert!(!new.step(TALLY).await && !old.step(NEXT).await);
        old.run_until_idle().await;
        assert_eq!(tallies(db).await, expected(db, 1).await);
        new.run_until_idle().await;
        assert_eq!((live(db).await, tallies(db).await), (2, expected(db, 2).await));
        note(db, 36..40).await;
        old.run_until_idle().await;
        assert_eq!(total(db).await, 36, "the old program leaves alone what is newer");
        new.run_until_idle().await;
        assert_eq!(tallies(db).await, expected(db, 2).await);
        let refused = operations(db).rebuild(&operator(), TALLY).await.unwrap_err();
        assert!(matches!(refused, OperationError::NewerReadModel { .. }), "{refused}");
        // Nor does it build anything when it is started once more.
        drop(Tally::new().driver(db, None).await);
        let building = operations(db).rebuild_status(TALLY).await;
        assert!(matches!(building, Err(OperationError::NotRebuilding { .. })), "{building:?}");
    }

    async fn a_still_newer_version_takes_the_place_of_one_that_is_being_built(test: TestDb) {
        let db = &test.db;
        drop(begun(db).await);
        Tally::new().in_version(2).driver(db, None).await.step(NEXT).await;
        let mut newest = Tally::new().in_version(3).driver(db, None).await;
        let building = operations(db).rebuild_status(TALLY).await.unwrap();
        assert_eq!((building.version, building.generation.number(), building.position.number()), (3, 3, 0));
        drop(Tally::new().in_version(2).driver(db, None).await);
        newest.run_until_idle().await;
        assert_eq!((live(db).await, tallies(db).await), (3, expected(db, 3).await));
    }

    async fn what_cannot_be_done_to_a_read_model_is_refused(test: TestDb) {
        let db = &test.db;
        drop(begun(db).await);
        let operations = operations(db);
        let refused = operations.cancel_rebuild(&operator(), TALLY).await.unwrap_err();
        assert!(matches!(refused, OperationError::NotRebuilding { .. }), "{refused}");
        operations.rebuild(&operator(), TALLY).await.unwrap();
        let refused = operations.rebuild(&operator(), TALLY).await.unwrap_err();
        assert!(matches!(refused, OperationError::Rebuilding { .. }), "{refused}");
        let refused = operations.rebuild(&operator(), NEXT).await.unwrap_err();
        assert!(matches!(refused, OperationError::NoProjection { .. }), "{refused}");
        for name in [TALLY, NEXT] {
            let to = Rewind::ToPosition(perme8_events::Position::START);
            let refused = operations.rewind(&operator(), name, to, true).await.unwrap_err();
            assert_eq!(refused.to_string(), "`tests.tally` is a projection, which applies each event once: rebuild it instead");
        }
        let refused = operations.rebuild(&operator(), "tests.tale").await.unwrap_err();
        assert!(matches!(refused, OperationError::UnknownHandler { .. }), "{refused}");
    }
}
