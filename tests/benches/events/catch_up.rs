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
    handlers::{CaughtUp, Stepping, catch_up},
    house::{DESCRIPTION, StepWritten, TITLE},
    log::{self, Texts},
};

/// A handler, and how many events per second it is wanted to be told of.
struct Case {
    name: &'static str,
    what: &'static str,
    batch: u16,
    writes: bool,
    wanted: f64,
}

const CASES: [Case; 4] = [
    Case {
        name: "bench.effects_50",
        what: "a row for each event, batches of 50",
        batch: 50,
        writes: true,
        wanted: 20_000.0,
    },
    Case {
        name: "bench.effects_1000",
        what: "a row for each event, batches of 1,000",
        batch: 1_000,
        writes: true,
        wanted: 60_000.0,
    },
    Case {
        name: "bench.nothing_50",
        what: "read and dropped, batches of 50",
        batch: 50,
        writes: false,
        wanted: 60_000.0,
    },
    Case {
        name: "bench.nothing_1000",
        what: "read and dropped, batches of 1,000",
        batch: 1_000,
        writes: false,
        wanted: 150_000.0,
    },
];

/// Each handler works off the same log, and so does each loop.
pub(crate) async fn measure(test: &TestDb, args: &Args) -> anyhow::Result<Vec<Row>> {
    let texts = Texts { title: TITLE, description: DESCRIPTION };
    log::fill_up_to(test, args.log, texts).await?;
    let events = log::length(test).await?;
    let db = test.db_at(Arc::new(SystemClock));
    let (mut rows, mut before) = (Vec::new(), Vec::new());
    for Case { name, what, batch, writes, wanted } in CASES {
        let by_hand = by_hand(&test.url, name, batch, writes).await?.as_secs_f64();
        let handler = Stepping::new(name, usize::from(batch), writes);
        let CaughtUp { per_second, .. } = catch_up(&db, handler, &before, events).await?;
        before.push(name);
        #[expect(clippy::cast_precision_loss, reason = "figures for people")]
        let theirs = events as f64 / by_hand;
        rows.push(
            Row::new(test.db.engine_name(), what, per_second, "events/s")
                .wanted(Goal::AtLeast(wanted))
                .beside("by hand/s", theirs)
                .beside("ratio", per_second / theirs),
        );
    }
    Ok(rows)
}

const READ: &str = "SELECT seq, data FROM event_log WHERE seq > $1 ORDER BY seq LIMIT $2";
const WRITE: &str =
    "INSERT INTO bench_steps (handler, position, task_id, step) VALUES ($1, $2, $3, $4)";
const CHECKPOINT: &str = "INSERT INTO bench_checkpoints (reader, position) VALUES ($1, $2)
    ON CONFLICT (reader) DO UPDATE SET position = excluded.position";

/// One connection, one transaction for each batch: effects and checkpoint. It knows neither late commits nor failures.
macro_rules! follow {
    ($connection:ident, $begin:literal, $reader:ident, $batch:ident, $writes:ident) => {{
        let (begun, mut after) = (Instant::now(), 0_i64);
        loop {
            sqlx::query($begin).execute(&mut $connection).await?;
            let read: Vec<(i64, Json<StepWritten>)> = sqlx::query_as(READ)
                .bind(after)
                .bind(i64::from($batch))
                .fetch_all(&mut $connection)
                .await?;
            let last = read.last().map(|(position, _)| *position);
            for (position, Json(written)) in read {
                if $writes {
                    sqlx::query(WRITE)
                        .bind($reader.as_str())
                        .bind(position)
                        .bind(written.task_id)
                        .bind(i64::from(written.step))
                        .execute(&mut $connection)
                        .await?;
                } else {
                    black_box(&written);
                }
            }
            if let Some(last) = last {
                after = last;
                sqlx::query(CHECKPOINT)
                    .bind($reader.as_str())
                    .bind(after)
                    .execute(&mut $connection)
                    .await?;
            }
            sqlx::query("COMMIT").execute(&mut $connection).await?;
            if last.is_none() {
                break begun.elapsed();
            }
        }
    }};
}

/// How long a loop takes for the whole log.
async fn by_hand(
    url: &DatabaseUrl,
    name: &str,
    batch: u16,
    writes: bool,
) -> anyhow::Result<Duration> {
    let reader = format!("{name} by hand");
    match url {
        DatabaseUrl::Sqlite(path) => {
            let mut connection = file(path).connect().await?;
            let took = follow!(connection, "BEGIN IMMEDIATE", reader, batch, writes);
            connection.close().await?;
            Ok(took)
        }
        DatabaseUrl::Postgres(url) => {
            let options: PgConnectOptions = url.parse()?;
            let mut connection = options.disable_statement_logging().connect().await?;
            let took = follow!(connection, "BEGIN", reader, batch, writes);
            connection.close().await?;
            Ok(took)
        }
    }
}
