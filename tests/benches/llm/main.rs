//! What it costs that answers of a language model go through the host: tokens per second, how much later each token is heard
//! than by a client of the provider itself, how soon the first one comes, and memory.
//!
//! People ask agents over `POST /api/agents/{id}/query`, and hear the answers as server-sent events. The host is a process of
//! its own; this process is the provider of the tests and the clients, those of the host and the direct ones, which read alike.
//! The host has no limits of requests and calls here, and people hear a few answers each, because a person may have 32
//! streams open.
//!
//! Memory of an answer is what the host has more of when most answers are open, each just before its last token, than when
//! fewest are, for each answer that it has more. Buffers of connections to the provider are part of it; databases in processes
//! of their own are not, nor what the kernel holds of connections.

mod figures;
mod hearing;
mod host;
mod paced;

use std::{io::Write as _, iter::repeat_n, time::Duration};

use clap::Parser as _;
use llm::testing::{ProviderServer, Reply};
use perme8::MIGRATIONS;
use perme8_events::testing::TestDb;
use scenarios::{Engine, Rounds, Served, address, enough_files, on_each};

use crate::{
    figures::{Figures, Row, head},
    hearing::{Ears, WORD},
};

/// So many answers a person hears at once.
const EACH: usize = 25;
/// How many files one answer takes at most, here and in the host, and how many there are besides.
const FILES: (usize, usize) = (6, 300);

/// Answers that are relayed.
#[derive(Debug, clap::Parser)]
struct Args {
    /// How many answers are written at once
    #[arg(long, value_delimiter = ',', default_value = "1,50,500")]
    streams: Vec<usize>,
    /// How many tokens each has, where it is measured how late they are
    #[arg(long, default_value_t = 20)]
    tokens: usize,
    /// Milliseconds from token to token there
    #[arg(long, default_value_t = 100)]
    tick: u64,
    /// How many ask in a second there
    #[arg(long, default_value_t = 100)]
    arriving: usize,
    /// How many tokens each has, where they come as fast as they can
    #[arg(long, default_value_t = 500)]
    words: usize,
    /// How often these are counted
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// And for how long each time
    #[arg(long, default_value_t = 4.0)]
    seconds: f64,
    /// On these engines
    #[arg(long, value_enum, value_delimiter = ',', default_value = "sqlite,postgres")]
    engine: Vec<Engine>,
    /// For machines
    #[arg(long)]
    json: bool,
    /// What cargo passes to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
    /// Be the host, on this database
    #[arg(long, hide = true, requires = "provider")]
    host: Option<String>,
    /// As the host, ask the models of this provider
    #[arg(long, hide = true)]
    provider: Option<String>,
    /// As the host, serve so many people
    #[arg(long, hide = true, default_value_t = 1)]
    people: usize,
}

#[tokio::main(flavor = "multi_thread")]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    if let (Some(database), Some(provider)) = (&args.host, &args.provider) {
        return host::run(database, provider, args.people).await;
    }
    enough_files(FILES.0 * most(&args) + FILES.1)?;
    let measure = on_each(&args.engine, 2, MIGRATIONS, async |test| measure(test, &args).await);
    let all = measure.await?;
    let mut out = std::io::stdout();
    if args.json {
        writeln!(out, "{}", serde_json::to_string(&all)?)?;
        return Ok(());
    }
    writeln!(out, "{}", head(&args.streams))?;
    for figures in &all {
        write!(out, "{figures}")?;
    }
    let Args { tick, arriving, words, .. } = args;
    writeln!(
        out,
        "\nFor tokens per second, answers of {words} tokens come as fast as they can; else there is a token each {tick} ms, \
         and {arriving} ask in a second."
    )?;
    Ok(())
}

/// How many answers there are at once, where they are most.
fn most(args: &Args) -> usize {
    args.streams.iter().copied().max().unwrap_or_default()
}

/// Measures both ways on one engine, beside each other.
async fn measure(test: &TestDb, args: &Args) -> anyhow::Result<Figures> {
    let server = ProviderServer::that(Reply::saying(repeat_n(WORD, args.words))).await;
    let people = most(args).div_ceil(EACH).to_string();
    let (database, provider) = (address(&test.url), server.url());
    let mut host =
        Served::start(&["--host", &database, "--provider", &provider, "--people", &people])?;
    let relayed = Ears::relayed(&host.hear().await?).await?;
    let direct = Ears::direct(&server)?;
    let mut paced = Vec::new();
    // Before anything comes as fast as it can: what that has taken once, a process keeps.
    let memory = || host.memory();
    // What a host takes with its first answer is not what one more costs.
    paced::measure(&relayed, &server, args, EACH, memory).await?;
    for (turn, &streams) in args.streams.iter().enumerate() {
        let by_hand = paced::measure(&direct, &server, args, streams, memory);
        let ours = paced::measure(&relayed, &server, args, streams, memory);
        // In turns, so that none always has the machine that the other has warmed.
        let (ours, by_hand) = if turn % 2 == 0 {
            let by_hand = by_hand.await?;
            (ours.await?, by_hand)
        } else {
            let ours = ours.await?;
            (ours, by_hand.await?)
        };
        paced.push((streams, ours, by_hand));
    }
    let mut rows = Vec::new();
    for (streams, ours, by_hand) in paced {
        let (count, time) = (args.rounds, Duration::from_secs_f64(args.seconds));
        let rounds = Rounds { count, time, tasks: u32::try_from(streams)? };
        let pace = rounds.of_both(&relayed, &direct).await?;
        rows.push(Row::new(streams, &pace, &ours, &by_hand));
    }
    host.stop().await?;
    Ok(Figures { engine: test.db.engine_name(), rows })
}
