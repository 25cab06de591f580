//! The same transaction in plain sqlx, with an event that nobody could read without missing some.

use std::time::Duration;

use perme8_events::{Id, sql::DatabaseUrl};
use scenarios::Way;
use sqlx::{
    PgPool, SqlitePool,
    postgres::PgPoolOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
    types::{
        Json,
        chrono::{DateTime, Utc},
    },
};
use uuid::Uuid;

use super::house::{DESCRIPTION, TITLE, TaskPlanned, USER};

const QUESTION: &str = "SELECT version FROM planning_tasks WHERE task_id = $1";
const STORE: &str = "INSERT INTO planning_tasks (task_id, title, version) VALUES ($1, $2, $3 + 1)
    ON CONFLICT (task_id) DO UPDATE SET title = excluded.title, version = excluded.version
    WHERE planning_tasks.version = $3";
const APPEND_POSTGRES: &str =
    "INSERT INTO event_log (seq, id, event_type, version, aggregate_type, aggregate_id, actor_kind,
      actor_id, audience, correlation_id, data, metadata, occurred_at)
    VALUES (nextval('event_log_seq'), $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
const APPEND_SQLITE: &str =
    "INSERT INTO event_log (id, event_type, version, aggregate_type, aggregate_id, actor_kind,
      actor_id, audience, correlation_id, data, metadata, occurred_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";

/// Writes by hand, on a pool like that of the house.
#[derive(Debug, Clone)]
pub(crate) enum ByHand {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl ByHand {
    pub(crate) async fn on(url: &DatabaseUrl, writers: u32) -> sqlx::Result<Self> {
        match url {
            DatabaseUrl::Sqlite(path) => {
                let connect = SqliteConnectOptions::new()
                    .filename(path)
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Full)
                    .busy_timeout(Duration::from_secs(5));
                let pool = SqlitePoolOptions::new().max_connections(1).test_before_acquire(false);
                Ok(Self::Sqlite(pool.connect_with(connect).await?))
            }
            DatabaseUrl::Postgres(url) => {
                let pool = PgPoolOptions::new()
                    .max_connections(writers)
                    .min_connections(writers)
                    .test_before_acquire(false);
                Ok(Self::Postgres(pool.connect(url).await?))
            }
        }
    }
}

fn fresh() -> (Uuid, DateTime<Utc>) {
    #[expect(clippy::disallowed_methods, reason = "by hand there is nobody to ask")]
    (Uuid::now_v7(), Utc::now())
}

/// Everything between BEGIN and COMMIT.
macro_rules! write_task {
    ($tx:ident, $append:ident) => {{
        let (id, now) = fresh();
        let known: Option<i64> =
            sqlx::query_scalar(QUESTION).bind(id).fetch_optional(&mut *$tx).await?;
        sqlx::query(STORE).bind(id).bind(TITLE).bind(known.unwrap_or(0)).execute(&mut *$tx).await?;
        let planned = TaskPlanned {
            task_id: Id::new(id),
            user_id: USER,
            title: TITLE.to_owned(),
            description: DESCRIPTION.to_owned(),
        };
        sqlx::query($append)
            .bind(fresh().0)
            .bind("planning.task_planned")
            .bind(1_i32)
            .bind("task")
            .bind(id.to_string())
            .bind("user")
            .bind(USER.uuid())
            .bind(Json([format!("user:{USER}")]))
            .bind(fresh().0)
            .bind(Json(planned))
            .bind(Json(serde_json::Map::new()))
            .bind(now)
            .execute(&mut *$tx)
            .await?;
    }};
}

impl Way for ByHand {
    async fn once(&self, _: u32) -> anyhow::Result<u32> {
        match self {
            Self::Sqlite(pool) => {
                let mut tx = pool.begin_with("BEGIN IMMEDIATE").await?;
                write_task!(tx, APPEND_SQLITE);
                tx.commit().await?;
            }
            Self::Postgres(pool) => {
                #[expect(clippy::disallowed_methods, reason = "by hand there is no unit of work")]
                let mut tx = pool.begin().await?;
                write_task!(tx, APPEND_POSTGRES);
                tx.commit().await?;
            }
        }
        Ok(1)
    }
}
