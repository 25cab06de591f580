//! What operators do to handlers that run by themselves, and that it is recorded.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use perme8_events::{
    Catalogue, Clock as _, Effects, Envelope, HandlerOptions, OperatorActed, OperatorAction,
    Origin, Position, StorageError, SubjectKind, SystemClock, catalogue,
    host::{
        Feed, HandlerState, HandlerStatus, NodeOptions, OperationError, Operations, Replay, Rewind,
        Runtime, Tasks,
    },
    on_both_engines, sql,
    sql::{Db, MIGRATIONS, UnitOfWork},
    testing::wait_until,
};
use tokio::sync::{Notify, watch};

use crate::{
    fixtures::{Filed, Noted, PROBE, change, emit, log, noted, operator, user},
    gate::Gated,
    probe::{Act, Probe, QUICK, effects, effects_of, told},
};

catalogue! { NOTES: Noted }

const CATALOGUES: &[Catalogue] = &[NOTES];
pub(crate) const NAME: &str = "tests.probe";
const ONE: HandlerOptions = HandlerOptions { partitions: 1, ..QUICK };
const SOON: Duration = Duration::from_secs(20);

fn runtime(db: &Db, probe: Probe) -> Runtime {
    Runtime::builder(db).handler(probe).build()
}

/// What operators of a program with this handler can do.
pub(crate) fn operations(db: &Db, probe: Probe) -> Operations {
    Operations::of(&runtime(db, probe), CATALOGUES)
}

pub(crate) async fn deliver(db: &Db, probe: Probe) -> String {
    told(&runtime(db, probe).driver(None).await.run_until_idle().await)
}

pub(crate) async fn status(db: &Db) -> HandlerStatus {
    Operations::new(db).handlers().await.unwrap().remove(0)
}

/// Where the notes stand in the log.
pub(crate) async fn positions(db: &Db) -> Vec<Position> {
    let events = log(db).await;
    events.iter().filter(|event| event.event_type == "notes.noted").map(|e| e.position).collect()
}

/// What operators did, oldest first.
pub(crate) async fn acts(db: &Db) -> Vec<OperatorActed> {
    let decode = |event: &Envelope| event.decode::<OperatorActed>().unwrap();
    log(db).await.iter().filter_map(decode).collect()
}

/// Changes when the event at a position happened and when it was written down.
async fn date(db: &Db, position: i64, happened: DateTime<Utc>, written: DateTime<Utc>) {
    UnitOfWork::new(db.clone())
        .run(Origin::user(user(1)), async |tx| {
            tx.query(sql!("UPDATE event_log SET occurred_at = $2, inserted_at = $3 WHERE seq = $1"))
                .bind(position)
                .bind(happened)
                .bind(written)
                .exec()
                .await
                .map(drop)
        })
        .await
        .unwrap_or_else(|error: StorageError| panic!("{error:?}"));
}

fn replay_of(note: &str) -> Replay {
    Replay { aggregate_type: "note".to_owned(), aggregate_id: note.to_owned(), with_effects: false }
}

/// A handler that gives up on some notes.
pub(crate) fn giving_up(on: &'static [i64]) -> Probe {
    let act = move |note: &Noted, _| if on.contains(&note.n) { Act::GiveUp } else { Act::Succeed };
    Probe::new(NAME).with(ONE).acting(act)
}

/// Everything that a refused wish must leave as it is.
pub(crate) async fn everything(db: &Db) -> String {
    let operations = Operations::new(db);
    let dead = operations.dead_letters(None, 100).await.unwrap();
    format!("{:?}\n{dead:?}\n{}", operations.handlers().await.unwrap(), log(db).await.len())
}

/// Pauses one of two handlers that run on these nodes, and lets it go on when it has stood still.
async fn notices_pauses(db: &Db, nodes: &[&str], lease: Duration) {
    const OTHER: &str = "tests.other";
    let tasks = Tasks::new();
    let feed = Feed::start(db, &tasks).await.unwrap();
    for name in nodes {
        let node = NodeOptions { name: (*name).to_owned(), lease };
        let runtime = Runtime::builder(db).node(node);
        let runtime = runtime.handler(Probe::new(NAME)).handler(Probe::new(OTHER)).build();
        runtime.start(&feed, &tasks).await.unwrap();
    }
    let operations = Operations::new(db);
    operations.pause(&operator(), NAME).await.unwrap();
    let mut n = 0;
    wait_until("it stands still while the other goes on", SOON, async || {
        let before = effects(db, NAME).await.len();
        n += 1;
        emit(db, [noted("a", n)]).await;
        wait_until("the other goes on", SOON, async || {
            effects_of(db, OTHER, "a").await.contains(&n)
        })
        .await;
        effects(db, NAME).await.len() == before
    })
    .await;
    assert!(!operations.status(NAME).await.unwrap().nodes.is_empty(), "it keeps its leases");
    operations.resume(&operator(), NAME).await.unwrap();
    let all: Vec<i64> = (1..=n).collect();
    wait_until("it goes on where it stopped", SOON, async || {
        effects_of(db, NAME, "a").await == all
    })
    .await;
    tasks.shutdown(SOON).await.unwrap();
}

on_both_engines! {
    migrations: [&MIGRATIONS, &PROBE];

    async fn a_paused_handler_delivers_nothing_until_it_is_resumed(test: TestDb) {
        let db = &test.db;
        emit(db, [noted("a", 1)]).await;
        deliver(db, Probe::new(NAME)).await;
        let operations = Operations::new(db);
        assert!(operations.pause(&operator(), NAME).await.unwrap());
        assert!(!operations.pause(&operator(), NAME).await.unwrap(), "it is paused already");
        emit(db, [noted("a", 2)]).await;
        // Also after a restart, and no other handler is paused with it.
        let mut driver = Runtime::builder(db)
            .handler(Probe::new(NAME))
            .handler(Probe::new("tests.other"))
            .build()
            .driver(None)
            .await;
        driver.run_until_idle().await;
        assert_eq!(effects_of(db, NAME, "a").await, [1]);
        assert_eq!(effects_of(db, "tests.other", "a").await, [1, 2]);
        let [_, paused] = &operations.handlers().await.unwrap()[..] else { panic!("two handlers") };
        let pause = paused.pause.as_ref().unwrap();
        assert_eq!((paused.state, pause.operator.as_str()), (HandlerState::Paused, "ada"));
        assert_eq!(pause.paused_at, test.clock.now());

        assert!(operations.resume(&operator(), NAME).await.unwrap());
        assert!(!operations.resume(&operator(), NAME).await.unwrap(), "it goes on already");
        driver.run_until_idle().await;
        assert_eq!(effects_of(db, NAME, "a").await, [1, 2]);
        let acts: Vec<_> = acts(db).await.into_iter().map(|act| (act.action, act.subject)).collect();
        let expected = [OperatorAction::Pause, OperatorAction::Resume].map(|act| (act, NAME.to_owned()));
        assert_eq!(acts, expected, "what changed nothing is not recorded");
    }

    async fn a_node_that_runs_hears_of_a_pause_through_the_log(test: TestDb) {
        // A lease so long that no tick comes to the rescue.
        notices_pauses(&test.db_at(Arc::new(SystemClock)), &["node"], Duration::from_hours(1)).await;
    }

    async fn a_pause_holds_on_every_node(test: TestDb) {
        let lease = Duration::from_millis(600);
        notices_pauses(&test.db_at(Arc::new(SystemClock)), &["first", "second"], lease).await;
    }

    async fn a_rewound_handler_handles_once_more_what_lies_behind(test: TestDb) {
        let db = &test.db;
        emit(db, (1..=4).map(|n| noted(if n % 2 == 0 { "even" } else { "odd" }, n))).await;
        let mut driver = runtime(db, Probe::new(NAME)).driver(None).await;
        driver.run_until_idle().await;
        let second = positions(db).await[1];
        let rewound = operations(db, Probe::new(NAME)).rewind(&operator(), NAME, Rewind::ToPosition(second), false).await.unwrap();
        assert_eq!((rewound.position, rewound.set_aside), (second, 0));
        driver.run_until_idle().await;
        assert_eq!(effects_of(db, NAME, "odd").await, [1, 3, 3]);
        assert_eq!(effects_of(db, NAME, "even").await, [2, 4, 4]);
        let [act] = &acts(db).await[..] else { panic!("one act") };
        assert_eq!((act.action, act.subject_kind, act.subject.as_str()), (OperatorAction::Rewind, SubjectKind::Handler, NAME));
        assert_eq!((act.operator.as_str(), act.position), ("ada", Some(second.number())));
        // From the very beginning.
        operations(db, Probe::new(NAME)).rewind(&operator(), NAME, Rewind::ToPosition(Position::START), false).await.unwrap();
        driver.run_until_idle().await;
        assert_eq!(effects_of(db, NAME, "odd").await, [1, 3, 3, 1, 3]);
    }

    async fn a_rewind_takes_what_was_set_aside_behind_it_with_it(test: TestDb) {
        let db = &test.db;
        emit(db, [noted("a", 1), noted("b", 2), noted("a", 3), noted("b", 4), noted("c", 5)]).await;
        assert_eq!(
            deliver(db, giving_up(&[1, 4])).await,
            "a 1 dead: 1 is wrong\nb 2 handled\na 3 parked\nb 4 dead: 4 is wrong\nc 5 handled\n"
        );
        let second = positions(db).await[1];
        let rewound = operations(db, giving_up(&[])).rewind(&operator(), NAME, Rewind::ToPosition(second), false).await.unwrap();
        assert_eq!(rewound.set_aside, 2, "a 3 and b 4; a 1 lies before the position");
        // What is delivered again waits behind what still is set aside of its key.
        assert_eq!(deliver(db, giving_up(&[])).await, "a 3 parked\nb 4 handled\nc 5 handled\n");
        let letters = Operations::new(db).dead_letters(None, 10).await.unwrap();
        assert_eq!(letters.iter().map(|letter| letter.waiting_behind).collect::<Vec<_>>(), [1]);
        Operations::new(db).retry_all(&operator(), NAME).await.unwrap();
        assert_eq!(deliver(db, giving_up(&[])).await, "a 1 handled\na 3 handled\n");
    }

    async fn a_rewind_to_a_time_begins_with_the_first_event_since(test: TestDb) {
        let db = &test.db;
        for n in 1..=3 {
            emit(db, [noted("a", n)]).await;
            test.clock.advance(Duration::from_mins(1));
        }
        deliver(db, Probe::new(NAME)).await;
        let since = test.clock.now() - Duration::from_secs(130);
        let operations = operations(db, Probe::new(NAME));
        operations.rewind(&operator(), NAME, Rewind::ToTime(since), false).await.unwrap();
        assert_eq!(deliver(db, Probe::new(NAME)).await, "a 2 handled\na 3 handled\n");
        let later = test.clock.now() + Duration::from_hours(1);
        let refused = operations.rewind(&operator(), NAME, Rewind::ToTime(later), false).await;
        assert!(matches!(refused, Err(OperationError::NothingSince { .. })), "{refused:?}");
    }

    async fn a_time_is_found_among_holes_and_whatever_was_committed_late(test: TestDb) {
        let db = &test.db;
        let minute = |minutes| test.clock.now() + TimeDelta::minutes(minutes);
        emit(db, (1..=9).map(|n| noted("a", n))).await;
        // Ten minutes apart, but for the fifth: its transaction took half an hour.
        for n in 1..=9 {
            let late = if n == 5 { 30 } else { 0 };
            date(db, n, minute(10 * n - late), minute(10 * n)).await;
        }
        change(db, sql!("DELETE FROM event_log WHERE seq IN (2, 6)")).await;
        let operations = operations(db, Probe::new(NAME));
        deliver(db, Probe::new(NAME)).await;
        let places = [(-600, 1), (10, 1), (11, 3), (20, 3), (30, 3), (31, 4), (41, 7), (80, 8), (90, 9)];
        for (since, first) in places {
            let rewound = operations.rewind(&operator(), NAME, Rewind::ToTime(minute(since)), false).await;
            assert_eq!(rewound.unwrap().position, Position::new(first - 1), "{since}");
            deliver(db, Probe::new(NAME)).await;
        }
        let refused = operations.rewind(&operator(), NAME, Rewind::ToTime(minute(91)), false).await;
        assert!(matches!(refused, Err(OperationError::NothingSince { .. })), "{refused:?}");
        // Of a host whose clock is far ahead: nobody reads the whole log for it.
        date(db, 1, minute(200), minute(10)).await;
        let rewound = operations.rewind(&operator(), NAME, Rewind::ToTime(minute(41)), false).await;
        assert_eq!(rewound.unwrap().position, Position::new(6));
    }

    async fn no_node_goes_on_from_before_a_rewind(test: TestDb) {
        let db = test.db_at(Arc::new(SystemClock));
        let (entered, (go, gate)) = (Arc::new(Notify::new()), watch::channel(false));
        let runtime = Runtime::builder(&db)
            .node(NodeOptions { name: "node".to_owned(), lease: Duration::from_millis(300) })
            .handler(Gated::new(NAME, Arc::clone(&entered), gate))
            .build();
        let tasks = Tasks::new();
        let feed = Feed::start(&db, &tasks).await.unwrap();
        runtime.start(&feed, &tasks).await.unwrap();
        emit(&db, [noted("a", 1)]).await;
        entered.notified().await;
        go.send(true).unwrap();
        wait_until("the first is handled", SOON, async || effects(&db, NAME).await.len() == 1).await;
        go.send(false).unwrap();
        emit(&db, [noted("a", 2)]).await;
        entered.notified().await;
        // The node is in the midst of the second when it is taken back to before the first.
        let operations = Operations::of(&runtime, CATALOGUES);
        operations.rewind(&operator(), NAME, Rewind::ToPosition(Position::START), false).await.unwrap();
        go.send(true).unwrap();
        wait_until("both are handled", SOON, async || effects(&db, NAME).await.len() >= 3).await;
        tasks.shutdown(SOON).await.unwrap();
        assert_eq!(effects_of(&db, NAME, "a").await, [1, 1, 2], "what was begun before is refused");
    }

    async fn what_cannot_be_rewound_is_left_alone(test: TestDb) {
        let db = &test.db;
        emit(db, [noted("a", 1), noted("a", 2)]).await;
        deliver(db, giving_up(&[2])).await;
        let before = everything(db).await;
        let mine = operations(db, Probe::new(NAME));
        let refusal = async |operations: &Operations, name: &str, number: i64| {
            let to = Rewind::ToPosition(Position::new(number));
            let refusal = operations.rewind(&operator(), name, to, false).await.unwrap_err();
            assert_eq!(everything(db).await, before, "{refusal}");
            refusal
        };
        assert!(matches!(refusal(&mine, NAME, 77).await, OperationError::BeyondHead { .. }));
        assert!(matches!(refusal(&mine, NAME, -1).await, OperationError::Negative { .. }));
        let head = status(db).await.position.number();
        assert!(matches!(refusal(&mine, NAME, head).await, OperationError::NotBeyond { .. }));
        let unknown = refusal(&mine, "tests.porbe", 0).await;
        assert!(matches!(&unknown, OperationError::UnknownHandler { known, .. } if known == &[NAME]), "{unknown}");
        let elsewhere = Operations::new(db);
        assert!(matches!(refusal(&elsewhere, NAME, 0).await, OperationError::NotOfThisProgram { .. }));
        let outside = Probe::new(NAME).with(HandlerOptions { effects: Effects::Outside, ..ONE });
        let outside = operations(db, outside);
        assert!(matches!(refusal(&outside, NAME, 0).await, OperationError::OutsideEffects { .. }));
        outside.rewind(&operator(), NAME, Rewind::ToPosition(Position::START), true).await.unwrap();
        assert_eq!(deliver(db, Probe::new(NAME)).await, "a 1 handled\na 2 handled\n");
    }

    async fn the_events_of_one_aggregate_are_delivered_again_in_order(test: TestDb) {
        let db = &test.db;
        emit(db, [noted("a", 1), noted("b", 2), noted("a", 3)]).await;
        let mut driver = runtime(db, Probe::new(NAME)).driver(None).await;
        driver.run_until_idle().await;
        // Not handled yet, so no part of the replay; the next of the key, so behind it.
        emit(db, [noted("a", 4), noted("b", 5)]).await;
        let operations = operations(db, Probe::new(NAME));
        let replayed = operations.replay(&operator(), NAME, &replay_of("a")).await.unwrap();
        assert_eq!(replayed.events, 2);
        let told = told(&driver.run_until_idle().await);
        assert_eq!(effects_of(db, NAME, "a").await, [1, 3, 1, 3, 4], "{told}");
        assert_eq!(effects_of(db, NAME, "b").await, [2, 5], "{told}");
        let [act] = &acts(db).await[..] else { panic!("one act") };
        assert_eq!((act.action, act.detail.as_deref()), (OperatorAction::Replay, Some("2 events of note a")));
    }

    async fn a_replay_tries_again_what_was_given_up_of_the_aggregate(test: TestDb) {
        let db = &test.db;
        emit(db, [noted("a", 1), noted("a", 2), noted("a", 3), noted("b", 4)]).await;
        deliver(db, giving_up(&[2, 4])).await;
        assert_eq!(effects_of(db, NAME, "a").await, [1]);
        let operations = operations(db, Probe::new(NAME));
        assert_eq!(operations.replay(&operator(), NAME, &replay_of("a")).await.unwrap().events, 3);
        deliver(db, Probe::new(NAME)).await;
        assert_eq!(effects_of(db, NAME, "a").await, [1, 1, 2, 3]);
        assert_eq!(status(db).await.dead, 1, "that of another aggregate stays");
    }

    async fn what_cannot_be_replayed_is_left_alone(test: TestDb) {
        let db = &test.db;
        emit(db, [noted("a", 1)]).await;
        emit(db, [Filed { file: "f".to_owned(), workspace: None }]).await;
        deliver(db, Probe::new(NAME)).await;
        let before = everything(db).await;
        let mine = operations(db, Probe::new(NAME));
        let nothing = mine.replay(&operator(), NAME, &replay_of("b")).await;
        assert!(matches!(nothing, Err(OperationError::NothingToReplay { .. })), "{nothing:?}");
        let unwanted = Replay { aggregate_type: "file".to_owned(), ..replay_of("f") };
        let unwanted = mine.replay(&operator(), NAME, &unwanted).await;
        assert!(matches!(unwanted, Err(OperationError::NothingToReplay { .. })), "{unwanted:?}");
        let unknown = mine.replay(&operator(), "tests.other", &replay_of("a")).await;
        assert!(matches!(unknown, Err(OperationError::UnknownHandler { .. })), "{unknown:?}");
        let outside = Probe::new(NAME).with(HandlerOptions { effects: Effects::Outside, ..ONE });
        let refused = operations(db, outside).replay(&operator(), NAME, &replay_of("a")).await;
        assert!(matches!(refused, Err(OperationError::OutsideEffects { .. })), "{refused:?}");
        assert_eq!(everything(db).await, before);
    }

    async fn the_state_of_a_handler_says_what_holds_it_up(test: TestDb) {
        let db = &test.db;
        emit(db, [noted("a", 1), noted("b", 2)]).await;
        let failing = Probe::new(NAME).with(ONE).acting(|_, _| Act::Fail);
        deliver(db, failing).await;
        let stopped = status(db).await;
        assert_eq!((stopped.state, stopped.retrying, stopped.attempts), (HandlerState::Stopped, 2, 1));
        let real = test.db_at(Arc::new(SystemClock));
        let tasks = Tasks::new();
        let feed = Feed::start(&real, &tasks).await.unwrap();
        let states = [(Act::Succeed, HandlerState::Running), (Act::GiveUp, HandlerState::Stuck)];
        for (act, state) in states {
            emit(&real, [noted("c", 3)]).await;
            let tasks = Tasks::new();
            let probe = Probe::new(NAME).with(ONE).acting(move |_, _| act.clone());
            runtime(&real, probe).start(&feed, &tasks).await.unwrap();
            wait_until("its state tells", SOON, async || status(&real).await.state == state).await;
            tasks.shutdown(SOON).await.unwrap();
        }
        tasks.shutdown(SOON).await.unwrap();
    }
}
