//! `cargo xtask postgres`: a server to try the second engine by hand.

use anyhow::Context as _;

use super::Durability;
use crate::console;

/// What the server promises.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Keep every promise across a power cut, as in production
    #[arg(long)]
    durable: bool,
}

/// Starts a throwaway cluster and holds it until Ctrl-C.
pub(crate) fn run(args: &Args) -> anyhow::Result<bool> {
    let durability = if args.durable { Durability::Durable } else { Durability::Fast };
    let cluster = super::start(durability)?.with_context(super::missing)?;
    let url = cluster.url();
    println!("{url}");
    console::step(&format!("{} is ready; Ctrl-C stops it and removes its files", cluster.name()));
    eprintln!("   the host on it:   cargo run -- --database {url}");
    eprintln!("   the tests on it:  {}={url} cargo xtask test", super::VARIABLE);
    cluster.wait()?;
    Ok(true)
}
