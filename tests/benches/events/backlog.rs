//! A log that is long: what a handler that has all of it before itself takes in memory, and what each event costs then.

use std::sync::Arc;

use perme8_events::{SystemClock, sql::Db, testing::TestDb};
use scenarios::{Goal, Rounds, Row};

use crate::{
    Args,
    handlers::{CaughtUp, Stepping, after, catch_up},
    house::House,
    log::{self, Texts},
};

/// By so many megabytes memory may grow.
const GROWTH: Goal = Goal::AtMost(100.0);
/// An event of a long log may cost so many times as much as one of a short log.
const DEARER: Goal = Goal::AtMost(1.5);

/// Short ones, or the disk would be measured.
const TEXTS: Texts = Texts { title: "Step", description: "" };

/// Microseconds for each event.
#[derive(Debug, Clone, Copy)]
struct Costs {
    to_handle: f64,
    to_append: f64,
    growth: Option<f64>,
}

/// First with a short log, then with a long one.
pub(crate) async fn measure(test: &TestDb, args: &Args) -> anyhow::Result<Vec<Row>> {
    let db = test.db_at(Arc::new(SystemClock));
    let (short, long) = (args.short, args.backlog);
    log::fill_up_to(test, short, TEXTS).await?;
    let at_first = costs(test, &db, args, "bench.short_log", &[]).await?;
    log::fill_up_to(test, long, TEXTS).await?;
    let at_last = costs(test, &db, args, "bench.long_log", &["bench.short_log"]).await?;
    let engine = test.db.engine_name();
    let mut rows = Vec::new();
    if let Some(growth) = at_last.growth {
        let what = format!("memory for a backlog of {long} events");
        rows.push(Row::new(engine, what, growth, "MB more").wanted(GROWTH));
    }
    for (what, before, after) in [
        ("an event that is handled", at_first.to_handle, at_last.to_handle),
        ("a transaction with an event", at_first.to_append, at_last.to_append),
    ] {
        rows.push(
            Row::new(engine, format!("{what}: {long} against {short}"), after / before, "times")
                .wanted(DEARER)
                .beside("µs of the short log", before)
                .beside("µs of the long log", after),
        );
    }
    Ok(rows)
}

async fn costs(
    test: &TestDb,
    db: &Db,
    args: &Args,
    handler: &'static str,
    before: &[&'static str],
) -> anyhow::Result<Costs> {
    let events = log::length(test).await?;
    // A thousand at a time, so that it is the reading that counts.
    let stepping = Stepping::new(handler, 1_000, false);
    let told = (handler, Arc::clone(&stepping.told));
    let runtime = after(db, before).handler(stepping).build();
    let CaughtUp { per_second, growth } = catch_up(db, runtime, told, events).await?;
    let rounds: Rounds = args.rounds(1);
    let appended = rounds.of(&House::new(db.clone(), 1)).await?;
    Ok(Costs { to_handle: 1e6 / per_second, to_append: 1e6 / appended.per_second, growth })
}
