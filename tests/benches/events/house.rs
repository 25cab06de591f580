//! The transaction as a facade writes it: a question, a row, and as many events as are wanted.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use perme8_events::{
    Aggregate, DomainEvent, Id, Origin, Save as _, StorageError, Store, Transaction as _, Unsaved,
    UserId, sql,
    sql::{Db, Tx, UnitOfWork},
};
use scenarios::Way;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub(crate) const TITLE: &str = "Prepare the quarterly review of the onboarding of new members";
pub(crate) const DESCRIPTION: &str = "Collect the figures of the last three months, ask two people of every team how their first \
    week went, and write a page on what should change before the next round begins in spring.";
pub(crate) const USER: UserId = Id::new(Uuid::from_u128(2));

/// Emitted when a step of a task was written down.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(name = "bench.step_written", aggregate = "task", audience(user = "user_id"))]
pub(crate) struct StepWritten {
    #[event(aggregate_id)]
    pub(crate) task_id: Id<Task>,
    pub(crate) user_id: UserId,
    pub(crate) step: u32,
    pub(crate) title: String,
    pub(crate) description: String,
}

impl StepWritten {
    pub(crate) fn new(task_id: Id<Task>, step: u32) -> Self {
        Self {
            task_id,
            user_id: USER,
            step,
            title: TITLE.to_owned(),
            description: DESCRIPTION.to_owned(),
        }
    }
}

/// A task.
#[derive(Debug)]
pub(crate) struct Task {
    id: Id<Self>,
    title: String,
    version: i64,
}

impl Aggregate for Task {
    const TYPE: &'static str = "task";
    type Id = Id<Self>;

    fn id(&self) -> Self::Id {
        self.id
    }
}

impl Store<Task> for Tx {
    async fn store(&mut self, task: &mut Task) -> Result<(), StorageError> {
        let Task { id, title, version } = task;
        self.query(sql!(
            "INSERT INTO bench_tasks (task_id, title, version) VALUES ($1, $2, $3 + 1)
             ON CONFLICT (task_id) DO UPDATE SET title = excluded.title, version = excluded.version
             WHERE bench_tasks.version = $3"
        ))
        .bind(*id)
        .bind(title.as_str())
        .bind(*version)
        .write(version)
        .await
    }
}

/// Makes the tables of the benchmarks.
pub(crate) async fn make_tables(db: &Db) -> Result<(), StorageError> {
    UnitOfWork::new(db.clone())
        .run(Origin::system("bench"), async |tx| {
            tx.query(sql!(
                sqlite: "CREATE TABLE bench_tasks (task_id BLOB PRIMARY KEY NOT NULL, title TEXT NOT NULL, version INTEGER NOT NULL)",
                postgres: "CREATE TABLE bench_tasks (task_id uuid PRIMARY KEY, title text NOT NULL, version bigint NOT NULL)"
            ))
            .exec()
            .await?;
            tx.query(sql!(
                sqlite: "CREATE TABLE bench_steps (position INTEGER NOT NULL, handler TEXT NOT NULL, task_id BLOB NOT NULL, step INTEGER NOT NULL, PRIMARY KEY (handler, position))",
                postgres: "CREATE TABLE bench_steps (position bigint NOT NULL, handler text NOT NULL, task_id uuid NOT NULL, step bigint NOT NULL, PRIMARY KEY (handler, position))"
            ))
            .exec()
            .await?;
            tx.query(sql!(
                sqlite: "CREATE TABLE bench_step_rows (generation INTEGER NOT NULL, position INTEGER NOT NULL, handler TEXT NOT NULL, task_id BLOB NOT NULL, step INTEGER NOT NULL, PRIMARY KEY (generation, handler, position))",
                postgres: "CREATE TABLE bench_step_rows (generation bigint NOT NULL, position bigint NOT NULL, handler text NOT NULL, task_id uuid NOT NULL, step bigint NOT NULL, PRIMARY KEY (generation, handler, position))"
            ))
            .exec()
            .await?;
            tx.query(sql!(
                sqlite: "CREATE TABLE bench_checkpoints (reader TEXT PRIMARY KEY NOT NULL, position INTEGER NOT NULL)",
                postgres: "CREATE TABLE bench_checkpoints (reader text PRIMARY KEY, position bigint NOT NULL)"
            ))
            .exec()
            .await?;
            Ok(())
        })
        .await
}

/// What makes a negative control of the house: with it, it is to be found too slow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A lock that is held up to the commit, so that positions are in the order of commits.
    Serialised,
    /// One event more, in a transaction of its own.
    Apart,
}

/// Writes through the house.
#[derive(Debug, Clone)]
pub(crate) struct House {
    uow: UnitOfWork,
    events: u32,
    fault: Option<Fault>,
    /// How often each task has committed, if somebody wants to know.
    shares: Option<Arc<[AtomicU32]>>,
}

impl House {
    /// With so many events in each transaction; the tables are there.
    pub(crate) fn new(db: Db, events: u32) -> Self {
        Self { uow: UnitOfWork::new(db), events, fault: None, shares: None }
    }

    /// The same with this fault, if it is to have one.
    pub(crate) fn with(self, fault: Option<Fault>) -> Self {
        Self { fault, ..self }
    }

    /// The same, and counts what each of so many tasks gets done.
    pub(crate) fn counting(self, tasks: u32) -> Self {
        Self { shares: Some((0..tasks).map(|_| AtomicU32::new(0)).collect()), ..self }
    }

    /// The task that has committed most often against the one that has least often.
    pub(crate) fn unfairness(&self) -> f64 {
        let shares = self.shares.iter().flat_map(|shares| shares.iter());
        let counts: Vec<u32> = shares.map(|share| share.load(Ordering::Relaxed)).collect();
        let least = counts.iter().copied().min().unwrap_or(0);
        let most = counts.iter().copied().max().unwrap_or(0);
        f64::from(most) / f64::from(least)
    }

    /// One transaction of this origin.
    pub(crate) async fn write(&self, origin: Origin) -> Result<(), StorageError> {
        let (events, fault) = (self.events, self.fault);
        self.uow
            .run(origin, async |tx| {
                let id: Id<Task> = tx.new_id();
                let known: Option<(i64,)> = tx
                    .query(sql!("SELECT version FROM bench_tasks WHERE task_id = $1"))
                    .bind(id)
                    .opt()
                    .await?;
                let version = known.map_or(0, |(version,)| version);
                let mut unsaved = Unsaved::new(Task { id, title: TITLE.to_owned(), version });
                for step in 0..events {
                    unsaved = unsaved.record(StepWritten::new(id, step));
                }
                tx.save(unsaved).await?;
                if fault == Some(Fault::Serialised) {
                    tx.take_turns("the log").await?;
                }
                Ok(())
            })
            .await
    }
}

impl Way for House {
    async fn once(&self, task: u32) -> anyhow::Result<u32> {
        self.write(Origin::user(USER)).await?;
        if self.fault == Some(Fault::Apart) {
            let apart: Result<(), StorageError> = self
                .uow
                .run(Origin::user(USER), async |tx| {
                    let id: Id<Task> = tx.new_id();
                    tx.emit(StepWritten::new(id, 0));
                    Ok(())
                })
                .await;
            apart?;
        }
        if let Some(shares) = &self.shares
            && let Some(share) = shares.get(usize::try_from(task)?)
        {
            share.fetch_add(1, Ordering::Relaxed);
        }
        Ok(1)
    }
}
