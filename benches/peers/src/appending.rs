//! How many events per second are committed, by how many writers and how many in each transaction.

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

pub(crate) const HEAD: &str =
    "append                   writers  together   events/s  of INSERT   refused %";

/// Who writes how much at once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Case {
    pub(crate) writers: u32,
    /// So many events share a transaction.
    pub(crate) together: u32,
}

/// What one store does.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    store: &'static str,
    writers: u32,
    /// So many events share a transaction.
    together: u32,
    /// Events, not transactions.
    per_second: f64,
    /// Against the rows by hand of the same round.
    ratio: f64,
    /// How many of a hundred attempts were refused, as conflicts mostly.
    refused: f64,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { store, writers, together, per_second, ratio, refused } = self;
        write!(
            f,
            "{store:<25}{writers:>7}{together:>10}{per_second:>11.0}{ratio:>11.2}{refused:>12.1}"
        )
    }
}

/// How many transactions were committed in a round, and how many were not.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    committed: u64,
    refused: u64,
}

/// Every store in every round, so that all of them meet the same machine.
pub(crate) async fn measure(
    server: &str,
    args: &Args,
    cases: impl Iterator<Item = Case>,
) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    for case in cases {
        let Case { writers, together } = case;
        let mut opened = vec![Opened::open(Kind::Insert, server, writers).await?];
        for &kind in args.stores.iter().filter(|kind| **kind != Kind::Insert) {
            opened.push(Opened::open(kind, server, writers).await?);
        }
        let mut paces = vec![Vec::new(); opened.len()];
        let mut all = vec![Tally::default(); opened.len()];
        let time = Duration::from_secs_f64(args.seconds);
        for Opened { store, .. } in &opened {
            // Connections, plans and pages are warm before it counts.
            round(store, case, time / 3).await?;
        }
        for first in 0..args.rounds {
            // Whoever is first finds a disk at rest, so they take turns in that, too.
            for index in (first..first + opened.len()).map(|turn| turn % opened.len()) {
                let (tally, pace) = round(&opened[index].store, case, time).await?;
                paces[index].push(pace);
                all[index].committed += tally.committed;
                all[index].refused += tally.refused;
            }
        }
        let by_hand = paces.first().cloned().unwrap_or_default();
        for ((Opened { store, .. }, paces), all) in opened.iter().zip(&paces).zip(&all) {
            let ratios = paces.iter().zip(&by_hand).map(|(pace, by_hand)| pace / by_hand);
            rows.push(Row {
                store: store.name(),
                writers,
                together,
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

/// So many writers for so long; also the events per second.
async fn round(
    store: &Arc<dyn Store>,
    Case { writers, together }: Case,
    time: Duration,
) -> anyhow::Result<(Tally, f64)> {
    let together = u64::from(together);
    let begun = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..writers {
        let store = Arc::clone(store);
        tasks.spawn(async move {
            let (mut tally, mut last) = (Tally::default(), None);
            while begun.elapsed() < time {
                let first = NUMBERS.fetch_add(together, Ordering::Relaxed);
                match store.append(first..first + together).await {
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
    let pace = (all.committed * together) as f64 / begun.elapsed().as_secs_f64();
    Ok((all, pace))
}
