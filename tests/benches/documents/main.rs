//! Documents that many people edit, beside the server of npm `y-websocket` in the same run.
//!
//! The two do not promise the same. Ours tells others of an edit when it is committed, power cut and all, and asks for the
//! rights of the author; the other one keeps documents in memory, stores nothing, and lets everybody in. Each server is a
//! process of its own, and this process is the editors of both.

mod editors;
mod host;
mod memory;
mod opening;
mod relay;
mod servers;
mod wire;

use std::io::Write as _;

use clap::Parser as _;
use perme8::MIGRATIONS;
use perme8_events::testing::TestDb;
use scenarios::{Engine, on_each, show};
use serde::Serialize;

use crate::servers::{Server, Stocked};

/// Edits relayed, documents opened, and memory, beside the stock server.
#[derive(Debug, clap::Parser)]
struct Args {
    /// Only these parts
    #[arg(long, value_enum, value_delimiter = ',', default_value = "relay,opening,memory")]
    only: Vec<Part>,
    /// How many edit a document
    #[arg(long, value_delimiter = ',', default_value = "2,20,200")]
    editors: Vec<usize>,
    /// Seconds of a round
    #[arg(long, default_value_t = 4.0)]
    seconds: f64,
    /// Edits a second while it is measured how long each takes
    #[arg(long, default_value_t = 50)]
    rate: u32,
    /// How many edits the document has that is opened
    #[arg(long, default_value_t = 100_000)]
    edits: u64,
    /// How many documents are open at once while memory is measured
    #[arg(long, default_value_t = 500)]
    documents: usize,
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
    #[arg(long, hide = true)]
    host: Option<String>,
    /// As the host, type so much into the first document
    #[arg(long, hide = true, default_value_t = 0)]
    typed: u64,
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    Relay,
    Opening,
    Memory,
}

/// What was found.
#[derive(Debug, Default, Serialize)]
struct Figures {
    relay: Vec<relay::Row>,
    opening: Vec<opening::Row>,
    memory: Vec<memory::Row>,
}

#[tokio::main(flavor = "multi_thread")]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    if let Some(database) = &args.host {
        return host::run(database, args.documents, args.typed).await;
    }
    let mut figures = Figures::default();
    on_each(&args.engine, 2, MIGRATIONS, async |test| measure(test, &args, &mut figures).await)
        .await?;
    let mut out = std::io::stdout();
    if args.json {
        writeln!(out, "{}", serde_json::to_string(&figures)?)?;
        return Ok(());
    }
    show(&mut out, relay::HEAD, &figures.relay)?;
    show(&mut out, opening::HEAD, &figures.opening)?;
    Ok(show(&mut out, memory::HEAD, &figures.memory)?)
}

/// Measures our server on one engine, each part beside the stock server and with fresh processes of both.
async fn measure(test: &TestDb, args: &Args, figures: &mut Figures) -> anyhow::Result<()> {
    let engine = test.db.engine_name();
    for part in [Part::Memory, Part::Opening, Part::Relay] {
        if !args.only.contains(&part) {
            continue;
        }
        let wanted = match part {
            Part::Relay => Stocked { documents: 2 * args.editors.len(), typed: 0 },
            Part::Opening => Stocked { documents: 1, typed: args.edits },
            Part::Memory => Stocked { documents: args.documents + 1, typed: 0 },
        };
        let (ours, stock) = (Server::host(&test.url, wanted).await?, Server::stock().await?);
        match part {
            Part::Relay => {
                let ours = relay::measure(&ours, args).await?;
                let stock = relay::measure(&stock, args).await?;
                let rows = ours.into_iter().zip(stock);
                figures.relay.extend(rows.map(|(ours, stock)| relay::Row { engine, ours, stock }));
            }
            Part::Opening => {
                figures.opening.push(opening::measure(engine, &ours, &stock, 0, args.edits).await?);
            }
            Part::Memory => {
                figures.memory.push(memory::measure(engine, &ours, &stock, args.documents).await?);
            }
        }
        ours.stop().await?;
        stock.stop().await?;
    }
    Ok(())
}
