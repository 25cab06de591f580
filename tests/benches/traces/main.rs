//! What telemetry costs: workspaces are founded by a host that has none of it, one that has nothing to tell, and one that tells
//! everything.
//!
//! Each is a process of its own, since what a process traces and counts is decided once, and they take turns. They run as in
//! production, so handlers react meanwhile; spans go to a collector in this process, which takes them and forgets them, and whoever
//! tells everything is asked for its metrics in each round. What is asked for is that it founds 0.95 of what one without any of it
//! does, at least.

mod collector;
mod host;

use std::{io::Write as _, time::Duration};

use clap::Parser as _;
use perme8::CollectorUrl;
use perme8_events::host::Tasks;
use scenarios::{Engine, Goal, Row, Served, median, show_rows};
use serde::{Deserialize, Serialize};

/// So much must be left of what is founded without any of it.
const LEFT: Goal = Goal::AtLeast(0.95);
/// Spans are sent once a second; the last ones of a round are no part of anybody's next one.
const SENT: Duration = Duration::from_millis(1_500);

/// With and without telemetry, in turns.
#[derive(Debug, clap::Parser)]
struct Args {
    /// Rounds of each
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// Seconds of each; a third of that goes by before it counts, in which spans are to be sent for the first time
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    /// Requests at once
    #[arg(long, default_value_t = 4)]
    tasks: u32,
    /// For machines
    #[arg(long)]
    json: bool,
    /// What cargo passes to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
    /// Be a host with so much of it
    #[arg(long, value_enum, hide = true)]
    host: Option<Telemetry>,
    /// On this engine
    #[arg(long, value_enum, hide = true, default_value = "sqlite")]
    on: Engine,
    /// With the collector there
    #[arg(long, hide = true)]
    collector: Option<CollectorUrl>,
}

/// How much of it there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Telemetry {
    /// Neither a subscriber nor a recorder
    Nothing,
    /// A layer that would write down spans, and a recorder; no request is traced
    Idle,
    /// Every request is traced, spans are sent, and metrics are asked for
    Everything,
}

impl Telemetry {
    const ALL: [Self; 3] = [Self::Nothing, Self::Idle, Self::Everything];

    fn as_str(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Idle => "idle",
            Self::Everything => "everything",
        }
    }
}

/// What a host found in a round.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Turn {
    per_second: f64,
    /// Microseconds of its processor time for each; not known everywhere.
    cpu: Option<f64>,
}

#[tokio::main(flavor = "multi_thread")]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    if let Some(telemetry) = args.host {
        return host::serve(telemetry, &args).await;
    }
    let tasks = Tasks::new();
    let collector = collector::start(&tasks).await?;
    let mut rows = Vec::new();
    for engine in Engine::ALL {
        rows.extend(measure(engine, &collector, &args).await?);
    }
    tasks.shutdown(Duration::from_secs(10)).await?;
    let mut out = std::io::stdout();
    if args.json {
        writeln!(out, "{}", serde_json::to_string(&rows)?)?;
        return Ok(());
    }
    Ok(show_rows(&mut out, "telemetry", &rows)?)
}

/// All of them in turns; nothing where there is no such engine.
async fn measure(engine: Engine, collector: &str, args: &Args) -> anyhow::Result<Vec<Row>> {
    let (seconds, tasks) = (args.seconds.to_string(), args.tasks.to_string());
    let mut hosts = Vec::new();
    for telemetry in Telemetry::ALL {
        let (telemetry, engine) = (telemetry.as_str(), engine.as_str());
        let with = ["--host", telemetry, "--on", engine, "--collector", collector];
        let so_much = ["--seconds", &seconds, "--tasks", &tasks];
        let mut host = Served::start(&[&with[..], &so_much[..]].concat())?;
        if !host.hear::<bool>().await? {
            return Ok(Vec::new());
        }
        hosts.push(host);
    }
    let mut turns: [Vec<Turn>; Telemetry::ALL.len()] = Default::default();
    let count = turns.len();
    for first in 0..args.rounds {
        // Whoever comes later finds a machine that is warmer and a disk that is fuller, so they take turns in that, too.
        for index in (first..first + count).map(|turn| turn % count) {
            turns[index].push(hosts[index].ask("round").await?);
            tokio::time::sleep(SENT).await;
        }
    }
    for host in hosts {
        host.stop().await?;
    }
    let [nothing, idle, everything] = &turns;
    Ok(vec![
        row(engine, "everything on, against nothing", everything, nothing).wanted(LEFT),
        row(engine, "a layer that has nothing to tell, against nothing", idle, nothing),
    ])
}

fn row(engine: Engine, what: &str, with: &[Turn], without: &[Turn]) -> Row {
    let both = with.iter().zip(without);
    let ratios: Vec<f64> =
        both.map(|(with, without)| with.per_second / without.per_second).collect();
    let pace = |turns: &[Turn]| median(turns.iter().map(|turn| turn.per_second));
    let cpu = |turns: &[Turn]| median(turns.iter().filter_map(|turn| turn.cpu));
    Row::new(engine.as_str(), what, median(ratios.iter().copied()), "of bare")
        .beside("with/s", pace(with))
        .beside("without/s", pace(without))
        .beside("lowest", ratios.iter().copied().fold(f64::INFINITY, f64::min))
        .beside("highest", ratios.iter().copied().fold(f64::NEG_INFINITY, f64::max))
        .beside("with µs", cpu(with))
        .beside("without µs", cpu(without))
}
