//! Graphs of workspaces: writing many entities and edges, pages of long lists, and walks through graphs of several sizes and shapes,
//! all through the facade and beside what a program would write by hand, in the same run.
//!
//! The two do not promise the same. By hand nothing is written but the rows themselves, and nothing is asked; the facade asks who
//! acts, checks the schema, quotas and unique values, keeps the values that lists are filtered by, and tells of everything in
//! events.

mod figures;
mod house;
mod lists;
mod walks;
mod writes;

use std::io::Write as _;

use clap::Parser as _;
use perme8::MIGRATIONS;
use perme8_events::testing::TestDb;
use scenarios::{Engine, on_each};
use serde::Serialize;

use crate::{figures::Row, house::House};

/// Graphs that are written, listed and walked through.
#[derive(Debug, clap::Parser)]
struct Args {
    /// Only these parts
    #[arg(long, value_enum, value_delimiter = ',', default_value = "writes,lists,walks,shapes")]
    only: Vec<Part>,
    /// How many entities the lists have, written in bulks of 1,000
    #[arg(long, default_value_t = 50_000)]
    entities: usize,
    /// How often each thing is done, at most
    #[arg(long, default_value_t = 500)]
    times: usize,
    /// For how many seconds what is slow is done by hand, at most
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// How many entities graphs have that grow; they have five times as many edges
    #[arg(long, value_delimiter = ',', default_value = "1000,10000,100000,200000")]
    sizes: Vec<u32>,
    /// How many entities graphs of several shapes have, about
    #[arg(long, default_value_t = 10_000)]
    shaped: u32,
    /// On these engines
    #[arg(long, value_enum, value_delimiter = ',', default_value = "sqlite,postgres")]
    engine: Vec<Engine>,
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
    Writes,
    Lists,
    Walks,
    Shapes,
}

/// What was found.
#[derive(Debug, Default, Serialize)]
struct Figures {
    writes: Vec<Row>,
    lists: Vec<Row>,
    walks: Vec<Row>,
    shapes: Vec<Row>,
}

#[tokio::main(flavor = "multi_thread")]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let mut figures = Figures::default();
    on_each(&args.engine, 4, MIGRATIONS, async |test| measure(test, &args, &mut figures).await)
        .await?;
    let mut out = std::io::stdout();
    if args.json {
        writeln!(out, "{}", serde_json::to_string(&figures)?)?;
        return Ok(());
    }
    let Figures { writes, lists, walks, shapes } = &figures;
    figures::show(&mut out, "writes", writes)?;
    figures::show(&mut out, "pages of 100", lists)?;
    figures::show(&mut out, "walks", walks)?;
    figures::show(&mut out, "shapes", shapes)?;
    Ok(())
}

async fn measure(test: &TestDb, args: &Args, figures: &mut Figures) -> anyhow::Result<()> {
    let house = House::open(test).await?;
    let wanted = |part| args.only.contains(&part);
    if wanted(Part::Writes) || wanted(Part::Lists) {
        let (people, rows) = writes::measure(&house, args).await?;
        if wanted(Part::Writes) {
            figures.writes.extend(rows);
        }
        if wanted(Part::Lists) {
            house.settle(test).await?;
            figures.lists.extend(lists::measure(&people, args).await?);
        }
    }
    if wanted(Part::Walks) {
        figures.walks.extend(walks::growing(test, &house, args).await?);
    }
    if wanted(Part::Shapes) {
        figures.shapes.extend(walks::shaped(test, &house, args).await?);
    }
    house.close().await
}
