//! How quickly those who follow work off what is there, and whether they are told of everything while others write.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::ensure;
use serde::Serialize;
use tokio::{
    task::JoinSet,
    time::{MissedTickBehavior, interval_at, sleep},
};

use crate::{
    Args,
    figures::{in_order, percentile},
    store::Seen,
    stores::{Kind, Opened},
};

/// What takes longer does not happen; whoever commits a checkpoint for each event needs some of it.
const PATIENCE: Duration = Duration::from_mins(30);
/// Whoever is told of nothing for so long is not told any more.
const SILENCE: Duration = Duration::from_secs(5);
/// So many events are written at once, of a document.
const CHUNK: u64 = 20;

pub(crate) const CAUGHT_UP: &str = "catch-up                   events   events/s";
pub(crate) const TOLD: &str =
    "live                     writers   wanted/s     events     missed     p50 ms     p99 ms";

/// How quickly a store's own way of reading everything works.
#[derive(Debug, Serialize)]
pub(crate) struct CaughtUp {
    store: &'static str,
    events: u64,
    per_second: f64,
}

impl fmt::Display for CaughtUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { store, events, per_second } = self;
        write!(f, "{store:<25}{events:>8}{per_second:>11.0}")
    }
}

/// Of those stores that can read everything.
pub(crate) async fn catch_up(server: &str, args: &Args) -> anyhow::Result<Vec<CaughtUp>> {
    let (mut rows, events) = (Vec::new(), args.log);
    // In a transaction or not, checked or not: it is read alike.
    let alike = |kind: &&Kind| !matches!(kind, Kind::Transaction | Kind::Checked);
    for &kind in args.stores.iter().filter(alike) {
        let opened = Opened::open(kind, server, 8).await?;
        let store = Arc::clone(&opened.store);
        let mut first = 0;
        while first < events {
            let next = (first + CHUNK).min(events);
            store.append(first..next).await?;
            first = next;
        }
        let (seen, begun) = (Seen::default(), Instant::now());
        if let Some(following) = store.follow(seen.clone()).await? {
            until(&seen, events, begun).await?;
            following.stop().await?;
            rows.push(caught_up(store.name(), events, &seen));
        } else if store.replay(seen.clone()).await? {
            until(&seen, events, begun).await?;
            rows.push(caught_up(store.name(), events, &seen));
        }
        drop(store);
        opened.close().await?;
    }
    Ok(rows)
}

/// From the first event on: to start is no part of it, that is done once.
#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn caught_up(store: &'static str, events: u64, seen: &Seen) -> CaughtUp {
    CaughtUp { store, events, per_second: events as f64 / seen.span().as_secs_f64() }
}

/// Waits until so many were seen.
async fn until(seen: &Seen, events: u64, begun: Instant) -> anyhow::Result<()> {
    let events = usize::try_from(events)?;
    while seen.count() < events {
        ensure!(begun.elapsed() < PATIENCE, "{} of {events} were seen", seen.count());
        sleep(Duration::from_millis(1)).await;
    }
    Ok(())
}

/// What somebody who follows is told while others write.
#[derive(Debug, Serialize)]
pub(crate) struct Told {
    store: &'static str,
    writers: u32,
    /// So many events per second were wanted of all of them together.
    wanted: u32,
    events: usize,
    /// So many were committed, and never told.
    missed: usize,
    /// After the acknowledgement, in milliseconds.
    p50: f64,
    p99: f64,
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { store, writers, wanted, events, missed, p50, p99 } = self;
        write!(
            f,
            "{store:<25}{writers:>7}{wanted:>11}{events:>11}{missed:>11}{p50:>11.2}{p99:>11.2}"
        )
    }
}

/// Of those stores that can be followed.
pub(crate) async fn live(server: &str, args: &Args) -> anyhow::Result<Vec<Told>> {
    let mut rows = Vec::new();
    for &wanted in &args.rates {
        for &writers in &args.writers {
            for &kind in &args.stores {
                let opened = Opened::open(kind, server, writers + 8).await?;
                let seen = Seen::default();
                if let Some(following) = opened.store.follow(seen.clone()).await? {
                    let acknowledged = write(&opened, (writers, wanted), args).await;
                    until_silence(&seen, acknowledged.len()).await;
                    following.stop().await?;
                    let name = opened.store.name();
                    rows.push(told(name, (writers, wanted), &acknowledged, &seen));
                }
                opened.close().await?;
            }
        }
    }
    Ok(rows)
}

/// So many writers, one after the other, so that all of them come to so many events per second; when what was acknowledged.
async fn write(
    opened: &Opened,
    (writers, wanted): (u32, u32),
    args: &Args,
) -> HashMap<u64, Instant> {
    let (begun, time) = (Instant::now(), Duration::from_secs_f64(args.seconds));
    let gap = Duration::from_secs(1) / wanted;
    let numbers = Arc::new(AtomicU64::new(0));
    let mut tasks = JoinSet::new();
    for writer in 0..writers {
        let (store, numbers) = (Arc::clone(&opened.store), Arc::clone(&numbers));
        let mut pace = interval_at((begun + gap * writer).into(), gap * writers);
        // Who cannot keep up does not make up for it, or readers would starve.
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        tasks.spawn(async move {
            let mut acknowledged = Vec::new();
            pace.tick().await;
            while begun.elapsed() < time {
                let number = numbers.fetch_add(1, Ordering::Relaxed);
                if store.append(number..number + 1).await.is_ok() {
                    acknowledged.push((number, Instant::now()));
                }
                pace.tick().await;
            }
            acknowledged
        });
    }
    tasks.join_all().await.into_iter().flatten().collect()
}

/// Waits until all were seen, or nothing more is.
async fn until_silence(seen: &Seen, all: usize) {
    let (mut count, mut heard) = (seen.count(), Instant::now());
    while count < all && heard.elapsed() < SILENCE {
        sleep(Duration::from_millis(10)).await;
        if seen.count() > count {
            (count, heard) = (seen.count(), Instant::now());
        }
    }
}

fn told(
    store: &'static str,
    (writers, wanted): (u32, u32),
    acknowledged: &HashMap<u64, Instant>,
    seen: &Seen,
) -> Told {
    let times = acknowledged.iter().filter_map(|(number, at)| {
        Some(seen.when(*number)?.saturating_duration_since(*at).as_secs_f64() * 1_000.0)
    });
    let times = in_order(times.collect());
    Told {
        store,
        writers,
        wanted,
        events: acknowledged.len(),
        missed: acknowledged.len() - times.len(),
        p50: percentile(&times, 50),
        p99: percentile(&times, 99),
    }
}
