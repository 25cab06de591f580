//! Measuring: how often something is done, also beside another way of doing it, and what that takes.

use std::{
    fmt::Display,
    io::{self, Write},
    time::{Duration, Instant},
};

use serde::Serialize;
use tokio::task::JoinSet;

/// One way of doing something, ready to be used by many tasks.
pub trait Way: Clone + Send + Sync + 'static {
    /// Does it once, for the task of this number; gives how often that counts.
    fn once(&self, task: u32) -> impl Future<Output = anyhow::Result<u32>> + Send;
}

/// What a round found.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// How often it was done.
    pub per_second: f64,
    /// In microseconds of processor time of this process for each time, which tells even on a busy machine; not known
    /// everywhere.
    pub cpu: f64,
}

/// How often two ways do the same thing.
#[derive(Clone, Copy, Debug)]
pub struct Comparison {
    /// What is measured.
    pub ours: Pace,
    /// What it is measured against.
    pub other: Pace,
    /// Ours against the other, within a round.
    pub ratio: f64,
    /// In the round that was worst for ours.
    pub lowest: f64,
    /// In the round that was best for ours.
    pub highest: f64,
}

/// Rounds in which something is done; of what they find the median counts.
#[derive(Clone, Copy, Debug)]
pub struct Rounds {
    /// How many.
    pub count: usize,
    /// How long each takes.
    pub time: Duration,
    /// How many tasks do it at once.
    pub tasks: u32,
}

impl Rounds {
    /// One way alone.
    ///
    /// # Errors
    ///
    /// It does not work.
    pub async fn of(self, way: &impl Way) -> anyhow::Result<Pace> {
        // Connections, plans and pages are warm before it counts.
        self.one(way, self.time / 3).await?;
        let mut paces = Vec::new();
        for _ in 0..self.count {
            paces.push(self.one(way, self.time).await?);
        }
        Ok(median_pace(&paces))
    }

    /// Two ways in turns.
    ///
    /// # Errors
    ///
    /// One of them does not work.
    pub async fn of_both(self, ours: &impl Way, other: &impl Way) -> anyhow::Result<Comparison> {
        self.one(ours, self.time / 3).await?;
        self.one(other, self.time / 3).await?;
        let (mut of_ours, mut of_other) = (Vec::new(), Vec::new());
        for round in 0..self.count {
            // Whoever comes second finds a larger table and a fuller disk queue, so they take turns.
            if round % 2 == 0 {
                of_ours.push(self.one(ours, self.time).await?);
                of_other.push(self.one(other, self.time).await?);
            } else {
                of_other.push(self.one(other, self.time).await?);
                of_ours.push(self.one(ours, self.time).await?);
            }
        }
        let both = of_ours.iter().zip(&of_other);
        let ratios = sorted(both.map(|(ours, other)| ours.per_second / other.per_second));
        Ok(Comparison {
            ours: median_pace(&of_ours),
            other: median_pace(&of_other),
            ratio: median(ratios.iter().copied()),
            lowest: ratios.first().copied().unwrap_or(f64::NAN),
            highest: ratios.last().copied().unwrap_or(f64::NAN),
        })
    }

    async fn one(self, way: &impl Way, time: Duration) -> anyhow::Result<Pace> {
        let (begun, cpu) = (Instant::now(), cpu_time());
        let mut tasks = JoinSet::new();
        for task in 0..self.tasks {
            let way = way.clone();
            tasks.spawn(async move {
                let mut done = 0_u32;
                while begun.elapsed() < time {
                    done += way.once(task).await?;
                }
                anyhow::Ok(done)
            });
        }
        let mut total = 0.0;
        while let Some(done) = tasks.join_next().await {
            total += f64::from(done??);
        }
        let per_second = total / begun.elapsed().as_secs_f64();
        Ok(Pace { per_second, cpu: (cpu_time() - cpu) * 1e6 / total })
    }
}

/// How long something took, in milliseconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Percentiles {
    /// Half of it took no longer.
    pub p50: f64,
    /// Of a hundred five took longer.
    pub p95: f64,
    /// Of a hundred one took longer.
    pub p99: f64,
    /// Nothing took longer.
    pub max: f64,
}

impl Percentiles {
    /// Of times in microseconds.
    #[must_use]
    pub fn of(mut micros: Vec<u64>) -> Self {
        micros.sort_unstable();
        let at = |percent: usize| {
            let index = (micros.len() * percent / 100).min(micros.len().saturating_sub(1));
            #[expect(clippy::cast_precision_loss, reason = "a few seconds at most")]
            micros.get(index).map_or(f64::NAN, |time| *time as f64 / 1000.0)
        };
        Self { p50: at(50), p95: at(95), p99: at(99), max: at(100) }
    }
}

/// The memory of this process in kibibytes, as Linux tells it.
#[must_use]
pub fn resident() -> Option<u64> {
    resident_of(std::process::id())
}

/// The memory of a process in kibibytes, as Linux tells it.
#[must_use]
pub fn resident_of(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

/// Seconds of processor time that this process has used so far, as Linux tells it.
fn cpu_time() -> f64 {
    const TICKS_PER_SECOND: f64 = 100.0;
    let Ok(stat) = std::fs::read_to_string("/proc/self/stat") else { return f64::NAN };
    // The name of the program, in parentheses, may hold anything; the 14th and 15th fields are user and system time.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: f64 = fields.skip(11).take(2).filter_map(|field| field.parse::<f64>().ok()).sum();
    ticks / TICKS_PER_SECOND
}

fn median_pace(paces: &[Pace]) -> Pace {
    Pace {
        per_second: median(paces.iter().map(|pace| pace.per_second)),
        cpu: median(paces.iter().map(|pace| pace.cpu)),
    }
}

fn sorted(figures: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures
}

/// The middle one.
#[must_use]
pub fn median(figures: impl IntoIterator<Item = f64>) -> f64 {
    let sorted = sorted(figures.into_iter());
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Prints a table of figures, if there are any.
///
/// # Errors
///
/// Nobody reads it.
pub fn show(out: &mut impl Write, head: &str, figures: &[impl Display]) -> io::Result<()> {
    if !figures.is_empty() {
        writeln!(out, "{head}")?;
    }
    for line in figures {
        writeln!(out, "{line}")?;
    }
    Ok(())
}
