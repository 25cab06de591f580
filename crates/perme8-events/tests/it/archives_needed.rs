//! What needs events that are archived says so, and which archives it takes.

use std::{sync::Arc, time::Duration};

use perme8_events::{
    Clock as _, Position, Topic, Viewer,
    host::{
        ArchiveError, ArchiveWish, Archives, EventBus, Feed, OperationError, Operations, Replay,
        Rewind, Runtime, RuntimeBuilder, StartError, SubscribeError, Tasks,
    },
    on_both_engines, sql,
    sql::{Db, MIGRATIONS},
    testing::{Driver, Strangers, TestDb, wait_until},
};

use crate::{
    archives::{archived, archives, before, old_notes, probe},
    fixtures::{PROBE, change, emit, noted, operator},
    operations::{NAME, deliver, operations},
    probe::effects,
    tally::{NEXT, TALLY, Tally, tallies},
};

const SOON: Duration = Duration::from_secs(20);

/// The ranges that a refusal names.
fn ranges(refused: OperationError) -> Vec<(i64, i64)> {
    let OperationError::Archived { archives, .. } = refused else { panic!("{refused:?}") };
    archives.iter().map(|range| (range.first.number(), range.last.number())).collect()
}

/// Why a program is not started.
async fn refusal(db: &Db, builder: RuntimeBuilder) -> Option<StartError> {
    let tasks = Tasks::new();
    let feed = Feed::start(db, &tasks).await.unwrap();
    let refusal = builder.build().start(&feed, &tasks).await.err();
    tasks.shutdown(SOON).await.unwrap();
    refusal
}

async fn restore_all(archives: &Archives) {
    let all = (Position::new(1), Position::new(i64::MAX));
    archives.restore(&operator(), all, |_| ()).await.unwrap();
}

fn replay(note: &str) -> Replay {
    Replay { aggregate_type: "note".to_owned(), aggregate_id: note.to_owned(), with_effects: false }
}

/// A projection that has read twelve old notes, of which the first nine are archived.
async fn tallied(test: &TestDb) -> Driver {
    emit(&test.db, (1..=12).map(|n| noted("a", n))).await;
    let mut driver = Tally::new().with_partitions(1).driver(&test.db, None).await;
    driver.run_until_idle().await;
    test.clock.advance(Duration::from_hours(48));
    driver
}

on_both_engines! {
    migrations: [&MIGRATIONS, &PROBE];

    async fn a_handler_goes_back_no_further_than_the_log_does(test: TestDb) {
        let db = &test.db;
        old_notes(&test).await;
        let (archives, _folder) = archives(db);
        archived(&archives, &before(10)).await;
        let operations = operations(db, probe(NAME));
        let back = async |to: Rewind| operations.rewind(&operator(), NAME, to, false).await;
        let to = |n: i64| Rewind::ToPosition(Position::new(n));
        assert_eq!(ranges(back(to(0)).await.unwrap_err()), [(1, 4), (5, 8), (9, 9)]);
        assert_eq!(ranges(back(to(6)).await.unwrap_err()), [(5, 8), (9, 9)]);
        let long_ago = test.clock.now() - chrono::TimeDelta::days(30);
        assert_eq!(ranges(back(Rewind::ToTime(long_ago)).await.unwrap_err()).len(), 3);
        let said = back(to(6)).await.unwrap_err().to_string();
        assert_eq!(
            said,
            "`tests.probe` would need events that are archived: restore positions 5 to 9, in \
             `events-000000000005-000000000008.jsonl.gz`, `events-000000000009-000000000009.jsonl.gz` first"
        );
        assert_eq!(back(to(9)).await.unwrap().position, Position::new(9));
        assert_eq!(deliver(db, probe(NAME)).await, "even 10 handled\nodd 11 handled\neven 12 handled\n");
        restore_all(&archives).await;
        back(to(0)).await.unwrap();
        deliver(db, probe(NAME)).await;
        assert_eq!(effects(db, NAME).await.len(), 12 + 3 + 12);
    }

    async fn the_events_of_one_thing_are_given_again_unless_some_are_archived(test: TestDb) {
        let db = &test.db;
        old_notes(&test).await;
        emit(db, [noted("young", 13), noted("young", 14)]).await;
        deliver(db, probe(NAME)).await;
        let (archives, _folder) = archives(db);
        archived(&archives, &before(3)).await;
        let operations = operations(db, probe(NAME));
        let again = async |note: &str| operations.replay(&operator(), NAME, &replay(note)).await;
        assert_eq!(ranges(again("odd").await.unwrap_err()), [(1, 2)]);
        assert_eq!(again("young").await.unwrap().events, 2, "all of it stands in the log");
        restore_all(&archives).await;
        assert_eq!(again("odd").await.unwrap().events, 6);
    }

    async fn a_read_model_is_not_built_anew_from_a_part_of_the_log(test: TestDb) {
        let db = &test.db;
        let mut driver = tallied(&test).await;
        let was = tallies(db).await;
        let (archives, _folder) = archives(db);
        archived(&archives, &before(10)).await;
        let tally = Operations::of(&Tally::new().with_partitions(1).builder(db).build(), &[]);
        let refused = tally.rebuild(&operator(), TALLY).await.unwrap_err();
        assert_eq!(ranges(refused), [(1, 4), (5, 8), (9, 9)]);
        // Nor by a program that has a newer version of it.
        let newer = || Tally::new().with_partitions(1).in_version(2).builder(db);
        let refused = refusal(db, newer()).await;
        let Some(StartError::Archived { handler, from, is_new, .. }) = &refused else { panic!("{refused:?}") };
        assert_eq!((handler.as_str(), *from, *is_new), (NEXT, Position::new(1), false));
        assert_eq!(tallies(db).await, was);
        restore_all(&archives).await;
        tally.rebuild(&operator(), TALLY).await.unwrap();
        // While it is being built, nothing that it needs goes again.
        let held = archives.plan(&before(10)).await;
        assert!(held.unwrap_err().to_string().contains("`tests.tally@next`"));
        driver.run_until_idle().await;
        assert_eq!(tallies(db).await, was);
        assert_eq!(db.read_model(TALLY).await.unwrap().generation().number(), 2);
    }

    async fn a_handler_that_is_new_says_whether_it_can_do_without_what_is_archived(test: TestDb) {
        let db = &test.db;
        old_notes(&test).await;
        let (archives, _folder) = archives(db);
        archived(&archives, &before(10)).await;
        let both = || Runtime::builder(db).handler(probe(NAME)).handler(probe("tests.new"));
        let refused = refusal(db, both()).await;
        let Some(StartError::Archived { handler, archives: needed, is_new, .. }) = &refused else { panic!("{refused:?}") };
        assert_eq!((handler.as_str(), needed.len(), *is_new), ("tests.new", 3, true));
        let late = both().beginning_with_what_is_kept("tests.new").build();
        late.driver(None).await.run_until_idle().await;
        let kept: Vec<i64> = effects(db, "tests.new").await.into_iter().map(|(_, n)| n).collect();
        assert_eq!(kept, [10, 11, 12]);
        // It is not new any more, and stands behind what has gone.
        assert!(refusal(db, both()).await.is_none());
    }

    async fn a_handler_that_did_not_count_is_not_started_as_if_nothing_were_missing(test: TestDb) {
        let db = &test.db;
        emit(db, [noted("a", 1)]).await;
        deliver(db, probe("tests.old")).await;
        emit(db, (2..=6).map(|n| noted("a", n))).await;
        Runtime::builder(db).handler(probe(NAME)).retired("tests.old").build().driver(None).await.run_until_idle().await;
        test.clock.advance(Duration::from_hours(48));
        let (archives, _folder) = archives(db);
        let despite = ArchiveWish { despite: vec!["tests.old".to_owned()], ..before(5) };
        archived(&archives, &despite).await;
        let both = || Runtime::builder(db).handler(probe(NAME)).handler(probe("tests.old"));
        let refused = refusal(db, both()).await;
        let Some(StartError::Archived { handler, from, .. }) = &refused else { panic!("{refused:?}") };
        assert_eq!((handler.as_str(), *from), ("tests.old", Position::new(2)));
        restore_all(&archives).await;
        both().build().driver(None).await.run_until_idle().await;
        assert_eq!(effects(db, "tests.old").await.len(), 6);
    }

    async fn a_handler_that_a_node_runs_counts_whatever_is_said(test: TestDb) {
        let db = &test.db;
        old_notes(&test).await;
        let tasks = Tasks::new();
        let feed = Feed::start(db, &tasks).await.unwrap();
        Runtime::builder(db).handler(probe(NAME)).build().start(&feed, &tasks).await.unwrap();
        let operations = Operations::new(db);
        wait_until("a node runs it", SOON, async || !operations.status(NAME).await.unwrap().nodes.is_empty()).await;
        let (archives, _folder) = archives(db);
        let despite = ArchiveWish { despite: vec![NAME.to_owned()], ..before(5) };
        let refused = archives.archive(&operator(), &despite, |_| ()).await;
        assert!(matches!(refused, Err(ArchiveError::IsRunning { .. })), "{refused:?}");
        tasks.shutdown(SOON).await.unwrap();
        assert_eq!(archived(&archives, &despite).await.events, 4);
    }

    async fn a_client_that_comes_back_too_late_is_told_to_begin_anew(test: TestDb) {
        let db = &test.db;
        old_notes(&test).await;
        let (archives, _folder) = archives(db);
        archived(&archives, &before(10)).await;
        let tasks = Tasks::new();
        let feed = Feed::start(db, &tasks).await.unwrap();
        let bus = EventBus::new(feed, Arc::new(Strangers), &[]);
        let resumed = async |after: i64| {
            bus.subscribe(Viewer::Operator, vec![Topic::All], Some(Position::new(after))).await
        };
        for after in [0, 8] {
            let refused = resumed(after).await;
            assert!(
                matches!(refused, Err(SubscribeError::Archived { last, .. }) if last == Position::new(9)),
                "{refused:?}"
            );
        }
        assert!(resumed(9).await.is_ok(), "nothing is missing behind it");
        restore_all(&archives).await;
        assert!(resumed(0).await.is_ok());
        tasks.shutdown(SOON).await.unwrap();
    }

    async fn nobody_goes_back_while_events_are_being_removed(test: TestDb) {
        let db = &test.db;
        old_notes(&test).await;
        let (archives, _folder) = archives(db);
        archived(&archives, &before(10)).await;
        restore_all(&archives).await;
        let operations = operations(db, probe(NAME));
        let to = Rewind::ToPosition(Position::START);
        // As it is between the decision and its end.
        for state in [
            sql!("UPDATE event_archives SET state = 'removing'"),
            sql!("UPDATE event_archives SET state = 'restoring'"),
        ] {
            change(db, state).await;
            let refused = operations.rewind(&operator(), NAME, to, false).await.unwrap_err();
            assert_eq!(ranges(refused).len(), 3);
        }
        // Both are ended by asking again.
        restore_all(&archives).await;
        operations.rewind(&operator(), NAME, to, false).await.unwrap();
        let refused = archives.archive(&operator(), &before(10), |_| ()).await;
        assert!(refused.unwrap_err().to_string().contains("`tests.probe`"), "it stands at the beginning now");
    }
}
