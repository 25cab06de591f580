//! The old end of the log goes into files, comes back as it was, and does not go while somebody needs it.

use std::{collections::BTreeMap, fs, path::Path, time::Duration};

use chrono::{DateTime, Utc};
use perme8_events::{
    Clock as _, Envelope, EventStore as _, HandlerOptions, OperatorAction, Position, SubjectKind,
    host::{
        ArchiveBefore, ArchiveError, ArchivePlan, ArchiveWish, Archived, Archives, Discard, Need,
        Operations, Runtime, Verification,
    },
    on_both_engines, sql,
    sql::{Db, MIGRATIONS},
    testing::TestDb,
};
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    fixtures::{PROBE, change, emit, log, noted, operator},
    operations::{NAME, acts, deliver, giving_up},
    probe::{Probe, QUICK, effects},
};

/// A handler with one checkpoint: that of a partition without a key stays where it is while nobody runs in the background.
pub(crate) fn probe(name: &'static str) -> Probe {
    Probe::new(name).with(HandlerOptions { partitions: 1, ..QUICK })
}

/// Four events a file, up to a position.
pub(crate) fn before(position: i64) -> ArchiveWish {
    let place = ArchiveBefore::Position(Position::new(position));
    ArchiveWish { events_in_a_file: 4, ..ArchiveWish::before(place) }
}

/// The log with all that its rows hold: what clients see, and when it was written down.
pub(crate) async fn rows(db: &Db) -> Vec<(Value, DateTime<Utc>)> {
    let written: Vec<(i64, DateTime<Utc>)> =
        db.query(sql!("SELECT seq, inserted_at FROM event_log")).all().await.unwrap();
    let written: BTreeMap<i64, DateTime<Utc>> = written.into_iter().collect();
    // What was sent by a command that was cut short may still come or go between the two questions.
    let row = |event: Envelope| {
        let at = written.get(&event.position.number())?;
        Some((serde_json::to_value(&event).unwrap(), *at))
    };
    log(db).await.into_iter().filter_map(row).collect()
}

/// Twelve notes, which a handler has handled two days ago.
pub(crate) async fn old_notes(test: &TestDb) -> Vec<(Value, DateTime<Utc>)> {
    emit(&test.db, (1..=12).map(|n| noted(if n % 2 == 0 { "even" } else { "odd" }, n))).await;
    deliver(&test.db, probe(NAME)).await;
    test.clock.advance(Duration::from_hours(48));
    rows(&test.db).await
}

/// An archive in a folder of its own.
pub(crate) fn archives(db: &Db) -> (Archives, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    (Archives::new(db, folder.path()), folder)
}

pub(crate) async fn archived(archives: &Archives, wish: &ArchiveWish) -> Archived {
    archives.archive(&operator(), wish, |_| ()).await.unwrap().unwrap()
}

pub(crate) async fn verified(archives: &Archives) -> Verification {
    archives.verify(|_| ()).await.unwrap()
}

pub(crate) fn from_to(from: i64, to: i64) -> (Position, Position) {
    (Position::new(from), Position::new(to))
}

/// Who stands in the way, as sentences; nothing has changed.
async fn in_the_way(db: &Db, wish: &ArchiveWish) -> Vec<String> {
    let was = rows(db).await;
    let (archives, folder) = archives(db);
    let refused = archives.archive(&operator(), wish, |_| ()).await;
    let Err(ArchiveError::StillNeeded { needs, .. }) = refused else { panic!("{refused:?}") };
    assert_eq!(rows(db).await, was);
    assert_eq!(files(folder.path()), [""; 0]);
    needs.iter().map(Need::to_string).collect()
}

/// Everything that belongs to archives in a folder.
pub(crate) fn files(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let names = names.map(|name| name.into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name.starts_with("events-")).collect();
    names.sort();
    names
}

on_both_engines! {
    migrations: [&MIGRATIONS, &PROBE];

    async fn what_is_old_goes_into_files_and_comes_back_as_it_was(test: TestDb) {
        let db = &test.db;
        let was = old_notes(&test).await;
        let (archives, folder) = archives(db);
        let plan = archives.plan(&before(10)).await.unwrap();
        assert_eq!(plan, Some(ArchivePlan { first: Position::new(1), last: Position::new(9) }));
        let gone = archived(&archives, &before(10)).await;
        assert_eq!((gone.first, gone.last, gone.events), (Position::new(1), Position::new(9), 9));
        assert_eq!(gone.oldest_kept, Some(Position::new(10)));
        assert_eq!(db.oldest_kept().await.unwrap(), Some(Position::new(10)));
        assert_eq!(files(folder.path()).len(), 6, "three files, each with a manifest");
        assert_eq!(rows(db).await[..3], was[9..]);

        let verification = verified(&archives).await;
        assert!(verification.is_sound(), "{verification:?}");
        let counts: Vec<_> = verification.archives.iter().map(|a| (a.events, a.in_log)).collect();
        assert_eq!(counts, [(4, Some(0)), (4, Some(0)), (1, Some(0))]);
        let holds = db.archive_of(Position::new(6)).await.unwrap().unwrap();
        assert_eq!((holds.first, holds.last), (Position::new(5), Position::new(8)));
        assert_eq!(db.archive_of(Position::new(10)).await.unwrap(), None);

        let restored = archives.restore(&operator(), from_to(1, 9), |_| ()).await.unwrap();
        assert_eq!((restored.events, restored.files.len()), (9, 3));
        assert_eq!(rows(db).await[..12], was);
        assert!(verified(&archives).await.is_sound());
        // Nobody is told of them a second time, and what comes next is appended behind the end.
        assert_eq!(deliver(db, probe(NAME)).await, "");
        emit(db, [noted("odd", 13)]).await;
        assert_eq!(deliver(db, probe(NAME)).await, "odd 13 handled\n");

        let acts: Vec<_> = acts(db).await.into_iter().map(|act| (act.action, act.subject_kind, act.position)).collect();
        assert_eq!(acts, [
            (OperatorAction::Archive, SubjectKind::Log, Some(9)),
            (OperatorAction::Restore, SubjectKind::Log, Some(9)),
        ]);
    }

    async fn archives_go_on_where_they_ended_and_what_was_restored_goes_again(test: TestDb) {
        let db = &test.db;
        let was = old_notes(&test).await;
        let (archives, folder) = archives(db);
        archived(&archives, &before(5)).await;
        assert_eq!(archives.archive(&operator(), &before(5), |_| ()).await.unwrap(), None);
        archives.restore(&operator(), from_to(2, 3), |_| ()).await.unwrap();
        assert_eq!(rows(db).await[..12], was);
        let gone = archived(&archives, &before(8)).await;
        assert_eq!((gone.first, gone.last), (Position::new(1), Position::new(7)));
        assert_eq!(files(folder.path()), [
            "events-000000000001-000000000004.jsonl.gz",
            "events-000000000001-000000000004.manifest.json",
            "events-000000000005-000000000007.jsonl.gz",
            "events-000000000005-000000000007.manifest.json",
        ]);
        assert!(verified(&archives).await.is_sound());
        // Half of them: the others stay where they are.
        let restored = archives.restore(&operator(), from_to(7, 100), |_| ()).await.unwrap();
        assert_eq!((restored.events, restored.oldest_kept), (3, Some(Position::new(5))));
        let again = archives.restore(&operator(), from_to(7, 100), |_| ()).await.unwrap();
        assert_eq!((again.events, again.files.len()), (0, 0), "they stand in the log already");
    }

    async fn holes_are_no_gaps(test: TestDb) {
        let db = &test.db;
        old_notes(&test).await;
        change(db, sql!("DELETE FROM event_log WHERE seq IN (1, 4, 5, 9)")).await;
        let was = rows(db).await;
        let (archives, _folder) = archives(db);
        let gone = archived(&archives, &before(10)).await;
        assert_eq!((gone.first, gone.last, gone.events), (Position::new(1), Position::new(9), 5));
        assert!(verified(&archives).await.is_sound());
        archives.restore(&operator(), from_to(1, 9), |_| ()).await.unwrap();
        assert_eq!(rows(db).await[..8], was);
    }

    async fn the_last_event_stays_whatever_is_asked_for(test: TestDb) {
        let db = &test.db;
        old_notes(&test).await;
        let (archives, _folder) = archives(db);
        let wish = ArchiveWish::before(ArchiveBefore::Time(test.clock.now()));
        let gone = archived(&archives, &wish).await;
        assert_eq!((gone.last, gone.oldest_kept), (Position::new(11), Some(Position::new(12))));
        // One who starts now finds the end of the log where it was.
        assert_eq!(db.head().await.unwrap(), Position::new(13), "and the act of the operator");
        emit(db, [noted("odd", 13)]).await;
        assert_eq!(deliver(db, probe(NAME)).await, "odd 13 handled\n");
    }

    async fn a_time_is_a_place_in_the_log(test: TestDb) {
        let db = &test.db;
        emit(db, (1..=3).map(|n| noted("a", n))).await;
        test.clock.advance(Duration::from_hours(72));
        let noon = test.clock.now();
        emit(db, (4..=6).map(|n| noted("a", n))).await;
        deliver(db, probe(NAME)).await;
        test.clock.advance(Duration::from_hours(72));
        let (archives, _folder) = archives(db);
        let gone = archived(&archives, &ArchiveWish::before(ArchiveBefore::Time(noon))).await;
        assert_eq!((gone.events, gone.last), (3, Position::new(3)));
        let nothing = ArchiveWish::before(ArchiveBefore::Time(noon - chrono::TimeDelta::days(30)));
        assert_eq!(archives.plan(&nothing).await.unwrap(), None);
    }

    async fn a_handler_that_is_behind_keeps_what_it_has_not_handled(test: TestDb) {
        let db = &test.db;
        let both = || Runtime::builder(db).handler(probe(NAME)).handler(probe("tests.late")).build();
        both().driver(None).await.run_until_idle().await;
        Operations::new(db).pause(&operator(), "tests.late").await.unwrap();
        emit(db, (1..=6).map(|n| noted("a", n))).await;
        both().driver(None).await.run_until_idle().await;
        test.clock.advance(Duration::from_hours(48));
        let held = in_the_way(db, &before(5)).await;
        assert_eq!(held.len(), 1, "{held:?}");
        assert!(held[0].starts_with("`tests.late` has not come to position"), "{held:?}");
        // The same wish is followed once it is no longer behind.
        Operations::new(db).resume(&operator(), "tests.late").await.unwrap();
        both().driver(None).await.run_until_idle().await;
        test.clock.advance(Duration::from_hours(48));
        let (archives, _folder) = archives(db);
        assert_eq!(archived(&archives, &before(5)).await.last, Position::new(4));
    }

    async fn a_handler_that_nobody_runs_can_be_left_out_of_account_by_its_name(test: TestDb) {
        let db = &test.db;
        emit(db, [noted("a", 1)]).await;
        deliver(db, probe("tests.old")).await;
        emit(db, (2..=6).map(|n| noted("a", n))).await;
        let ours = || Runtime::builder(db).handler(probe(NAME)).retired("tests.old").build();
        ours().driver(None).await.run_until_idle().await;
        test.clock.advance(Duration::from_hours(48));
        assert_eq!(in_the_way(db, &before(5)).await, ["`tests.old` has not come to position 2 yet"]);
        let (archives, _folder) = archives(db);
        let despite = |name: &str| ArchiveWish { despite: vec![name.to_owned()], ..before(5) };
        let refused = archives.plan(&despite("tests.odl")).await;
        assert!(matches!(refused, Err(ArchiveError::UnknownHandler { .. })), "{refused:?}");
        assert_eq!(archived(&archives, &despite("tests.old")).await.events, 4);
    }

    async fn a_dead_letter_and_what_waits_behind_it_keep_their_events(test: TestDb) {
        let db = &test.db;
        emit(db, [noted("a", 1), noted("b", 2), noted("b", 3), noted("b", 4), noted("c", 5), noted("c", 6)]).await;
        deliver(db, giving_up(&[3])).await;
        test.clock.advance(Duration::from_hours(48));
        assert_eq!(in_the_way(db, &before(6)).await, [
            "`tests.probe` has a dead letter at position 3",
            "`tests.probe` has still to deliver position 4",
        ]);
        let (archives, _folder) = archives(db);
        let possible = ArchiveWish { as_far_as_possible: true, ..before(6) };
        assert_eq!(archived(&archives, &possible).await.last, Position::new(2));
        Operations::new(db).discard(&operator(), NAME, Position::new(3), Discard::WithWaiting).await.unwrap();
        assert_eq!(archived(&archives, &before(6)).await.last, Position::new(5));
    }

    async fn a_job_that_is_not_done_keeps_the_event_that_it_follows_from(test: TestDb) {
        let db = &test.db;
        old_notes(&test).await;
        change(db, sql!(
            "INSERT INTO event_jobs (job_id, queue, is_told, payload, state, attempts, due_at, epoch, correlation_id, causation_id,
               metadata, enqueued_at, updated_at)
             SELECT id, 'tests.webhooks', FALSE, '{}', 'waiting', 0, occurred_at, 0, correlation_id, id, '{}', occurred_at, occurred_at
             FROM event_log WHERE seq = 3"
        )).await;
        assert_eq!(
            in_the_way(db, &before(5)).await,
            ["the queue `tests.webhooks` has a job that is not done and follows from position 3"]
        );
        change(db, sql!("UPDATE event_jobs SET state = 'done'")).await;
        let (archives, _folder) = archives(db);
        assert_eq!(archived(&archives, &before(5)).await.last, Position::new(4));
    }

    async fn a_case_that_is_not_over_keeps_what_it_may_have_led_to(test: TestDb) {
        let db = &test.db;
        old_notes(&test).await;
        change(db, sql!(
            "INSERT INTO event_processes (process, instance, status, state, compensations, started_at, updated_at)
             SELECT 'tests.onboarding', 'one', 'running', '{}', '[]', occurred_at, occurred_at FROM event_log WHERE seq = 3"
        )).await;
        assert_eq!(
            in_the_way(db, &before(5)).await,
            ["the process `tests.onboarding` has a case that is not over and may look back to position 1"]
        );
        change(db, sql!("UPDATE event_processes SET status = 'completed'")).await;
        let (archives, _folder) = archives(db);
        assert_eq!(archived(&archives, &before(5)).await.last, Position::new(4));
    }

    async fn clients_may_come_back_for_a_day(test: TestDb) {
        let db = &test.db;
        emit(db, (1..=6).map(|n| noted("a", n))).await;
        deliver(db, probe(NAME)).await;
        test.clock.advance(Duration::from_hours(23));
        assert_eq!(
            in_the_way(db, &before(5)).await,
            ["a client that comes back within a day may still go on from position 1"]
        );
        test.clock.advance(Duration::from_hours(2));
        let (archives, _folder) = archives(db);
        assert_eq!(archived(&archives, &before(5)).await.last, Position::new(4));
    }

    async fn a_byte_of_an_archive_that_is_another_one_is_found_by_verify(test: TestDb) {
        let db = &test.db;
        old_notes(&test).await;
        let (archives, folder) = archives(db);
        archived(&archives, &before(10)).await;
        let sound = async || Archives::verify_files(folder.path(), |_| ()).await.unwrap().is_sound();
        assert!(sound().await, "as long as every byte is as it was");
        for name in files(folder.path()) {
            let path = folder.path().join(&name);
            let bytes = fs::read(&path).unwrap();
            for at in (0..bytes.len()).step_by(3) {
                let mut damaged = bytes.clone();
                damaged[at] ^= 1;
                fs::write(&path, &damaged).unwrap();
                assert!(!sound().await, "byte {at} of {name}");
            }
            fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
            assert!(!sound().await, "{name} is cut");
            fs::remove_file(&path).unwrap();
            assert!(!verified(&archives).await.is_sound(), "{name} is gone");
            fs::write(&path, &bytes).unwrap();
        }
        assert!(sound().await);
        // What nobody but the database can know: the last one is gone with its manifest.
        for name in &files(folder.path())[4..] {
            fs::remove_file(folder.path().join(name)).unwrap();
        }
        assert!(sound().await);
        let verification = verified(&archives).await;
        assert_eq!(verification.problems.len(), 1, "{verification:?}");
    }

    async fn an_event_that_was_changed_in_the_log_is_found_and_does_not_go(test: TestDb) {
        let db = &test.db;
        old_notes(&test).await;
        let (archives, _folder) = archives(db);
        archived(&archives, &before(10)).await;
        archives.restore(&operator(), from_to(1, 9), |_| ()).await.unwrap();
        change(db, sql!("UPDATE event_log SET aggregate_id = 'another' WHERE seq = 6")).await;
        let verification = verified(&archives).await;
        assert_eq!(verification.archives[1].problems, [
            "1 of its events should stand in the log, too, and do not",
            "they hold different events at position 6",
        ]);
        let was = rows(db).await;
        let refused = archives.archive(&operator(), &before(10), |_| ()).await;
        assert!(matches!(refused, Err(ArchiveError::Conflict { .. })), "{refused:?}");
        assert_eq!(rows(db).await, was);
    }

    async fn nothing_is_removed_of_which_no_sound_file_is_there(test: TestDb) {
        let db = &test.db;
        old_notes(&test).await;
        let (archives, folder) = archives(db);
        archived(&archives, &before(10)).await;
        archives.restore(&operator(), from_to(1, 9), |_| ()).await.unwrap();
        let was = rows(db).await;
        let path = folder.path().join("events-000000000005-000000000008.jsonl.gz");
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, b"something else").unwrap();
        let refused = archives.archive(&operator(), &before(10), |_| ()).await;
        assert!(matches!(refused, Err(ArchiveError::Damaged { .. })), "{refused:?}");
        fs::remove_file(&path).unwrap();
        let refused = archives.archive(&operator(), &before(10), |_| ()).await;
        assert!(matches!(refused, Err(ArchiveError::Damaged { .. })), "{refused:?}");
        assert_eq!(rows(db).await, was);
        fs::write(&path, bytes).unwrap();
        assert_eq!(archived(&archives, &before(10)).await.events, 9);
    }

    async fn wishes_that_cannot_be_are_refused(test: TestDb) {
        let db = &test.db;
        let (archives, _folder) = archives(db);
        assert_eq!(archives.plan(&before(1)).await.unwrap(), None, "an empty log");
        old_notes(&test).await;
        let refused = archives.plan(&before(99)).await;
        assert!(matches!(refused, Err(ArchiveError::BeyondHead { .. })), "{refused:?}");
        let refused = archives.plan(&ArchiveWish { events_in_a_file: 0, ..before(5) }).await;
        assert!(matches!(refused, Err(ArchiveError::TooFewInAFile)), "{refused:?}");
        assert_eq!(archives.plan(&before(1)).await.unwrap(), None);
        assert_eq!(effects(db, NAME).await.len(), 12);
    }
}
