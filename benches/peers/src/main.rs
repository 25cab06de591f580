//! The event core of perme8 beside the event stores of crates.io, on the same PostgreSQL, in the same run.
//!
//! They do not promise the same. Read the README of this folder before you read figures.

mod appending;
mod database;
mod event;
mod figures;
mod following;
mod house;
mod raw;
mod store;
mod stores;
mod with_cqrs;
mod with_disintegrate;
mod with_eventually;

use std::{
    fmt::Display,
    io::{self, Write},
};

use clap::Parser as _;
use serde::Serialize;

use crate::{appending::Case, stores::Kind};

/// Event stores side by side.
#[derive(Debug, clap::Parser)]
struct Args {
    /// The URL of a maintenance database of the server, for a user who may create databases
    #[arg(long, env = "PERME8_TEST_POSTGRES", hide_env_values = true)]
    server: String,
    /// Only these parts
    #[arg(long, value_enum, value_delimiter = ',', default_value = "append,many,catch-up,live")]
    only: Vec<Part>,
    /// Only these stores
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        default_value = "insert,transaction,perme8,disintegrate,checked,cqrs,eventually"
    )]
    stores: Vec<Kind>,
    /// How many write at once
    #[arg(long, value_delimiter = ',', default_value = "1,8,32,64")]
    writers: Vec<u32>,
    /// How many events there are in one transaction
    #[arg(long, value_delimiter = ',', default_value = "100,1000")]
    events: Vec<u32>,
    /// Events per second of which a follower is told
    #[arg(long, value_delimiter = ',', default_value = "200,1000")]
    rates: Vec<u32>,
    /// Rounds of each store
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Seconds of a round
    #[arg(long, default_value_t = 1.5)]
    seconds: f64,
    /// How many events are there when somebody catches up
    #[arg(long, default_value_t = 20_000)]
    log: u64,
    /// For machines
    #[arg(long)]
    json: bool,
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// Events per second, one in each transaction, of many writers
    Append,
    /// Events per second, many in each transaction
    Many,
    /// Events per second that are there already
    CatchUp,
    /// Whether, and how soon, a follower is told of what others commit
    Live,
}

/// What was found.
#[derive(Debug, Default, Serialize)]
struct Found {
    append: Vec<appending::Row>,
    many: Vec<appending::Row>,
    catch_up: Vec<following::CaughtUp>,
    live: Vec<following::Told>,
}

#[tokio::main(flavor = "multi_thread")]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let (server, mut found) = (args.server.as_str(), Found::default());
    if args.only.contains(&Part::Append) {
        let cases = args.writers.iter().map(|&writers| Case { writers, together: 1 });
        found.append = appending::measure(server, &args, cases).await?;
    }
    if args.only.contains(&Part::Many) {
        let cases = args.events.iter().map(|&together| Case { writers: 1, together });
        found.many = appending::measure(server, &args, cases).await?;
    }
    if args.only.contains(&Part::CatchUp) {
        found.catch_up = following::catch_up(server, &args).await?;
    }
    if args.only.contains(&Part::Live) {
        found.live = following::live(server, &args).await?;
    }
    let mut out = io::stdout();
    if args.json {
        writeln!(out, "{}", serde_json::to_string(&found)?)?;
        return Ok(());
    }
    let Found { append, many, catch_up, live } = &found;
    show(&mut out, appending::HEAD, append)?;
    show(&mut out, appending::HEAD, many)?;
    show(&mut out, following::CAUGHT_UP, catch_up)?;
    Ok(show(&mut out, following::TOLD, live)?)
}

/// Prints a table, if there is anything in it.
fn show(out: &mut impl Write, head: &str, rows: &[impl Display]) -> io::Result<()> {
    if !rows.is_empty() {
        writeln!(out, "{head}")?;
    }
    for row in rows {
        writeln!(out, "{row}")?;
    }
    Ok(())
}
