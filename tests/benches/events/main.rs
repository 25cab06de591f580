//! What the event core costs, and how soon and how quickly it delivers: each figure beside what a program would write by hand
//! on the same engine, in the same run, and beside what is wanted of it.
//!
//! By hand an event is a naive `INSERT`, which readers could not rely upon, and whoever reads looks at what is visible, which
//! misses some; the house pays for positions that can be relied upon. Many events in one transaction are one statement with
//! arrays by hand on PostgreSQL, and one statement each on SQLite. Rounds are interleaved, and ratios tell more than figures.
//! Other event stores are measured in `benches/peers`.

mod backlog;
mod by_hand;
mod catch_up;
mod effects;
mod handlers;
mod house;
mod log;
mod nodes;
mod paced;
mod writers;

use std::{io::Write as _, time::Duration};

use clap::{Parser as _, ValueEnum as _};
use perme8_events::{sql::MIGRATIONS, testing::TestDb};
use scenarios::{Engine, Rounds, Row, on_each, prove, show_rows};
use serde::Serialize;

/// The event core against the engine itself.
#[derive(Debug, clap::Parser)]
struct Args {
    /// Only these parts; `backlog` takes some gigabytes of disk
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        default_value = "writers,many,effects,nodes,catch-up,sharing"
    )]
    only: Vec<Part>,
    /// How many write at once
    #[arg(long, value_delimiter = ',', default_value = "1,8,32,64")]
    writers: Vec<u32>,
    /// How many events there are in one transaction
    #[arg(long, value_delimiter = ',', default_value = "100,1000")]
    events: Vec<u32>,
    /// How many share a file of SQLite
    #[arg(long, value_delimiter = ',', default_value = "8,32")]
    sharing: Vec<u32>,
    /// Rounds of each way
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// Seconds of a round
    #[arg(long, default_value_t = 1.5)]
    seconds: f64,
    /// Events per second of which a handler is told
    #[arg(long, value_delimiter = ',', default_value = "200,1000")]
    rates: Vec<u32>,
    /// Events per second that another node sees
    #[arg(long, default_value_t = 100)]
    light: u32,
    /// Seconds at each rate
    #[arg(long, default_value_t = 10)]
    paced: u32,
    /// How many events are there when handlers catch up
    #[arg(long, default_value_t = 200_000)]
    log: u64,
    /// How many events a short log has
    #[arg(long, default_value_t = 100_000)]
    short: u64,
    /// How many events a long log has
    #[arg(long, default_value_t = 10_000_000)]
    backlog: u64,
    /// On these engines
    #[arg(long, value_enum, value_delimiter = ',', default_value = "sqlite,postgres")]
    engine: Vec<Engine>,
    /// For machines
    #[arg(long)]
    json: bool,
    /// Say what was found as a proof of this rung, `writers` beside a negative control, and fail where a goal is not met
    #[arg(long, value_name = "RUNG", conflicts_with = "json")]
    prove: Option<String>,
    /// What cargo passes to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// A long log: memory, and the cost of an event
    Backlog,
    /// A transaction with one event, of many writers
    Writers,
    /// A transaction with many events
    Many,
    /// Commit → effect committed
    Effects,
    /// Commit → another node
    Nodes,
    /// Handlers that have a log before them
    CatchUp,
    /// Writers that share a file of SQLite
    Sharing,
}

impl Part {
    /// How many connections it needs of a pool, beside those that it opens itself.
    fn connections(self) -> u32 {
        match self {
            Self::Writers | Self::Many => 1,
            Self::Backlog | Self::CatchUp => 8,
            Self::Effects | Self::Nodes | Self::Sharing => 16,
        }
    }

    /// Whether it says something about an engine: there are several nodes on a server, and one writer in a file.
    fn concerns(self, engine: Engine) -> bool {
        match self {
            Self::Nodes => engine == Engine::Postgres,
            Self::Sharing => engine == Engine::Sqlite,
            Self::Backlog | Self::Writers | Self::Many | Self::Effects | Self::CatchUp => true,
        }
    }

    async fn measure(self, test: &TestDb, args: &Args) -> anyhow::Result<Vec<Row>> {
        house::make_tables(&test.db).await?;
        match self {
            Self::Backlog => backlog::measure(test, args).await,
            Self::Writers => writers::one_event(test, args).await,
            Self::Many => writers::many_events(test, args).await,
            Self::Effects => effects::measure(test, args).await,
            Self::Nodes => nodes::measure(test, args).await,
            Self::CatchUp => catch_up::measure(test, args).await,
            Self::Sharing => writers::on_one_file(test, args).await,
        }
    }

    /// On each engine that is wanted and there, on a database of its own.
    async fn on_engines(self, args: &Args) -> anyhow::Result<Vec<Row>> {
        let concerned = args.engine.iter().copied().filter(|engine| self.concerns(*engine));
        let engines: Vec<Engine> = concerned.collect();
        let rows = on_each(&engines, self.connections(), &[&MIGRATIONS], async |test| {
            self.measure(test, args).await
        })
        .await?;
        Ok(rows.into_iter().flatten().collect())
    }
}

impl Args {
    fn rounds(&self, tasks: u32) -> Rounds {
        Rounds { count: self.rounds, time: Duration::from_secs_f64(self.seconds), tasks }
    }
}

/// What was found of one part.
#[derive(Debug, Serialize)]
struct Found {
    part: String,
    rows: Vec<Row>,
}

#[tokio::main(flavor = "multi_thread")]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let mut out = std::io::stdout();
    let mut all = Vec::new();
    // In this order, with that first which is measured in memory, too.
    for part in Part::value_variants().iter().filter(|part| args.only.contains(part)) {
        let rows = part.on_engines(&args).await?;
        let name = part.to_possible_value().map(|value| value.get_name().to_owned());
        let found = Found { part: name.unwrap_or_default(), rows };
        if args.json {
            all.push(found);
        } else if let Some(rung) = &args.prove {
            prove(rung, &found.rows)?;
        } else {
            show_rows(&mut out, &found.part, &found.rows)?;
        }
    }
    if args.json {
        writeln!(out, "{}", serde_json::to_string(&all)?)?;
    }
    Ok(())
}
