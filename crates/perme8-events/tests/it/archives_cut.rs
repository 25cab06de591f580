//! Archiving and restoring that are cut short at every step lose nothing and do nothing twice; whole partitions go and come.

use std::{collections::BTreeSet, fs, path::Path};

use chrono::{DateTime, Utc};
use perme8_events::{
    Position,
    host::{ArchiveError, Archives},
    on_both_engines, sql,
    sql::{Db, MIGRATIONS},
    testing::{CutShort, TestDb},
};
use serde_json::Value;

use crate::{
    archives::{archived, archives, before, old_notes, probe, rows, verified},
    fixtures::{PROBE, change, emit, noted, operator},
    operations::{NAME, deliver},
};

/// A row of the log.
type Row = (Value, DateTime<Utc>);

const ALL: (Position, Position) = (Position::new(1), Position::new(i64::MAX));

fn position(row: &Row) -> i64 {
    row.0["position"].as_i64().unwrap()
}

/// What stands neither in the log nor in a sound file, and what stands in the log and is another one than it was.
async fn lost(db: &Db, folder: &Path, was: &[Row]) -> Vec<i64> {
    let now = rows(db).await;
    let files = Archives::verify_files(folder, |_| ()).await.unwrap();
    let sound: Vec<_> =
        files.archives.iter().filter(|archive| archive.problems.is_empty()).collect();
    let there: BTreeSet<i64> = now.iter().map(position).collect();
    let is_lost = |row: &&Row| {
        let at = position(row);
        let in_file = sound.iter().any(|a| a.first.number() <= at && at <= a.last.number());
        if there.contains(&at) { !now.contains(row) } else { !in_file }
    };
    was.iter().filter(is_lost).map(position).collect()
}

/// Cuts a command short later and later, until it comes to its end; how often that was.
async fn until_done<R>(
    db: &Db,
    (folder, was): (&Path, &[Row]),
    command: impl AsyncFn(usize) -> Option<Result<R, ArchiveError>>,
) -> usize {
    for waits in 0..10_000 {
        match command(waits).await {
            Some(done) => {
                done.unwrap();
                return waits;
            }
            None => assert_eq!(lost(db, folder, was).await, [0; 0], "after {waits} waits"),
        }
    }
    panic!("it comes to no end");
}

on_both_engines! {
    migrations: [&MIGRATIONS, &PROBE];

    async fn wherever_it_is_cut_short_nothing_is_lost_and_nothing_is_there_twice(test: TestDb) {
        let db = &test.db;
        let was = old_notes(&test).await;
        let (archives, folder) = archives(db);
        let (folder, operator, wish) = (folder.path(), operator(), before(10));
        for round in 0..3 {
            let cut = until_done(db, (folder, &was), async |waits| {
                CutShort::after(waits, archives.archive(&operator, &wish, |_| ())).await
            });
            assert!(cut.await > 3, "it is cut short between its steps");
            assert!(verified(&archives).await.is_sound(), "round {round}");
            assert_eq!(rows(db).await[..3], was[9..]);
            let cut = until_done(db, (folder, &was), async |waits| {
                CutShort::after(waits, archives.restore(&operator, ALL, |_| ())).await
            });
            assert!(cut.await > 3, "it is cut short between its steps");
            assert!(verified(&archives).await.is_sound(), "round {round}");
            assert_eq!(rows(db).await[..12], was, "round {round}");
            // Whoever makes the files anew makes the same ones.
            if round == 1 {
                archived(&archives, &wish).await;
                archives.restore(&operator, ALL, |_| ()).await.unwrap();
            }
        }
        assert_eq!(deliver(db, probe(NAME)).await, "", "nobody is told of anything a second time");
    }

    async fn what_is_lost_is_noticed_by_the_test_above(test: TestDb) {
        let db = &test.db;
        let was = old_notes(&test).await;
        let (archives, folder) = archives(db);
        archived(&archives, &before(10)).await;
        assert_eq!(lost(db, folder.path(), &was).await, [0; 0]);
        let path = folder.path().join("events-000000000005-000000000008.jsonl.gz");
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[1..]).unwrap();
        assert_eq!(lost(db, folder.path(), &was).await, [5, 6, 7, 8]);
        fs::write(&path, &bytes).unwrap();
        change(db, sql!("UPDATE event_log SET aggregate_id = 'another' WHERE seq = 11")).await;
        assert_eq!(lost(db, folder.path(), &was).await, [11]);
    }

    async fn a_file_that_was_complete_before_it_was_noted_is_taken_as_it_is(test: TestDb) {
        let db = &test.db;
        old_notes(&test).await;
        let (archives, folder) = archives(db);
        archived(&archives, &before(10)).await;
        archives.restore(&operator(), ALL, |_| ()).await.unwrap();
        let files = || -> Vec<Vec<u8>> {
            let names = ["000000000001-000000000004", "000000000005-000000000008", "000000000009-000000000009"];
            names.map(|name| fs::read(folder.path().join(format!("events-{name}.jsonl.gz"))).unwrap()).into()
        };
        let made = files();
        // As it is when a process dies between the two.
        change(db, sql!("DELETE FROM event_archives WHERE first_position > 1")).await;
        assert_eq!(archived(&archives, &before(10)).await.events, 9);
        assert_eq!(files(), made);
        assert!(verified(&archives).await.is_sound());
        archives.restore(&operator(), ALL, |_| ()).await.unwrap();
        // The same files beside another log are none of its archives.
        change(db, sql!("DELETE FROM event_archives")).await;
        change(db, sql!("UPDATE event_log SET aggregate_id = 'another' WHERE seq = 2")).await;
        let refused = archives.archive(&operator(), &before(10), |_| ()).await;
        assert!(matches!(refused, Err(ArchiveError::Conflict { .. })), "{refused:?}");
        assert_eq!(files(), made);
    }

    async fn one_command_at_a_time_is_in_a_folder(test: TestDb) {
        let db = &test.db;
        let was = old_notes(&test).await;
        let (archives, folder) = archives(db);
        let (operator, wish) = (operator(), before(10));
        let mut first = Box::pin(archives.archive(&operator, &wish, |_| ()));
        let begun = std::future::poll_fn(|context| {
            std::task::Poll::Ready(first.as_mut().poll(context).is_pending())
        });
        assert!(begun.await, "it waits for the database");
        let refused = archives.archive(&operator, &wish, |_| ()).await;
        assert!(matches!(refused, Err(ArchiveError::Busy { .. })), "{refused:?}");
        let refused = archives.restore(&operator, ALL, |_| ()).await;
        assert!(matches!(refused, Err(ArchiveError::Busy { .. })), "{refused:?}");
        first.await.unwrap();
        archives.restore(&operator, ALL, |_| ()).await.unwrap();
        assert_eq!(lost(db, folder.path(), &was).await, [0; 0]);
    }
}

/// The partitions of the log that there are.
async fn partitions(db: &Db) -> Vec<(String,)> {
    db.query(sql!(
        sqlite: "SELECT name FROM sqlite_master WHERE FALSE",
        postgres: "SELECT c.relname::text FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                   WHERE i.inhparent = 'event_log'::regclass ORDER BY c.relname"
    ))
    .all()
    .await
    .unwrap()
}

/// How many events stand in no partition of their own.
async fn strayed(db: &Db) -> i64 {
    db.query(sql!(sqlite: "SELECT 0", postgres: "SELECT count(*) FROM event_log_default"))
        .scalar()
        .await
        .unwrap()
}

#[tokio::test]
async fn a_whole_partition_goes_at_once_and_comes_back() {
    let Some(test) = TestDb::postgres(5, &[&MIGRATIONS, &PROBE]).await else { return };
    test.run(async |test| {
        let db = &test.db;
        old_notes(&test).await;
        // The next event is the first of the second partition.
        let ahead = sql!(sqlite: "SELECT 1", postgres: "SELECT setval('event_log_seq', 9999999)");
        change(db, ahead).await;
        emit(db, (13..=16).map(|n| noted("young", n))).await;
        deliver(db, probe(NAME)).await;
        test.clock.advance(std::time::Duration::from_hours(48));
        let was = rows(db).await;
        let before_it = partitions(db).await;
        let first = ("event_log_p0".to_owned(),);
        assert!(before_it.contains(&first), "{before_it:?}");

        // Up to the third event of the second one: no file reaches from one partition into the other.
        let (archives, _folder) = archives(db);
        let gone = archived(&archives, &before(10_000_003)).await;
        assert_eq!((gone.events, gone.last), (15, Position::new(10_000_002)));
        let verification = verified(&archives).await;
        assert!(verification.is_sound(), "{verification:?}");
        let ends: Vec<i64> =
            verification.archives.iter().map(|archive| archive.last.number()).collect();
        assert_eq!(ends, [4, 8, 9_999_999, 10_000_002]);
        let there = partitions(db).await;
        assert!(!there.contains(&first), "{there:?}");
        assert_eq!(
            there.len(),
            before_it.len() - 1,
            "the one from which positions are drawn stays"
        );

        // What is appended meanwhile goes where it belongs.
        emit(db, [noted("young", 17)]).await;
        assert_eq!(strayed(db).await, 0);
        archives.restore(&operator(), ALL, |_| ()).await.unwrap();
        assert_eq!(partitions(db).await, before_it);
        assert_eq!(rows(db).await[..16], was);
        assert!(verified(&archives).await.is_sound());
        assert_eq!(deliver(db, probe(NAME)).await, "young 17 handled\n");
    })
    .await;
}

#[tokio::test]
async fn what_follows_a_gap_comes_back_into_the_partition_that_it_was_in() {
    let Some(test) = TestDb::postgres(5, &[&MIGRATIONS, &PROBE]).await else { return };
    test.run(async |test| {
        let db = &test.db;
        old_notes(&test).await;
        // Two events in the second partition, and two in the third.
        let second = sql!(sqlite: "SELECT 1", postgres: "SELECT setval('event_log_seq', 9999999)");
        change(db, second).await;
        emit(db, [noted("young", 13), noted("young", 14)]).await;
        let third = sql!(sqlite: "SELECT 1", postgres: "SELECT setval('event_log_seq', 19999999)");
        change(db, third).await;
        emit(db, [noted("younger", 15), noted("younger", 16)]).await;
        deliver(db, probe(NAME)).await;
        test.clock.advance(std::time::Duration::from_hours(48));
        let (was, all) = (rows(db).await, partitions(db).await);

        let (archives, _folder) = archives(db);
        assert_eq!(archived(&archives, &before(13)).await.last, Position::new(12));
        // It begins in the first partition, where nothing is left, and all of it stands in the second.
        let gone = archived(&archives, &before(20_000_000)).await;
        assert_eq!((gone.first, gone.events), (Position::new(13), 2));
        assert_eq!(partitions(db).await.len(), all.len() - 2, "both are gone");
        archives.restore(&operator(), ALL, |_| ()).await.unwrap();
        assert_eq!((partitions(db).await, strayed(db).await), (all, 0));
        assert_eq!(rows(db).await[..16], was);
    })
    .await;
}
