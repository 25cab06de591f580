//! A log that is there already: written in few statements, which the appender would take long for.

use std::io::Write as _;

use perme8_events::{sql::DatabaseUrl, testing::TestDb};
use sqlx::{
    ConnectOptions as _, Connection as _, PgConnection, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteSynchronous},
};

use crate::house::USER;

/// So many events are written in one statement.
const CHUNK: u64 = 50_000;

/// The same events in every run, of five thousand tasks.
const FILL_SQLITE: &str = "WITH RECURSIVE numbers (n) AS (
      SELECT CAST($1 AS INTEGER) UNION ALL SELECT n + 1 FROM numbers WHERE n < $2),
    tasks (n, task_id) AS (
      SELECT n, printf('%08x-0000-4000-8000-%012x', n % 5000, n % 5000) FROM numbers)
    INSERT INTO event_log (id, event_type, version, aggregate_type, aggregate_id, actor_kind, actor_ref,
      audience, correlation_id, data, metadata, occurred_at)
    SELECT randomblob(16), 'bench.step_written', 1, 'task', task_id, 'system', 'bench', '[\"operators\"]',
      randomblob(16),
      json_object('task_id', task_id, 'user_id', $3, 'step', n, 'title', $4, 'description', $5), '{}',
      strftime('%Y-%m-%dT%H:%M:%f000+00:00', 'now')
    FROM tasks";
const FILL_POSTGRES: &str = "INSERT INTO event_log (seq, id, event_type, version, aggregate_type, aggregate_id, actor_kind, actor_ref,
      audience, correlation_id, data, metadata, occurred_at)
    SELECT nextval('event_log_seq'), gen_random_uuid(), 'bench.step_written', 1, 'task', task_id, 'system',
      'bench', '[\"operators\"]'::jsonb, gen_random_uuid(),
      jsonb_build_object('task_id', task_id, 'user_id', $3::text, 'step', n, 'title', $4::text,
        'description', $5::text), '{}'::jsonb, clock_timestamp()
    FROM (SELECT n, lpad(to_hex(n % 5000), 8, '0') || '-0000-4000-8000-' || lpad(to_hex(n % 5000), 12, '0')
          FROM generate_series($1::bigint, $2::bigint) AS numbers (n)) AS tasks (n, task_id)";

/// What the events of a log say.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Texts {
    pub(crate) title: &'static str,
    pub(crate) description: &'static str,
}

enum Filler {
    Sqlite(Box<SqliteConnection>),
    Postgres(Box<PgConnection>),
}

impl Filler {
    async fn of(url: &DatabaseUrl) -> sqlx::Result<Self> {
        Ok(match url {
            DatabaseUrl::Sqlite(path) => {
                // Nothing of it is measured, so it may be as quick as it likes.
                let options =
                    SqliteConnectOptions::new().filename(path).synchronous(SqliteSynchronous::Off);
                Self::Sqlite(Box::new(options.connect().await?))
            }
            DatabaseUrl::Postgres(url) => {
                Self::Postgres(Box::new(PgConnection::connect(url).await?))
            }
        })
    }

    async fn fill(&mut self, first: u64, last: u64, texts: Texts) -> anyhow::Result<()> {
        let (first, last) = (i64::try_from(first)?, i64::try_from(last)?);
        let Texts { title, description } = texts;
        macro_rules! fill {
            ($connection:ident, $statement:ident) => {
                sqlx::query($statement)
                    .bind(first)
                    .bind(last)
                    .bind(USER.to_string())
                    .bind(title)
                    .bind(description)
                    .execute(&mut **$connection)
                    .await
                    .map(drop)
            };
        }
        match self {
            Self::Sqlite(connection) => fill!(connection, FILL_SQLITE)?,
            Self::Postgres(connection) => fill!(connection, FILL_POSTGRES)?,
        }
        Ok(())
    }

    async fn length(&mut self) -> anyhow::Result<u64> {
        let count = "SELECT count(*) FROM event_log";
        let events: i64 = match self {
            Self::Sqlite(connection) => {
                sqlx::query_scalar(count).fetch_one(&mut **connection).await?
            }
            Self::Postgres(connection) => {
                sqlx::query_scalar(count).fetch_one(&mut **connection).await?
            }
        };
        Ok(u64::try_from(events)?)
    }

    /// Does what PostgreSQL does by itself within some minutes, so that it does not do so in the middle.
    async fn settle(&mut self) -> sqlx::Result<()> {
        if let Self::Postgres(connection) = self {
            sqlx::raw_sql("VACUUM ANALYZE").execute(&mut **connection).await?;
        }
        Ok(())
    }

    async fn close(self) -> sqlx::Result<()> {
        match self {
            Self::Sqlite(connection) => connection.close().await,
            Self::Postgres(connection) => connection.close().await,
        }
    }
}

/// How many events there are.
pub(crate) async fn length(test: &TestDb) -> anyhow::Result<u64> {
    let mut filler = Filler::of(&test.url).await?;
    let events = filler.length().await?;
    filler.close().await?;
    Ok(events)
}

/// Makes the log so long, if it is shorter; says on the terminal how far it is.
pub(crate) async fn fill_up_to(test: &TestDb, events: u64, texts: Texts) -> anyhow::Result<()> {
    let engine = test.db.engine_name();
    let mut filler = Filler::of(&test.url).await?;
    let mut first = filler.length().await? + 1;
    while first <= events {
        let last = (first + CHUNK - 1).min(events);
        filler.fill(first, last, texts).await?;
        let end = if last == events { '\n' } else { '\r' };
        // Who cannot be told misses nothing else.
        let _ = write!(std::io::stderr(), "{engine}: the log has {last} of {events} events{end}");
        first = last + 1;
    }
    filler.settle().await?;
    Ok(filler.close().await?)
}
