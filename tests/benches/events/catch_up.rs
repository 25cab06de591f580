//! How quickly handlers work off what is there already, against a loop that is written by hand.

use std::{
    hint::black_box,
    sync::Arc,
    time::{Duration, Instant},
};

use perme8_events::{SystemClock, sql::DatabaseUrl, testing::TestDb};
use scenarios::{Goal, Row};
use sqlx::{ConnectOptions as _, Connection as _, postgres::PgConnectOptions, types::Json};

use crate::{
    Args,
    by_hand::file,
    handlers::{CaughtUp, Stepping, after, catch_up},
    house::{DESCRIPTION, StepWritten, TITLE},
    log::{self, Texts},
};

/// What is done with each event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Done {
    /// It is read and dropped.
    Nothing,
    /// A row is written, with a statement of its own.
    Row,
    /// A row is written, by the statement that writes those of the whole batch.
    Rows,
}

impl Done {
    fn what(self) -> &'static str {
        match self {
            Self::Nothing => "read and dropped",
            Self::Row => "a row for each event, told one by one",
            Self::Rows => "a row for each event, told at once",
        }
    }

    /// How many events per second are wanted in such batches.
    fn wanted(self, batch: usize) -> f64 {
        match (self, batch > 50) {
            (Self::Row | Self::Rows, false) => 20_000.0,
            (Self::Row | Self::Rows, true) | (Self::Nothing, false) => 60_000.0,
            (Self::Nothing, true) => 150_000.0,
        }
    }
}

const CASES: [(&str, Done, u16); 6] = [
    ("bench.row_50", Done::Row, 50),
    ("bench.row_1000", Done::Row, 1_000),
    ("bench.rows_50", Done::Rows, 50),
    ("bench.rows_1000", Done::Rows, 1_000),
    ("bench.nothing_50", Done::Nothing, 50),
    ("bench.nothing_1000", Done::Nothing, 1_000),
];

/// Each handler works off the same log, and so does each loop.
pub(crate) async fn measure(test: &TestDb, args: &Args) -> anyhow::Result<Vec<Row>> {
    let texts = Texts { title: TITLE, description: DESCRIPTION };
    log::fill_up_to(test, args.log, texts).await?;
    let events = log::length(test).await?;
    let db = test.db_at(Arc::new(SystemClock));
    let (mut rows, mut before) = (Vec::new(), Vec::new());
    for (name, done, batch) in CASES {
        let by_hand = by_hand(&test.url, name, batch, done).await?.as_secs_f64();
        let batch = usize::from(batch);
        let stepping = Stepping::new(name, batch, done == Done::Row);
        let (builder, told) = (after(&db, &before), (name, Arc::clone(&stepping.told)));
        let builder = match done {
            Done::Rows => builder.projection(stepping),
            Done::Nothing | Done::Row => builder.handler(stepping),
        };
        let CaughtUp { per_second, .. } = catch_up(&db, builder.build(), told, events).await?;
        before.push(name);
        #[expect(clippy::cast_precision_loss, reason = "figures for people")]
        let theirs = events as f64 / by_hand;
        rows.push(
            Row::new(
                test.db.engine_name(),
                format!("{}, batches of {batch}", done.what()),
                per_second,
                "events/s",
            )
            .wanted(Goal::AtLeast(done.wanted(batch)))
            .beside("by hand/s", theirs)
            .beside("ratio", per_second / theirs),
        );
    }
    Ok(rows)
}

const READ: &str = "SELECT seq, data FROM event_log WHERE seq > $1 ORDER BY seq LIMIT $2";
const WRITE: &str =
    "INSERT INTO bench_steps (handler, position, task_id, step) VALUES ($1, $2, $3, $4)";
const WRITE_ALL_SQLITE: &str = "INSERT INTO bench_steps (handler, position, task_id, step)
    SELECT $1, value->>0, unhex(value->>1, '-'), value->>2 FROM json_each($2)";
const WRITE_ALL_POSTGRES: &str = "INSERT INTO bench_steps (handler, position, task_id, step)
    SELECT $1, (value->>0)::bigint, (value->>1)::uuid, (value->>2)::bigint FROM jsonb_array_elements($2) AS value";
const CHECKPOINT: &str = "INSERT INTO bench_checkpoints (reader, position) VALUES ($1, $2)
    ON CONFLICT (reader) DO UPDATE SET position = excluded.position";

/// One connection, one transaction for each batch: effects and checkpoint. It knows neither late commits nor failures.
macro_rules! follow {
    ($connection:ident, $begin:literal, $write_all:ident, $reader:ident, $batch:ident, $done:ident) => {{
        let (begun, mut after) = (Instant::now(), 0_i64);
        loop {
            sqlx::query($begin).execute(&mut $connection).await?;
            let read: Vec<(i64, Json<StepWritten>)> = sqlx::query_as(READ)
                .bind(after)
                .bind(i64::from($batch))
                .fetch_all(&mut $connection)
                .await?;
            let Some(&(last, _)) = read.last() else {
                sqlx::query("COMMIT").execute(&mut $connection).await?;
                break begun.elapsed();
            };
            match $done {
                Done::Nothing => drop(black_box(read)),
                Done::Row => {
                    for (position, Json(written)) in read {
                        sqlx::query(WRITE)
                            .bind($reader.as_str())
                            .bind(position)
                            .bind(written.task_id)
                            .bind(i64::from(written.step))
                            .execute(&mut $connection)
                            .await?;
                    }
                }
                Done::Rows => {
                    let steps = read.iter().map(|(at, Json(of))| (at, of.task_id, of.step));
                    sqlx::query($write_all)
                        .bind($reader.as_str())
                        .bind(Json(steps.collect::<Vec<_>>()))
                        .execute(&mut $connection)
                        .await?;
                }
            }
            after = last;
            sqlx::query(CHECKPOINT)
                .bind($reader.as_str())
                .bind(after)
                .execute(&mut $connection)
                .await?;
            sqlx::query("COMMIT").execute(&mut $connection).await?;
        }
    }};
}

/// How long a loop takes for the whole log.
async fn by_hand(
    url: &DatabaseUrl,
    name: &str,
    batch: u16,
    done: Done,
) -> anyhow::Result<Duration> {
    let reader = format!("{name} by hand");
    match url {
        DatabaseUrl::Sqlite(path) => {
            let mut connection = file(path).connect().await?;
            let took =
                follow!(connection, "BEGIN IMMEDIATE", WRITE_ALL_SQLITE, reader, batch, done);
            connection.close().await?;
            Ok(took)
        }
        DatabaseUrl::Postgres(url) => {
            let options: PgConnectOptions = url.parse()?;
            let mut connection = options.disable_statement_logging().connect().await?;
            let took = follow!(connection, "BEGIN", WRITE_ALL_POSTGRES, reader, batch, done);
            connection.close().await?;
            Ok(took)
        }
    }
}
