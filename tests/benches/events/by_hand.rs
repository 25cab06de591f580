//! The same transaction in plain sqlx, with events that nobody could read without missing some.

use std::{path::Path, time::Duration};

use perme8_events::{Id, sql::DatabaseUrl};
use scenarios::Way;
use sqlx::{
    ConnectOptions as _, PgPool, SqlitePool,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
    types::{
        Json,
        chrono::{DateTime, Utc},
    },
};
use uuid::Uuid;

use crate::house::{StepWritten, TITLE, Task, USER};

const QUESTION: &str = "SELECT version FROM bench_tasks WHERE task_id = $1";
const STORE: &str = "INSERT INTO bench_tasks (task_id, title, version) VALUES ($1, $2, $3 + 1)
    ON CONFLICT (task_id) DO UPDATE SET title = excluded.title, version = excluded.version
    WHERE bench_tasks.version = $3";
const APPEND_POSTGRES: &str =
    "INSERT INTO event_log (seq, id, event_type, version, aggregate_type, aggregate_id, actor_kind,
      actor_id, audience, correlation_id, data, metadata, occurred_at)
    VALUES (nextval('event_log_seq'), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
const APPEND_MANY_POSTGRES: &str =
    "INSERT INTO event_log (seq, id, event_type, version, aggregate_type, aggregate_id, actor_kind,
      actor_id, audience, correlation_id, data, metadata, occurred_at)
    SELECT nextval('event_log_seq'), e.id, e.event_type, e.version, e.aggregate_type, e.aggregate_id,
      e.actor_kind, e.actor_id, e.audience::jsonb, e.correlation_id, e.data::jsonb, e.metadata::jsonb,
      e.occurred_at
    FROM unnest($1::uuid[], $2::text[], $3::int[], $4::text[], $5::text[], $6::text[], $7::uuid[],
      $8::text[], $9::uuid[], $10::text[], $11::text[], $12::timestamptz[])
      AS e (id, event_type, version, aggregate_type, aggregate_id, actor_kind, actor_id, audience,
        correlation_id, data, metadata, occurred_at)";
const APPEND_SQLITE: &str =
    "INSERT INTO event_log (id, event_type, version, aggregate_type, aggregate_id, actor_kind,
      actor_id, audience, correlation_id, data, metadata, occurred_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";

const EVENT_TYPE: &str = "bench.step_written";

/// Writes by hand, on a pool like that of the house, which logs no statements either.
#[derive(Debug, Clone)]
pub(crate) struct ByHand {
    pool: Pool,
    events: u32,
}

#[derive(Debug, Clone)]
enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl ByHand {
    /// With so many connections where there may be many, and so many events in each transaction.
    pub(crate) async fn on(url: &DatabaseUrl, writers: u32, events: u32) -> sqlx::Result<Self> {
        let pool = match url {
            DatabaseUrl::Sqlite(path) => {
                let pool = SqlitePoolOptions::new().max_connections(1).test_before_acquire(false);
                Pool::Sqlite(pool.connect_with(file(path)).await?)
            }
            DatabaseUrl::Postgres(url) => {
                let pool = PgPoolOptions::new()
                    .max_connections(writers)
                    .min_connections(writers)
                    .test_before_acquire(false);
                let connect: PgConnectOptions = url.parse()?;
                Pool::Postgres(pool.connect_with(connect.disable_statement_logging()).await?)
            }
        };
        Ok(Self { pool, events })
    }

    /// Gives its connections back, so that others find room.
    pub(crate) async fn close(&self) {
        match &self.pool {
            Pool::Sqlite(pool) => pool.close().await,
            Pool::Postgres(pool) => pool.close().await,
        }
    }
}

/// A file as the house opens it: with less memory, or a shorter log of writes, one of the two would do the work of the other.
pub(crate) fn file(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(5))
        .pragma("cache_size", "-32768")
        .pragma("wal_autocheckpoint", "8192")
        .disable_statement_logging()
}

fn fresh() -> (Uuid, DateTime<Utc>) {
    #[expect(clippy::disallowed_methods, reason = "by hand there is nobody to ask")]
    (Uuid::now_v7(), Utc::now())
}

/// The question and the row.
macro_rules! write_task {
    ($tx:ident, $id:ident) => {{
        let known: Option<i64> =
            sqlx::query_scalar(QUESTION).bind($id).fetch_optional(&mut *$tx).await?;
        sqlx::query(STORE)
            .bind($id)
            .bind(TITLE)
            .bind(known.unwrap_or(0))
            .execute(&mut *$tx)
            .await?;
    }};
}

/// One event.
macro_rules! write_event {
    ($tx:ident, $id:ident, $step:expr, $append:ident) => {{
        let (event_id, now) = fresh();
        sqlx::query($append)
            .bind(event_id)
            .bind(EVENT_TYPE)
            .bind(1_i32)
            .bind("task")
            .bind($id.to_string())
            .bind("user")
            .bind(USER.uuid())
            .bind(Json([format!("user:{USER}")]))
            .bind(fresh().0)
            .bind(Json(written($id, $step)))
            .bind(Json(serde_json::Map::new()))
            .bind(now)
            .execute(&mut *$tx)
            .await?;
    }};
}

fn written(task: Uuid, step: u32) -> StepWritten {
    let task: Id<Task> = Id::new(task);
    StepWritten::new(task, step)
}

/// Many events in one statement.
async fn write_events(
    tx: &mut sqlx::Transaction<'static, sqlx::Postgres>,
    task: Uuid,
    events: u32,
) -> anyhow::Result<()> {
    fn column<T>(events: u32, mut of: impl FnMut() -> T) -> Vec<T> {
        (0..events).map(|_| of()).collect()
    }
    let (correlation, now) = fresh();
    let data = (0..events).map(|step| serde_json::to_string(&written(task, step)));
    let data: Vec<String> = data.collect::<serde_json::Result<_>>()?;
    sqlx::query(APPEND_MANY_POSTGRES)
        .bind(column(events, || fresh().0))
        .bind(column(events, || EVENT_TYPE))
        .bind(column(events, || 1_i32))
        .bind(column(events, || "task"))
        .bind(column(events, || task.to_string()))
        .bind(column(events, || "user"))
        .bind(column(events, || USER.uuid()))
        .bind(column(events, || format!("[\"user:{USER}\"]")))
        .bind(column(events, || correlation))
        .bind(data)
        .bind(column(events, || "{}"))
        .bind(column(events, || now))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

impl Way for ByHand {
    async fn once(&self, _: u32) -> anyhow::Result<u32> {
        let (id, _) = fresh();
        match &self.pool {
            Pool::Sqlite(pool) => {
                let mut tx = pool.begin_with("BEGIN IMMEDIATE").await?;
                write_task!(tx, id);
                for step in 0..self.events {
                    write_event!(tx, id, step, APPEND_SQLITE);
                }
                tx.commit().await?;
            }
            Pool::Postgres(pool) => {
                #[expect(clippy::disallowed_methods, reason = "by hand there is no unit of work")]
                let mut tx = pool.begin().await?;
                write_task!(tx, id);
                if self.events == 1 {
                    write_event!(tx, id, 0, APPEND_POSTGRES);
                } else {
                    write_events(&mut tx, id, self.events).await?;
                }
                tx.commit().await?;
            }
        }
        Ok(1)
    }
}
