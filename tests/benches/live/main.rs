//! How soon thousands of live clients get what happens, and whether a slow one delays them.
//!
//! This process is the clients; the host is a process of its own, so that its memory is what the clients cost it. Every
//! client follows its own workspace, half of them by server-sent events and half by WebSockets, and each must have got every
//! event of its workspace once and in order. In a second part, clients of a busy workspace stop reading for a while: they
//! must be told to come back, must then lose nothing, and must not have delayed anybody.

mod clients;
mod figures;
mod host;
mod process;
mod slow;
mod tick;

use std::{io::Write as _, time::Duration};

use clap::Parser as _;
use perme8::MIGRATIONS;
use perme8_events::testing::TestDb;
use scenarios::{Engine, enough_files, on_each};

use crate::{
    clients::{Client, Kind},
    figures::Figures,
    process::Host,
    tick::{Order, Tick},
};

/// What one client costs in open files, with some to spare.
const FILES: usize = 200;

/// Commit → client, for many clients.
#[derive(Debug, Clone, clap::Parser)]
struct Args {
    /// How many clients, half of them SSE and half WebSocket
    #[arg(long, default_value_t = 2000)]
    clients: usize,
    /// Over how many workspaces
    #[arg(long, default_value_t = 100)]
    workspaces: usize,
    /// Events per second in all
    #[arg(long, default_value_t = 200)]
    rate: u32,
    /// For how long
    #[arg(long, default_value_t = 20)]
    seconds: u32,
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
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    if let Some(database) = &args.host {
        return runtime.block_on(host::run(database, args.workspaces, args.clients));
    }
    // Here and in the host.
    enough_files(args.clients + FILES)?;
    let measure = on_each(&args.engine, 2, MIGRATIONS, async |test| measure(test, &args).await);
    let all = runtime.block_on(measure)?;
    let mut out = std::io::stdout();
    if args.json {
        writeln!(out, "{}", serde_json::to_string(&all)?)?;
    } else {
        for figures in &all {
            write!(out, "{figures}")?;
        }
    }
    Ok(())
}

async fn measure(test: &TestDb, args: &Args) -> anyhow::Result<Figures> {
    let mut host = Host::start(&test.url, args).await?;
    let empty = host.memory()?;
    let mut clients = Vec::new();
    for (number, person) in host.people().iter().enumerate() {
        // Both kinds in every workspace.
        let kind =
            if (number / args.workspaces).is_multiple_of(2) { Kind::Sse } else { Kind::Socket };
        clients.push(Client::open(host.address(), kind, person.clone(), None).await?);
    }
    let connected = host.memory()?;
    let running: Vec<_> = clients.into_iter().map(Client::follow).collect();

    let order = Order { rate: args.rate, seconds: args.seconds, busy_rate: 0 };
    let steady = host.emit(&order).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let after = host.memory()?;

    let slow = slow::Slow::open(&host).await?;
    let order = Order { rate: args.rate, seconds: slow::SECONDS, busy_rate: slow::RATE };
    let disturbed = host.emit(&order).await?;
    let told = slow.wake(&host, &disturbed).await?;

    let ticks: Vec<Tick> = steady.iter().chain(&disturbed).copied().collect();
    let mut got = Vec::new();
    for client in running {
        got.push(client.finish(&ticks).await?);
    }
    host.stop().await?;
    let memory = figures::Memory { empty, connected, after, clients: args.clients };
    Ok(figures::of(test.db.engine_name(), args, &steady, &disturbed, &got, memory, told))
}
