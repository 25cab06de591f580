//! How many events per second are committed, one in each transaction.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::bail;
use serde::Serialize;
use tokio::task::JoinSet;

use crate::{
    Args,
    figures::median,
    store::Store,
    stores::{Kind, Opened},
};

pub(crate) const HEAD: &str = "append                   writers   events/s  of INSERT   refused %";

/// What one store does.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    store: &'static str,
    writers: u32,
    per_second: f64,
    /// Against the row by hand of the same round.
    ratio: f64,
    /// How many of a hundred attempts were refused, as conflicts mostly.
    refused: f64,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { store, writers, per_second, ratio, refused } = self;
        write!(f, "{store:<25}{writers:>7}{per_second:>11.0}{ratio:>11.2}{refused:>12.1}")
    }
}

/// What a round found.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    committed: u64,
    refused: u64,
}

/// Every store in every round, so that all of them meet the same machine.
pub(crate) async fn measure(server: &str, args: &Args) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    for &writers in &args.writers {
        let mut opened = vec![Opened::open(Kind::Insert, server, writers).await?];
        for &kind in args.stores.iter().filter(|kind| **kind != Kind::Insert) {
            opened.push(Opened::open(kind, server, writers).await?);
        }
        let mut paces = vec![Vec::new(); opened.len()];
        let mut all = vec![Tally::default(); opened.len()];
        let time = Duration::from_secs_f64(args.seconds);
        for Opened { store, .. } in &opened {
            // Connections, plans and pages are warm before it counts.
            round(store, writers, time / 3).await?;
        }
        for _ in 0..args.rounds {
            for ((Opened { store, .. }, paces), all) in opened.iter().zip(&mut paces).zip(&mut all)
            {
                let (tally, pace) = round(store, writers, time).await?;
                paces.push(pace);
                all.committed += tally.committed;
                all.refused += tally.refused;
            }
        }
        let by_hand = paces.first().cloned().unwrap_or_default();
        for ((Opened { store, .. }, paces), all) in opened.iter().zip(&paces).zip(&all) {
            let ratios = paces.iter().zip(&by_hand).map(|(pace, by_hand)| pace / by_hand);
            rows.push(Row {
                store: store.name(),
                writers,
                per_second: median(paces.clone()),
                ratio: median(ratios.collect()),
                refused: percent(all.refused, all.committed + all.refused),
            });
        }
        for store in opened {
            store.close().await?;
        }
    }
    Ok(rows)
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn percent(part: u64, all: u64) -> f64 {
    part as f64 * 100.0 / all as f64
}

static NUMBERS: AtomicU64 = AtomicU64::new(0);

/// So many writers for so long.
async fn round(
    store: &Arc<dyn Store>,
    writers: u32,
    time: Duration,
) -> anyhow::Result<(Tally, f64)> {
    let begun = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..writers {
        let store = Arc::clone(store);
        tasks.spawn(async move {
            let (mut tally, mut last) = (Tally::default(), None);
            while begun.elapsed() < time {
                match store.append(NUMBERS.fetch_add(1, Ordering::Relaxed)).await {
                    Ok(()) => tally.committed += 1,
                    Err(error) => {
                        tally.refused += 1;
                        last = Some(error);
                    }
                }
            }
            (tally, last)
        });
    }
    let (mut all, mut problem) = (Tally::default(), None);
    for (tally, last) in tasks.join_all().await {
        all.committed += tally.committed;
        all.refused += tally.refused;
        problem = problem.or(last);
    }
    if all.committed == 0 {
        bail!("{} commits nothing: {problem:?}", store.name());
    }
    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    let pace = all.committed as f64 / begun.elapsed().as_secs_f64();
    Ok((all, pace))
}
