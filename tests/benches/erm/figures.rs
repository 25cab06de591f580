//! How long things take through the facade and by hand, and how that is shown.

use std::{
    fmt,
    io::{self, Write},
    time::{Duration, Instant},
};

use scenarios::Percentiles;
use serde::Serialize;

/// How often something is done that is done by hand, at least.
const LEAST: usize = 3;

/// How long something takes.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    engine: &'static str,
    what: String,
    /// Through the facade, in milliseconds.
    ours: Percentiles,
    /// By hand.
    by_hand: Option<Percentiles>,
    /// The p50 of the one against that of the other.
    ratio: Option<f64>,
    /// How many times the facade gave it up as too large.
    too_large: usize,
}

impl Row {
    pub(crate) fn new(
        engine: &'static str,
        what: impl Into<String>,
        ours: Took,
        by_hand: Option<Took>,
    ) -> Self {
        let Took { micros, too_large } = ours;
        let ours = Percentiles::of(micros);
        let by_hand = by_hand.map(|took| Percentiles::of(took.micros));
        let ratio = by_hand.map(|by_hand| ours.p50 / by_hand.p50);
        Self { engine, what: what.into(), ours, by_hand, ratio, too_large }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { engine, what, ours, by_hand, ratio, too_large } = self;
        let Percentiles { p50, p95, p99, max } = ours;
        write!(f, "{engine:<12}{what:<56}{p50:>9.2}{p95:>9.2}{p99:>9.2}{max:>9.2}")?;
        if let (Some(Percentiles { p50, p95, .. }), Some(ratio)) = (by_hand, ratio) {
            write!(f, "{p50:>11.2}{p95:>9.2}{ratio:>8.2}")?;
        }
        if *too_large > 0 {
            write!(f, "  ({too_large} more were too large)")?;
        }
        Ok(())
    }
}

/// Prints what was measured, if anything was.
pub(crate) fn show(out: &mut impl Write, part: &str, rows: &[Row]) -> io::Result<()> {
    let head = format!(
        "{part:<68}{:>9}{:>9}{:>9}{:>9}{:>11}{:>9}{:>8}",
        "p50 ms", "p95", "p99", "max", "by hand p50", "p95", "ratio"
    );
    scenarios::show(out, &head, rows)
}

/// How long something took each time, in microseconds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Took {
    micros: Vec<u64>,
    too_large: usize,
}

impl Took {
    /// Does something once for each of these, which tells whether there was an answer.
    pub(crate) async fn of<T>(
        all: impl IntoIterator<Item = T>,
        mut once: impl AsyncFnMut(T) -> anyhow::Result<bool>,
    ) -> anyhow::Result<Self> {
        let mut took = Self::default();
        for one in all {
            took.note(one, &mut once).await?;
        }
        Ok(took)
    }

    /// The same, but after some seconds no more.
    pub(crate) async fn within<T>(
        seconds: f64,
        all: impl IntoIterator<Item = T>,
        mut once: impl AsyncFnMut(T) -> anyhow::Result<bool>,
    ) -> anyhow::Result<Self> {
        let (mut took, begun) = (Self::default(), Instant::now());
        let time = Duration::from_secs_f64(seconds);
        for one in all {
            if took.micros.len() >= LEAST && begun.elapsed() > time {
                break;
            }
            took.note(one, &mut once).await?;
        }
        Ok(took)
    }

    async fn note<T>(
        &mut self,
        what: T,
        once: &mut impl AsyncFnMut(T) -> anyhow::Result<bool>,
    ) -> anyhow::Result<()> {
        let begun = Instant::now();
        if once(what).await? {
            self.micros.push(begun.elapsed().as_micros().try_into()?);
        } else {
            self.too_large += 1;
        }
        Ok(())
    }
}
