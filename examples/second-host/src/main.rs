//! Two hosts on one database: whatever happens, one of them handles it, once.
#![expect(clippy::print_stdout, reason = "it says which host does what")]

mod everybody;
mod host;
mod story;
mod waiting;

use std::io;

use clap::Parser;
use perme8_events::sql::DatabaseUrl;

use crate::host::Host;

/// Runs two hosts on one database, and shows which of them handles what.
#[derive(Debug, Parser)]
struct Args {
    /// Where the database is: `sqlite:<path>` or `postgres://…`
    #[arg(long, value_name = "URL", default_value = "sqlite:data/second-host.db")]
    database: DatabaseUrl,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().with_writer(io::stderr).init();
    let Args { database } = Args::parse();

    // They share nothing but the database: on PostgreSQL they could as well be on two machines.
    let north = Host::start("north", &database).await?;
    let south = Host::start("south", &database).await?;
    println!("north and south share {database} ({})", north.db.engine_name());
    south.until_run_by(&["north", "south"]).await?;

    // Who handles the events of a command does not depend on who executed it.
    let mut begun = story::begin(&north.db).await?;
    begun.extend(story::begin(&south.db).await?);
    story::show(&south.db, &begun).await?;

    // A host that stops hands its share back. The share of one that is killed is free as soon as its lease has run out.
    north.stop().await?;
    println!("north has stopped");
    let begun = story::begin(&south.db).await?;
    story::show(&south.db, &begun).await?;
    south.stop().await
}
