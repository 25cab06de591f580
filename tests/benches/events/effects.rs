//! How soon a handler's effect is committed, against a reader by hand that looks at the log each millisecond.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use perme8_events::{
    SystemClock,
    host::{Feed, Outcome, Runtime, Tasks},
    sql::DatabaseUrl,
    testing::TestDb,
};
use scenarios::{Goal, Percentiles, Row};
use sqlx::{ConnectOptions as _, Connection as _, PgConnection, sqlite::SqliteConnectOptions};
use tokio::{
    sync::broadcast::error::RecvError,
    task::JoinSet,
    time::{MissedTickBehavior, interval},
};
use uuid::Uuid;

use crate::{
    Args,
    handlers::{GRACE, Stepping},
    house::House,
    paced::{Acknowledged, Times, pace},
};

/// Up to so many events per second the goal is a time; behind that it is a multiple of what a reader by hand takes.
const LIGHT: u32 = 200;
/// How often the reader by hand looks.
const LOOKS: Duration = Duration::from_millis(1);

/// At each of the rates.
pub(crate) async fn measure(test: &TestDb, args: &Args) -> anyhow::Result<Vec<Row>> {
    let db = test.db_at(Arc::new(SystemClock));
    let tasks = Tasks::new();
    let feed = Feed::start(&db, &tasks).await?;
    let handler = Stepping::new("bench.on_step", 50, true);
    let runtime = Runtime::builder(&db).handler(handler).build();
    let mut reactions = runtime.reactions();
    runtime.start(&feed, &tasks).await?;

    let (effects, visible) = (Times::default(), Times::default());
    let mut observers: JoinSet<anyhow::Result<()>> = JoinSet::new();
    let committed = effects.clone();
    observers.spawn(async move {
        loop {
            match reactions.recv().await {
                Ok(reaction) if reaction.outcome == Outcome::Handled => {
                    committed.note(reaction.event.correlation_id.uuid(), reaction.at);
                }
                // Those that are missed are waited for in vain, and that is said.
                Ok(_) | Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return Ok(()),
            }
        }
    });
    observers.spawn(tail(test.url.clone(), visible.clone()));

    let house = House::new(db, 1);
    let mut rows = Vec::new();
    for &rate in &args.rates {
        let acknowledged = pace(&house, rate, args.paced).await?;
        effects.until_all(&acknowledged, &mut observers).await?;
        rows.extend(of_rate(test.db.engine_name(), rate, &acknowledged, &effects, &visible));
    }
    tasks.shutdown(GRACE).await?;
    Ok(rows)
}

fn of_rate(
    engine: &'static str,
    rate: u32,
    acknowledged: &[Acknowledged],
    effects: &Times,
    visible: &Times,
) -> Vec<Row> {
    let Percentiles { p50, p95, p99, max } = effects.since(acknowledged);
    let by_hand = visible.since(acknowledged);
    let what = |which: &str| format!("commit → effect committed, {rate}/s, {which}");
    let half = Row::new(engine, what("p50"), p50, "ms").beside("p95", p95);
    let most = Row::new(engine, what("p99"), p99, "ms").beside("max", max);
    if rate <= LIGHT {
        return vec![half.wanted(Goal::AtMost(2.0)), most.wanted(Goal::AtMost(10.0))];
    }
    let times = Row::new(engine, what("by hand"), p50 / by_hand.p50, "times")
        .wanted(Goal::AtMost(2.0))
        .beside("by hand p50 ms", by_hand.p50)
        .beside("by hand p99 ms", by_hand.p99)
        .beside("times at p99", p99 / by_hand.p99);
    vec![half, most, times]
}

const READ: &str =
    "SELECT seq, correlation_id FROM event_log WHERE seq > $1 ORDER BY seq LIMIT 500";

/// Looks at the log each millisecond, and takes what is visible; on PostgreSQL it misses some that way.
macro_rules! tail {
    ($connection:ident, $seen:ident) => {{
        let mut looks = interval(LOOKS);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut after = 0_i64;
        loop {
            looks.tick().await;
            let read: Vec<(i64, Uuid)> =
                sqlx::query_as(READ).bind(after).fetch_all(&mut $connection).await?;
            let now = Instant::now();
            for (position, correlation) in read {
                $seen.note(correlation, now);
                after = position;
            }
        }
    }};
}

async fn tail(url: DatabaseUrl, seen: Times) -> anyhow::Result<()> {
    match url {
        DatabaseUrl::Sqlite(path) => {
            let options = SqliteConnectOptions::new().filename(path).read_only(true);
            let mut connection = options.connect().await?;
            tail!(connection, seen)
        }
        DatabaseUrl::Postgres(url) => {
            let mut connection = PgConnection::connect(&url).await?;
            tail!(connection, seen)
        }
    }
}
