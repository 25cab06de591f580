//! How fast what somebody types is on everybody's screen.

use std::{fmt, sync::Arc, time::Duration};

use anyhow::{Context as _, bail};
use scenarios::Percentiles;
use serde::Serialize;
use tokio::{
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval_at, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::{
    Args,
    editors::{Editor, Round, STRAGGLERS, Sink},
    servers::Server,
};

/// So many edits are on their way at once where a server is given all it can take.
const IN_FLIGHT: usize = 64;
/// So many edits an author makes at most, for all of a round.
const MOST: usize = 400_000;

/// What one server does with so many editors on one document.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Figures {
    editors: usize,
    /// Edits per second that arrive, with as many under way as a server can take.
    edits: f64,
    /// Milliseconds until an edit is with another editor, at a pace that any server can take.
    took: Percentiles,
}

/// The same load on both.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) engine: &'static str,
    pub(crate) ours: Figures,
    pub(crate) stock: Figures,
}

pub(crate) const HEAD: &str = "relay        editors      edits/s     stock   ratio      p50 ms     stock   ratio      p99 ms     stock   ratio";

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { engine, ours, stock } = self;
        write!(f, "{engine:<12}{:>8}", ours.editors)?;
        let (edits, other) = (ours.edits, stock.edits);
        write!(f, "{edits:>13.0}{other:>10.0}{:>8.2}", edits / other)?;
        for (ours, stock) in [(ours.took.p50, stock.took.p50), (ours.took.p99, stock.took.p99)] {
            write!(f, "{ours:>12.2}{stock:>10.2}{:>8.2}", ours / stock)?;
        }
        Ok(())
    }
}

/// How often editors type.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Pace {
    /// So many edits a second, of all editors together.
    Even(u32),
    /// As soon as the edits before have arrived.
    Full,
}

/// Measures a server; each round has a document of its own.
pub(crate) async fn measure(server: &Server, args: &Args) -> anyhow::Result<Vec<Figures>> {
    let mut all = Vec::new();
    for (number, &editors) in args.editors.iter().enumerate() {
        let document = 2 * number;
        let time = Duration::from_secs_f64(args.seconds);
        let even = round(server, document, editors, Pace::Even(args.rate), time).await?;
        let full = round(server, document + 1, editors, Pace::Full, time).await?;
        all.push(Figures { editors, edits: full.edits_per_second, took: even.took });
    }
    Ok(all)
}

struct Found {
    edits_per_second: f64,
    took: Percentiles,
}

async fn round(
    server: &Server,
    document: usize,
    editors: usize,
    pace: Pace,
    time: Duration,
) -> anyhow::Result<Found> {
    let round = Round::new(editors, MOST / editors);
    let stop = CancellationToken::new();
    let (mut typing, mut watching) = (JoinSet::new(), JoinSet::new());
    let mut opened = Vec::new();
    for editor in 0..editors {
        opened.push(Editor::open(server, editor, document).await?);
    }
    let begun = Instant::now();
    for (number, editor) in opened.into_iter().enumerate() {
        let (mut sink, mut stream) = editor.split();
        let (watcher, stopped) = (Arc::clone(&round), stop.clone());
        watching.spawn(async move {
            let mut took = Vec::new();
            let watch = watcher.watch(number, &mut stream, &mut took);
            stopped.run_until_cancelled(watch).await.transpose()?;
            anyhow::Ok(took)
        });
        let typist = Arc::clone(&round);
        typing.spawn(async move {
            let typed = types(&typist, number, editors, pace, begun + time, &mut sink).await?;
            // Whoever hangs up hears no more.
            anyhow::Ok((typed, sink))
        });
    }
    let (mut total, mut sinks) = (0, Vec::new());
    while let Some(typed) = typing.join_next().await {
        let (typed, sink) = typed??;
        total += typed;
        sinks.push(sink);
    }
    let wanted = total * (editors as u64 - 1);
    let arrived = timeout(STRAGGLERS, until_arrived(&round, &mut watching, wanted));
    arrived.await.with_context(|| {
        format!("{} of {wanted} edits arrived at {editors} editors", round.arrived())
    })??;
    let seconds = begun.elapsed().as_secs_f64();
    stop.cancel();
    let mut took = Vec::new();
    while let Some(of_one) = watching.join_next().await {
        took.extend(of_one??);
    }
    #[expect(clippy::cast_precision_loss, reason = "some hundred thousand at most")]
    let edits_per_second = total as f64 / seconds;
    Ok(Found { edits_per_second, took: Percentiles::of(took) })
}

async fn until_arrived(
    round: &Round,
    watching: &mut JoinSet<anyhow::Result<Vec<u64>>>,
    wanted: u64,
) -> anyhow::Result<()> {
    while round.arrived() < wanted {
        if let Some(ended) = watching.try_join_next() {
            bail!("an editor has ended: {:?}", ended?.err());
        }
        sleep(Duration::from_millis(1)).await;
    }
    Ok(())
}

/// Types until the time is over, and says how often.
async fn types(
    round: &Round,
    author: usize,
    editors: usize,
    pace: Pace,
    until: Instant,
    sink: &mut Sink,
) -> anyhow::Result<u64> {
    let mut typed = 0;
    match pace {
        Pace::Even(per_second) => {
            let period = Duration::from_secs(1) * u32::try_from(editors)? / per_second;
            // One after the other, not all at once.
            let offset = period * u32::try_from(author)? / u32::try_from(editors)?;
            let mut ticks = interval_at(Instant::now() + offset, period);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            while ticks.tick().await < until && typed < MOST / editors {
                round.types(author, typed, sink).await?;
                typed += 1;
            }
        }
        Pace::Full => {
            let window = (IN_FLIGHT / editors).max(1);
            while Instant::now() < until && typed < MOST / editors {
                round.types(author, typed, sink).await?;
                typed += 1;
                let waited = round.until_seen(author, (typed.saturating_sub(window - 1)) as u64);
                timeout(STRAGGLERS, waited).await.context("an edit does not arrive")?;
            }
        }
    }
    Ok(typed as u64)
}
