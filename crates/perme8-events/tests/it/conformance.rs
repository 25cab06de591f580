//! What every log does: in memory, on SQLite and on PostgreSQL.

use std::time::Duration;

use chrono::{DateTime, Utc};
use perme8_events::{
    Actor, Clock as _, Envelope, EventFilter, EventId, EventStore, Id, NewEvent, Origin, Position,
    StorageError, Transaction as _,
    sql::{MIGRATIONS, UnitOfWork},
    testing::{FakeTx, ManualClock, MemoryStore, TestDb},
};
use uuid::Uuid;

use crate::fixtures::{
    Filed, Noted, PROBE, log, noted, numbers, push_all, scopes, user, workspace,
};

/// A log, and the way things get into it.
enum Log {
    Memory(MemoryStore, ManualClock),
    Sql(Box<TestDb>),
}

/// What a transaction does.
enum Step {
    Emit(NewEvent),
    /// Emits within a savepoint, which fails or does not.
    Savepoint(Vec<NewEvent>, Result<(), ()>),
}

/// How it ends.
#[derive(Clone, Copy)]
enum End {
    Commit,
    Refuse,
    Drop,
}

/// Why nothing is committed.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("refused")]
    Refused,
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Log {
    fn store(&self) -> &dyn EventStore {
        match self {
            Self::Memory(store, _) => store,
            Self::Sql(test) => &test.db,
        }
    }

    fn clock(&self) -> &ManualClock {
        match self {
            Self::Memory(_, clock) => clock,
            Self::Sql(test) => &test.clock,
        }
    }

    async fn commit(&self, origin: Origin, events: impl IntoIterator<Item = NewEvent>) {
        self.run(origin, events.into_iter().map(Step::Emit).collect(), End::Commit).await;
    }

    async fn run(&self, origin: Origin, steps: Vec<Step>, end: End) {
        match self {
            Self::Memory(store, clock) => {
                let mut tx = FakeTx::new(()).from_origin(origin).at(clock.now());
                for step in steps {
                    match step {
                        Step::Emit(event) => tx.push(event),
                        Step::Savepoint(events, result) => {
                            let done = tx.savepoint(async |tx| {
                                push_all(tx, events);
                                result
                            });
                            assert_eq!(done.await, result);
                        }
                    }
                }
                if let End::Commit = end {
                    store.commit(&mut tx).unwrap();
                }
            }
            Self::Sql(test) => run_sql(test, origin, steps, end).await,
        }
    }
}

async fn run_sql(test: &TestDb, origin: Origin, steps: Vec<Step>, end: End) {
    let uow = UnitOfWork::new(test.db.clone());
    let work = uow.run(origin, async |tx| {
        for step in steps {
            match step {
                Step::Emit(event) => tx.push(event),
                Step::Savepoint(events, result) => {
                    let done = tx
                        .savepoint(async |tx| {
                            push_all(tx, events);
                            result.map_err(|()| Refused::Refused)
                        })
                        .await;
                    assert_eq!(done.is_ok(), result.is_ok());
                }
            }
        }
        match end {
            End::Commit => Ok(()),
            End::Refuse => Err(Refused::Refused),
            End::Drop => std::future::pending().await,
        }
    });
    match end {
        End::Commit => work.await.unwrap(),
        End::Refuse => assert!(matches!(work.await, Err(Refused::Refused))),
        End::Drop => {
            let waited = tokio::time::timeout(Duration::from_millis(50), work).await;
            assert!(waited.is_err(), "the transaction never ends by itself");
        }
    }
}

/// Declares tests that run on every log.
macro_rules! on_every_log {
    ($($(#[$meta:meta])* async fn $name:ident($log:ident: Log) $body:block)*) => {$(
        $(#[$meta])*
        mod $name {
            use super::*;

            async fn body($log: Log) $body

            #[tokio::test]
            async fn memory() {
                body(Log::Memory(MemoryStore::new(), ManualClock::monday_morning())).await;
            }

            #[tokio::test]
            async fn sqlite() {
                let test = TestDb::sqlite(&[&MIGRATIONS, &PROBE]).await;
                test.run(async |test| body(Log::Sql(Box::new(test))).await).await;
            }

            #[tokio::test]
            async fn postgres() {
                if let Some(test) = TestDb::postgres(5, &[&MIGRATIONS, &PROBE]).await {
                    test.run(async |test| body(Log::Sql(Box::new(test))).await).await;
                }
            }
        }
    )*};
}

fn ada() -> Origin {
    Origin::user(user(1))
}

fn note(n: i64) -> NewEvent {
    NewEvent::of(noted("a", n))
}

async fn read(log: &Log, filter: EventFilter) -> Vec<Envelope> {
    log.store().read(&filter, Position::START, 1000).await.unwrap()
}

on_every_log! {
    async fn positions_rise_and_head_is_the_last_of_them(log: Log) {
        assert_eq!(log.store().head().await.unwrap(), Position::START);
        for n in 1..=3 {
            log.commit(ada(), [note(n), note(10 * n)]).await;
        }
        let events = crate::fixtures::log(log.store()).await;
        assert_eq!(numbers(&events), [1, 10, 2, 20, 3, 30]);
        assert!(events.is_sorted_by(|a, b| a.position < b.position));
        assert!(events[0].position > Position::START);
        assert_eq!(log.store().head().await.unwrap(), events[5].position);
    }

    async fn events_of_one_transaction_keep_their_order_however_many_they_are(log: Log) {
        for size in [1, 2, 300] {
            log.commit(ada(), (1..=size).map(note)).await;
        }
        let expected: Vec<i64> = (1..=1).chain(1..=2).chain(1..=300).collect();
        assert_eq!(numbers(&crate::fixtures::log(log.store()).await), expected);
    }

    async fn a_refused_or_dropped_transaction_leaves_nothing(log: Log) {
        log.commit(ada(), [note(1)]).await;
        for end in [End::Refuse, End::Drop] {
            log.run(ada(), vec![Step::Emit(note(404)), Step::Emit(note(405))], end).await;
        }
        log.commit(ada(), []).await;
        log.commit(ada(), [note(2)]).await;
        assert_eq!(numbers(&crate::fixtures::log(log.store()).await), [1, 2]);
    }

    async fn a_failed_savepoint_leaves_no_event_and_the_rest_is_committed(log: Log) {
        let steps = vec![
            Step::Emit(note(1)),
            Step::Savepoint(vec![note(404), note(405)], Err(())),
            Step::Savepoint(vec![note(2), note(3)], Ok(())),
            Step::Savepoint(vec![note(406)], Err(())),
            Step::Emit(note(4)),
        ];
        log.run(ada(), steps, End::Commit).await;
        assert_eq!(numbers(&crate::fixtures::log(log.store()).await), [1, 2, 3, 4]);
    }

    async fn every_filter_finds_its_events_and_no_others(log: Log) {
        let mine = ada().in_workspace(workspace(7));
        let in_eight = Noted { workspace: Some(workspace(8)), ..noted("b", 2) };
        let file = Filed { file: "a".to_owned(), workspace: None };
        log.commit(ada(), [note(1), NewEvent::of(in_eight)]).await;
        log.commit(mine.clone(), [NewEvent::of(file), note(3)]).await;
        let types = |events: &[Envelope]| -> Vec<String> {
            let name = |e: &Envelope| format!("{} {}", e.event_type, e.aggregate_id);
            events.iter().map(name).collect()
        };
        let cases = [
            (EventFilter::Type("files.filed".to_owned()), vec!["files.filed a"]),
            (EventFilter::Type("notes.noted".to_owned()), vec!["notes.noted a", "notes.noted b", "notes.noted a"]),
            (EventFilter::Type("notes.note".to_owned()), vec![]),
            (
                EventFilter::Aggregate { aggregate_type: "note".to_owned(), aggregate_id: "a".to_owned() },
                vec!["notes.noted a", "notes.noted a"],
            ),
            (EventFilter::Workspace(workspace(8)), vec!["notes.noted b"]),
            (EventFilter::Workspace(workspace(7)), vec!["files.filed a", "notes.noted a"]),
            (EventFilter::Workspace(workspace(9)), vec![]),
            (EventFilter::Correlation(mine.correlation_id()), vec!["files.filed a", "notes.noted a"]),
            (EventFilter::Correlation(Id::new(Uuid::from_u128(404))), vec![]),
            (EventFilter::All, vec!["notes.noted a", "notes.noted b", "files.filed a", "notes.noted a"]),
        ];
        for (filter, expected) in cases {
            assert_eq!(types(&read(&log, filter.clone()).await), expected, "{filter:?}");
        }
    }

    async fn pages_follow_each_other_without_a_gap_or_a_double(log: Log) {
        let origin = ada().in_workspace(workspace(7));
        let correlation_id = origin.correlation_id();
        for n in 0..10 {
            log.commit(origin.clone(), [note(n), NewEvent::of(noted("b", 100 + n))]).await;
        }
        for (filter, expected) in [
            (EventFilter::All, 20),
            (EventFilter::Type("notes.noted".to_owned()), 20),
            (EventFilter::Workspace(workspace(7)), 20),
            (EventFilter::Correlation(correlation_id), 20),
            (
                EventFilter::Aggregate { aggregate_type: "note".to_owned(), aggregate_id: "b".to_owned() },
                10,
            ),
        ] {
            let (mut paged, mut after) = (Vec::new(), Position::START);
            loop {
                let page = log.store().read(&filter, after, 3).await.unwrap();
                assert!(page.len() <= 3);
                let Some(last) = page.last() else { break };
                after = last.position;
                paged.extend(numbers(&page));
            }
            assert_eq!(paged.len(), expected);
            assert_eq!(paged, numbers(&read(&log, filter.clone()).await), "{filter:?}");
        }
        assert!(log.store().read(&EventFilter::All, Position::START, 0).await.unwrap().is_empty());
        let beyond = Position::new(i64::MAX);
        assert!(log.store().read(&EventFilter::All, beyond, 10).await.unwrap().is_empty());
    }

    async fn an_event_is_found_by_its_id(log: Log) {
        log.commit(ada(), [note(1), note(2)]).await;
        let second = crate::fixtures::log(log.store()).await.remove(1);
        let found = log.store().event(second.event_id).await.unwrap().unwrap();
        assert_eq!((found.position, found.event_id), (second.position, second.event_id));
        assert_eq!(numbers([&found]), [2]);
        assert!(log.store().event(EventId::new(Uuid::from_u128(404))).await.unwrap().is_none());
    }

    async fn every_kind_of_actor_comes_back(log: Log) {
        let actors = [
            Actor::User(user(1)),
            Actor::Agent(Uuid::from_u128(2)),
            Actor::ApiKey { id: Uuid::from_u128(3), user: user(4) },
            Actor::System("notes.on_something".into()),
        ];
        for actor in &actors {
            let origin = Origin::new(actor.clone());
            log.commit(origin.clone(), [note(1)]).await;
            log.commit(origin.on_behalf_of_user(user(9)), [note(2), note(3)]).await;
        }
        let events = crate::fixtures::log(log.store()).await;
        for (events, actor) in events.chunks(3).zip(&actors) {
            assert!(events.iter().all(|event| event.actor == *actor), "{actor}");
            let behalf: Vec<_> = events.iter().map(|event| event.on_behalf_of).collect();
            assert_eq!(behalf, [None, Some(user(9)), Some(user(9))]);
        }
    }

    async fn the_rest_of_the_envelope_comes_back(log: Log) {
        let now: DateTime<Utc> = "2026-01-05T09:00:00.123456Z".parse().unwrap();
        log.clock().advance_to(now);
        log.commit(ada().with_request_id("réq-1"), [note(1)]).await;
        let cause = crate::fixtures::log(log.store()).await.remove(0);
        assert_eq!(cause.occurred_at, now);
        assert_eq!(cause.metadata.get("request_id").map(String::as_str), Some("réq-1"));
        assert_eq!((cause.version, cause.aggregate_type.as_str()), (1, "note"));
        assert_eq!(cause.causation_id, None);
        assert_eq!(cause.workspace_id, None);
        assert!(scopes(&cause.audience).is_empty());

        let reaction = Origin::reaction("notes.on_noted", &cause).in_workspace(workspace(7));
        let own = Noted { workspace: Some(workspace(8)), reader: Some(user(5)), ..noted("b", 2) };
        log.commit(reaction, [NewEvent::of(own), note(3)]).await;
        let [_, own, other] = &crate::fixtures::log(log.store()).await[..] else { panic!("three events") };
        // The workspace of the event counts more than that of the origin.
        assert_eq!((own.workspace_id, other.workspace_id), (Some(workspace(8)), Some(workspace(7))));
        assert_eq!(scopes(&own.audience), [format!("workspace:{}", workspace(8)), format!("user:{}", user(5))]);
        assert_eq!(own.causation_id, Some(cause.event_id));
        assert_eq!(own.correlation_id, cause.correlation_id);
        assert_eq!(own.on_behalf_of, Some(user(1)));
        assert_eq!(own.metadata, cause.metadata);
        assert_ne!(own.event_id, other.event_id);
        let shown = serde_json::to_value(own).unwrap();
        assert_eq!(shown["data"]["n"], 2);
        assert_eq!(shown["actor"]["ref"], "notes.on_noted");
    }
}

#[tokio::test]
async fn a_log_in_memory_takes_no_event_twice() {
    let store = MemoryStore::new();
    let mut tx = FakeTx::new(());
    tx.emit(noted("a", 1));
    store.commit(&mut tx).unwrap();
    store.commit(&mut tx).unwrap();
    assert_eq!(numbers(&log(&store).await), [1]);
}
