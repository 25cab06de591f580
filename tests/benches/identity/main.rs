//! What people cost who come all at once: those who log in, those who are invited, and those who are told something.
//!
//! Log-ins are measured against the bare comparison of a password with its hash, which is what they are meant to cost.
//! Invitations are measured as they are: one by one, and in lists. Telling is measured in time and memory, and once more with
//! a process that is killed when half of the people know.

mod fan_out;
mod invitations;
mod log_ins;

use std::{io::Write as _, time::Duration};

use clap::Parser as _;
use scenarios::{Rounds, show};
use serde::Serialize;

/// Log-ins, invitations and notifications.
#[derive(Debug, clap::Parser)]
struct Args {
    /// Only these parts
    #[arg(long, value_enum, value_delimiter = ',', default_value = "log-ins,invitations,fan-out")]
    only: Vec<Part>,
    /// How many log in or invite at once
    #[arg(long, value_delimiter = ',', default_value = "1,16")]
    at_once: Vec<u32>,
    /// Rounds of each
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Seconds of a round
    #[arg(long, default_value_t = 1.5)]
    seconds: f64,
    /// How many people are told
    #[arg(long, default_value_t = 10_000)]
    people: u32,
    /// For machines
    #[arg(long)]
    json: bool,
    /// What cargo passes to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    LogIns,
    Invitations,
    FanOut,
}

impl Args {
    fn rounds(&self, tasks: u32) -> Rounds {
        Rounds { count: self.rounds, time: Duration::from_secs_f64(self.seconds), tasks }
    }
}

/// What was found.
#[derive(Debug, Default, Serialize)]
struct Figures {
    log_ins: Vec<log_ins::Figures>,
    invitations: Vec<invitations::Figures>,
    fan_out: Vec<fan_out::Figures>,
}

#[tokio::main(flavor = "multi_thread")]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let mut figures = Figures::default();
    // First what is measured in memory, too: hashes leave some of it behind.
    if args.only.contains(&Part::FanOut) {
        figures.fan_out = fan_out::measure(&args).await?;
    }
    if args.only.contains(&Part::LogIns) {
        figures.log_ins = log_ins::measure(&args).await?;
    }
    if args.only.contains(&Part::Invitations) {
        figures.invitations = invitations::measure(&args).await?;
    }
    let mut out = std::io::stdout();
    if args.json {
        writeln!(out, "{}", serde_json::to_string(&figures)?)?;
        return Ok(());
    }
    show(&mut out, log_ins::HEAD, &figures.log_ins)?;
    show(&mut out, invitations::HEAD, &figures.invitations)?;
    Ok(show(&mut out, fan_out::HEAD, &figures.fan_out)?)
}
