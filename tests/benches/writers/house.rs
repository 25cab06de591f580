//! The transaction as a facade writes it.

use perme8_events::{
    Aggregate, DomainEvent, Id, Origin, Save as _, StorageError, Store, Transaction as _, Unsaved,
    UserId, sql,
    sql::{Db, Tx, UnitOfWork},
};
use scenarios::Way;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Emitted when a task was planned.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(name = "planning.task_planned", aggregate = "task", audience(user = "user_id"))]
pub(crate) struct TaskPlanned {
    #[event(aggregate_id)]
    pub(crate) task_id: Id<Task>,
    pub(crate) user_id: UserId,
    pub(crate) title: String,
    pub(crate) description: String,
}

/// A task.
#[derive(Debug)]
pub(crate) struct Task {
    id: Id<Self>,
    title: String,
    version: i64,
}

pub(crate) const TITLE: &str = "Prepare the quarterly review of the onboarding of new members";
pub(crate) const DESCRIPTION: &str = "Collect the figures of the last three months, ask two people of every team how their first \
    week went, and write a page on what should change before the next round begins in spring.";
pub(crate) const USER: UserId = Id::new(Uuid::from_u128(2));

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
        let stored = self
            .query(sql!(
                "INSERT INTO planning_tasks (task_id, title, version) VALUES ($1, $2, $3 + 1)
                 ON CONFLICT (task_id) DO UPDATE SET title = excluded.title, version = excluded.version
                 WHERE planning_tasks.version = $3"
            ))
            .bind(*id)
            .bind(title.as_str())
            .bind(*version)
            .exec()
            .await?;
        if stored == 0 {
            return Err(StorageError::conflict());
        }
        *version += 1;
        Ok(())
    }
}

/// Writes through the house.
#[derive(Debug, Clone)]
pub(crate) struct House {
    uow: UnitOfWork,
    kind: Kind,
}

/// As it is, or as a negative control.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    House,
    /// Behind a lock that is held up to the commit, so that positions are in the order of commits.
    Serialised,
    /// The event once more, in a transaction of its own.
    Apart,
}

impl House {
    /// Makes the table.
    pub(crate) async fn on(db: Db) -> Result<Self, StorageError> {
        let uow = UnitOfWork::new(db);
        uow.run(Origin::system("bench"), async |tx| {
            tx.query(sql!(
                sqlite: "CREATE TABLE planning_tasks (task_id BLOB PRIMARY KEY NOT NULL, title TEXT NOT NULL, version INTEGER NOT NULL)",
                postgres: "CREATE TABLE planning_tasks (task_id uuid PRIMARY KEY, title text NOT NULL, version bigint NOT NULL)"
            ))
            .exec()
            .await
        })
        .await?;
        Ok(Self { uow, kind: Kind::House })
    }

    /// What must be found too slow: where many can write at once, the one behind a lock; where one writes, the one that
    /// writes twice.
    pub(crate) fn control(&self, many_write: bool) -> Self {
        let kind = if many_write { Kind::Serialised } else { Kind::Apart };
        Self { kind, ..self.clone() }
    }
}

fn planned(task_id: Id<Task>) -> TaskPlanned {
    TaskPlanned {
        task_id,
        user_id: USER,
        title: TITLE.to_owned(),
        description: DESCRIPTION.to_owned(),
    }
}

impl Way for House {
    async fn once(&self, _: u32) -> anyhow::Result<u32> {
        let kind = self.kind;
        let done: Result<Id<Task>, StorageError> = self
            .uow
            .run(Origin::user(USER), async |tx| {
                let id: Id<Task> = tx.new_id();
                let known: Option<(i64,)> = tx
                    .query(sql!("SELECT version FROM planning_tasks WHERE task_id = $1"))
                    .bind(id)
                    .opt()
                    .await?;
                let version = known.map_or(0, |(version,)| version);
                let task = Task { id, title: TITLE.to_owned(), version };
                tx.save(Unsaved::new(task).record(planned(id))).await?;
                if kind == Kind::Serialised {
                    tx.take_turns("the log").await?;
                }
                Ok(id)
            })
            .await;
        let id = done?;
        if kind == Kind::Apart {
            let again: Result<(), StorageError> = self
                .uow
                .run(Origin::user(USER), async |tx| {
                    tx.emit(planned(id));
                    Ok(())
                })
                .await;
            again?;
        }
        Ok(1)
    }
}
