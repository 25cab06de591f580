//! Transactions: futures that may change threads, and a fake that agrees with the real one.

use chrono::SubsecRound as _;
use perme8_events::{
    Aggregate, EventFilter, EventStore, Origin, Position, Save, StorageError, Store, Timer,
    Transaction, Unsaved,
    host::LiveEvents,
    on_both_engines, sql,
    sql::{Db, MIGRATIONS, Tx, UnitOfWork},
    testing::{FakeTx, MemoryStore},
};
use std::{
    error::Error as _,
    sync::atomic::{AtomicUsize, Ordering},
};

use crate::fixtures::{Noted, PROBE, noted, numbers, user, workspace};

/// A note, as far as the tests care.
#[derive(Debug, Clone, PartialEq)]
struct Note {
    id: i64,
}

impl Aggregate for Note {
    const TYPE: &'static str = "note";
    type Id = i64;

    fn id(&self) -> i64 {
        self.id
    }
}

impl Note {
    fn write(id: i64) -> Unsaved<Self> {
        Unsaved::new(Self { id })
            .record(noted(&id.to_string(), id))
            .record(noted(&id.to_string(), -id))
    }
}

impl Store<Note> for Tx {
    async fn store(&mut self, note: &mut Note) -> Result<(), StorageError> {
        let insert = sql!("INSERT INTO probe_parents (parent_id) VALUES ($1)");
        self.query(insert).bind(note.id).exec().await.map(drop)
    }
}

impl Store<Note> for FakeTx<Vec<i64>> {
    async fn store(&mut self, note: &mut Note) -> Result<(), StorageError> {
        if self.state.contains(&note.id) {
            return Err(StorageError::conflict());
        }
        self.state.push(note.id);
        Ok(())
    }
}

/// A use case, which cannot tell the fake from the real transaction.
async fn write_twice(tx: &mut impl Save<Note>, id: i64) -> Result<Note, StorageError> {
    let (one, two) = (tx.new_uuid(), tx.new_id::<Note>().uuid());
    assert!(one < two, "ids rise");
    assert_eq!(
        (tx.now(), tx.now().trunc_subsecs(6)),
        (tx.now(), tx.now()),
        "one instant, in microseconds"
    );
    tx.emit(noted("before", 0));
    let note = tx.save(Note::write(id)).await?;
    tx.emit(Noted { workspace: Some(workspace(7)), ..noted("behind", 99) });
    Ok(note)
}

/// Leaves something behind, which cannot be told from a transaction that keeps it.
fn leave(tx: &mut impl Transaction, what: &str) {
    match what {
        "an event" => tx.emit(noted("looked", 7)),
        "a timer" => {
            let now = tx.now();
            tx.set_timer(Timer::new("probe.looks", "1", "due", now));
        }
        other => unreachable!("{other}"),
    }
}

/// Why the storage refused something.
fn cause(error: &StorageError) -> String {
    error.source().expect("a refusal says why").to_string()
}

async fn notes(db: &Db) -> Vec<(i64,)> {
    db.query(sql!("SELECT parent_id FROM probe_parents ORDER BY parent_id")).all().await.unwrap()
}

fn assert_send<T: Send>(value: T) -> T {
    value
}

#[expect(dead_code, reason = "that it compiles is the proof")]
fn futures_may_change_threads(uow: &UnitOfWork, events: &mut LiveEvents, origin: &Origin) {
    drop(assert_send(uow.run(origin.clone(), async |tx| write_twice(tx, 1).await)));
    drop(assert_send(
        uow.run(origin.clone(), async |tx| tx.savepoint(async |tx| write_twice(tx, 1).await).await),
    ));
    drop(assert_send(uow.look(origin.clone(), async |tx| write_twice(tx, 1).await)));
    drop(assert_send(uow.retry(StorageError::is_retryable, || {
        uow.run(origin.clone(), async |tx| write_twice(tx, 1).await)
    })));
    drop(assert_send(events.next()));
}

on_both_engines! {
    migrations: [&MIGRATIONS, &PROBE];

    async fn state_and_events_are_committed_together(test: TestDb) {
        let uow = UnitOfWork::new(test.db.clone());
        let note = uow.run(Origin::user(user(1)), async |tx| write_twice(tx, 5).await).await.unwrap();
        assert_eq!(note, Note { id: 5 });
        assert_eq!(notes(&test.db).await, [(5,)]);
        let events = test.db.read(&EventFilter::All, Position::START, 10).await.unwrap();
        assert_eq!(numbers(&events), [0, 5, -5, 99]);

        let taken = uow.run(Origin::user(user(1)), async |tx| write_twice(tx, 5).await).await.unwrap_err();
        assert!(taken.is_conflict() && taken.is_retryable() && !taken.is_unavailable(), "{taken:?}");
        assert_eq!(notes(&test.db).await, [(5,)]);
        assert_eq!(test.db.read(&EventFilter::All, Position::START, 10).await.unwrap().len(), 4);
    }

    async fn a_failed_savepoint_leaves_neither_rows_nor_events(test: TestDb) {
        let uow = UnitOfWork::new(test.db.clone());
        uow.run(Origin::user(user(1)), async |tx| {
            tx.save(Note::write(1)).await?;
            let refused = tx
                .savepoint(async |tx| {
                    tx.save(Note::write(2)).await?;
                    // The same again breaks a key, which spoils the whole transaction on PostgreSQL.
                    let inner = tx.savepoint(async |tx| tx.save(Note::write(2)).await.map(drop)).await;
                    assert!(inner.unwrap_err().is_conflict());
                    tx.save(Note::write(3)).await?;
                    Err::<(), _>(StorageError::conflict())
                })
                .await;
            assert!(refused.is_err());
            tx.savepoint(async |tx| tx.save(Note::write(4)).await.map(drop)).await
        })
        .await
        .unwrap();
        assert_eq!(notes(&test.db).await, [(1,), (4,)]);
        let events = test.db.read(&EventFilter::All, Position::START, 10).await.unwrap();
        assert_eq!(numbers(&events), [1, -1, 4, -4]);
    }

    async fn whoever_looks_sees_one_moment_and_keeps_nobody_waiting(test: TestDb) {
        let uow = UnitOfWork::new(test.db.clone());
        let write = async |id| uow.run(Origin::user(user(1)), async |tx| tx.save(Note::write(id)).await).await;
        let count = sql!("SELECT count(*) FROM probe_parents");
        write(1).await.unwrap();
        let seen = uow.look(Origin::user(user(1)), async |tx| {
            let before: i64 = tx.query(count).scalar().await?;
            write(2).await?;
            let behind: i64 = tx.query(count).scalar().await?;
            Ok::<_, StorageError>((before, behind))
        });
        assert_eq!(seen.await.unwrap(), (1, 1));
        let refused = uow.look(Origin::user(user(1)), async |tx| tx.save(Note::write(3)).await).await;
        assert!(refused.unwrap_err().is_only_looking());
        // Its connection is as good as any other.
        for id in 4..12 {
            write(id).await.unwrap();
            let seen = uow.look(Origin::user(user(1)), async |tx| tx.query(count).scalar::<i64>().await).await;
            assert_eq!(seen.unwrap(), id - 1);
        }
        let events = test.db.read(&EventFilter::All, Position::START, 4).await.unwrap();
        assert_eq!(numbers(&events), [1, -1, 2, -2]);
    }

    async fn whoever_looks_leaves_nothing_behind(test: TestDb) {
        let uow = UnitOfWork::new(test.db.clone());
        let looks = Origin::user(user(1));
        for what in ["an event", "a timer"] {
            let real = uow.look(looks.clone(), async |tx| {
                leave(tx, what);
                Ok::<_, StorageError>(())
            });
            let real = real.await.unwrap_err();
            let mut tx = FakeTx::new(Vec::<i64>::new());
            let fake = tx.look(async |tx| {
                leave(tx, what);
                Ok::<_, StorageError>(())
            });
            let fake = fake.await.unwrap_err();
            for refused in [&real, &fake] {
                assert!(refused.is_only_looking() && !refused.is_retryable(), "{refused:?}");
            }
            assert_eq!(cause(&real), cause(&fake));
            assert_eq!(tx.transcript(), "");
            // What is undone is left behind by nobody.
            let undone = uow.look(looks.clone(), async |tx| {
                let undone = tx.savepoint(async |tx| {
                    leave(tx, what);
                    Err::<(), _>(StorageError::conflict())
                });
                Ok::<_, StorageError>(undone.await.unwrap_err().is_conflict())
            });
            assert!(undone.await.unwrap());
        }
        let real = uow.look(looks.clone(), async |tx| tx.take_turns("the probe").await).await.unwrap_err();
        let fake = FakeTx::new(()).look(async |tx| tx.take_turns()).await.unwrap_err();
        assert!(real.is_only_looking() && fake.is_only_looking(), "{real:?}, {fake:?}");
        assert_eq!(cause(&real), cause(&fake));
        // Whoever writes meanwhile takes that turn.
        uow.run(looks, async |tx| tx.take_turns("the probe").await).await.unwrap();
        assert!(test.db.read(&EventFilter::All, Position::START, 10).await.unwrap().is_empty());
        let timers = sql!("SELECT count(*) FROM event_timers");
        assert_eq!(test.db.query(timers).scalar::<i64>().await.unwrap(), 0);
    }

    async fn the_fake_and_the_real_transaction_agree(test: TestDb) {
        let origin = Origin::user(user(1)).in_workspace(workspace(8));
        let mut fake = FakeTx::new(Vec::new()).from_origin(origin.clone());
        write_twice(&mut fake, 5).await.unwrap();
        assert!(write_twice(&mut FakeTx::new(vec![5]), 5).await.unwrap_err().is_conflict());
        let memory = MemoryStore::new();
        memory.commit(&mut fake).unwrap();
        let uow = UnitOfWork::new(test.db.clone());
        uow.run(origin, async |tx| write_twice(tx, 5).await).await.unwrap();
        let [real, fake] = [&test.db as &dyn EventStore, &memory].map(async |store: &dyn EventStore| {
            let events = store.read(&EventFilter::All, Position::START, 10).await.unwrap();
            let mut shown: Vec<serde_json::Value> =
                events.iter().map(|event| serde_json::to_value(event).unwrap()).collect();
            for event in &mut shown {
                event.as_object_mut().unwrap().remove("event_id");
            }
            shown
        });
        assert_eq!(real.await, fake.await);
    }

    async fn what_refers_to_nothing_or_is_referred_to_is_a_conflict(test: TestDb) {
        let uow = UnitOfWork::new(test.db.clone());
        let parent = sql!("INSERT INTO probe_parents (parent_id) VALUES ($1)");
        let child = sql!("INSERT INTO probe_children (child_id, parent_id) VALUES ($1, $1)");
        let remove = sql!("DELETE FROM probe_parents WHERE parent_id = $1");
        // These tables compare at the commit, as others do at once: the engines say the same of both.
        let run = async |statement| {
            let one: Result<_, StorageError> = uow
                .run(Origin::user(user(1)), async |tx| tx.query(statement).bind(1_i64).exec().await)
                .await;
            one
        };
        let orphaned = run(child).await.unwrap_err();
        assert!(orphaned.is_conflict() && orphaned.is_retryable(), "{orphaned:?}");
        run(parent).await.unwrap();
        run(child).await.unwrap();
        let bereaved = run(remove).await.unwrap_err();
        assert!(bereaved.is_conflict(), "{bereaved:?}");
    }

    async fn a_command_is_repeated_while_that_may_help(test: TestDb) {
        let uow = UnitOfWork::new(test.db.clone());
        let tries = AtomicUsize::new(0);
        let attempt = |good_at: usize| {
            let (uow, tries) = (uow.clone(), &tries);
            move || {
                let uow = uow.clone();
                async move {
                    let n = tries.fetch_add(1, Ordering::SeqCst) + 1;
                    uow.run(Origin::user(user(1)), async |tx| {
                        tx.emit(noted("a", i64::try_from(n).unwrap()));
                        if n < good_at { Err(StorageError::conflict()) } else { Ok(n) }
                    })
                    .await
                }
            }
        };
        assert_eq!(uow.retry(StorageError::is_retryable, attempt(3)).await.unwrap(), 3);
        tries.store(0, Ordering::SeqCst);
        uow.retry(StorageError::is_retryable, attempt(100)).await.unwrap_err();
        assert_eq!(tries.swap(0, Ordering::SeqCst), 5, "bounded");
        uow.retry(StorageError::is_unavailable, attempt(2)).await.unwrap_err();
        assert_eq!(tries.load(Ordering::SeqCst), 1, "another kind of error is not repeated");
        let events = test.db.read(&EventFilter::All, Position::START, 10).await.unwrap();
        assert_eq!(numbers(&events), [3]);
    }
}
