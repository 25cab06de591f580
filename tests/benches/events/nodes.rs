//! How soon another node sees an event, and what that costs those who commit it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use perme8_events::{
    SystemClock, Topic, Viewer,
    host::{Delivery, EventBus, Feed, LiveEvents, Tasks},
    sql::{DatabaseUrl, Db, DbOptions},
    testing::{Strangers, TestDb},
};
use scenarios::{Goal, Percentiles, Rounds, Row, Way as _, median};
use sqlx::{Connection as _, PgConnection, postgres::PgListener};
use tokio::{task::JoinSet, time::interval};

use crate::{
    Args,
    by_hand::ByHand,
    handlers::GRACE,
    house::House,
    paced::{Times, pace},
};

/// So much must be left of what is committed when nobody follows.
const LEFT: Goal = Goal::AtLeast(0.9);
/// How many commit at once while the cost is measured.
const WRITERS: u32 = 8;

/// Two nodes on one database, in one process: nothing leads from one to the other but the database.
pub(crate) async fn measure(test: &TestDb, args: &Args) -> anyhow::Result<Vec<Row>> {
    let here = test.db_at(Arc::new(SystemClock));
    let there = Db::open(&test.url, DbOptions { connections: 2, ..DbOptions::default() }).await?;
    let engine = test.db.engine_name();
    let house = House::new(here.clone(), 1);

    let tasks = Tasks::new();
    Feed::start(&here, &tasks).await?;
    let mut live = follow(&there, &tasks).await?;
    let seen = Times::default();
    let noted = seen.clone();
    let mut observers: JoinSet<anyhow::Result<()>> = JoinSet::new();
    observers.spawn(async move {
        while let Delivery::Event(event) = live.next().await? {
            noted.note(event.correlation_id.uuid(), Instant::now());
        }
        Ok(())
    });
    let acknowledged = pace(&house, args.light, args.paced).await?;
    seen.until_all(&acknowledged, &mut observers).await?;
    tasks.shutdown(GRACE).await?;
    let Percentiles { p50, p95, p99, max } = seen.since(&acknowledged);
    let by_hand = by_hand(&test.url, args).await?;
    let what = |which: &str| format!("commit → another node, {}/s, {which}", args.light);
    let mut rows = vec![
        Row::new(engine, what("p50"), p50, "ms")
            .wanted(Goal::AtMost(0.5))
            .beside("p95", p95)
            .beside("by hand", by_hand.p50),
        Row::new(engine, what("p99"), p99, "ms")
            .wanted(Goal::AtMost(2.0))
            .beside("max", max)
            .beside("by hand", by_hand.p99),
    ];

    let rounds = Rounds { count: 1, ..args.rounds(WRITERS) };
    let (mut ratios, mut followed, mut alone) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..args.rounds {
        // Each is first in half of the rounds: whoever comes second finds a larger table.
        let (with, without) = if round % 2 == 0 {
            let with = while_followed(&here, &there, &house, rounds).await?;
            (with, rounds.of(&house).await?.per_second)
        } else {
            let without = rounds.of(&house).await?.per_second;
            (while_followed(&here, &there, &house, rounds).await?, without)
        };
        ratios.push(with / without);
        followed.push(with);
        alone.push(without);
    }
    there.close().await;
    rows.push(
        Row::new(
            engine,
            format!("commits while followed, {WRITERS} writers"),
            median(ratios),
            "of alone",
        )
        .wanted(LEFT)
        .beside("followed/s", median(followed))
        .beside("alone/s", median(alone)),
    );
    Ok(rows)
}

/// How soon a listener has read what was committed, when whoever has committed notifies it on another connection.
async fn by_hand(url: &DatabaseUrl, args: &Args) -> anyhow::Result<Percentiles> {
    const CHANNEL: &str = "bench_by_hand";
    const READ: &str = "SELECT seq FROM event_log WHERE seq > $1 ORDER BY seq";
    let DatabaseUrl::Postgres(url) = url else { anyhow::bail!("there is one node on a file") };
    let producer = ByHand::on(&DatabaseUrl::Postgres(url.clone()), 1, 1).await?;
    let mut listener = PgListener::connect(url).await?;
    listener.listen(CHANNEL).await?;
    let (mut notifier, mut reader) =
        (PgConnection::connect(url).await?, PgConnection::connect(url).await?);
    let mut after: i64 =
        sqlx::query_scalar("SELECT max(seq) FROM event_log").fetch_one(&mut reader).await?;
    let mut pace = interval(Duration::from_secs(1) / args.light);
    let mut times = Vec::new();
    for _ in 0..args.light * args.paced {
        pace.tick().await;
        producer.once(0).await?;
        let committed = Instant::now();
        let notify = async {
            sqlx::query("SELECT pg_notify($1, '')").bind(CHANNEL).execute(&mut notifier).await
        };
        let read = async {
            listener.recv().await?;
            let read: Vec<i64> =
                sqlx::query_scalar(READ).bind(after).fetch_all(&mut reader).await?;
            Ok::<_, sqlx::Error>((read, committed.elapsed()))
        };
        let (_, (read, took)) = tokio::try_join!(notify, read)?;
        after = read.last().copied().unwrap_or(after);
        times.push(u64::try_from(took.as_micros())?);
    }
    producer.close().await;
    Ok(Percentiles::of(times))
}

/// How many commit in a second while this node tells others, and another one listens.
async fn while_followed(
    here: &Db,
    there: &Db,
    house: &House,
    rounds: Rounds,
) -> anyhow::Result<f64> {
    let tasks = Tasks::new();
    Feed::start(here, &tasks).await?;
    let mut live = follow(there, &tasks).await?;
    let mut listeners = JoinSet::new();
    listeners.spawn(async move { while let Ok(Delivery::Event(_)) = live.next().await {} });
    let pace = rounds.of(house).await?;
    tasks.shutdown(GRACE).await?;
    Ok(pace.per_second)
}

/// Everything that happens from now on, as an operator sees it.
async fn follow(db: &Db, tasks: &Tasks) -> anyhow::Result<LiveEvents> {
    let feed = Feed::start(db, tasks).await?;
    let bus = EventBus::new(feed, Arc::new(Strangers), &[]);
    Ok(bus.subscribe(Viewer::Operator, vec![Topic::All], None).await?)
}
