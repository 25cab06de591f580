//! How long it takes to tell everybody in a large workspace the same thing, and how much memory.
//!
//! The handler and the queue of the notifications context run as they do in production; who belongs to the workspace is made
//! up, so that nothing but the telling is measured.

use std::{
    io::Write as _,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use clap::Parser as _;
use notifications::testing::{Crowd, Told, leave};
use perme8_events::{
    SystemClock,
    host::{Feed, Tasks},
    testing::TestDb,
};
use serde::Serialize;
use tokio::time::sleep;

/// One event, and everybody who is told of it.
#[derive(Debug, clap::Parser)]
struct Args {
    /// How many are told
    #[arg(long, default_value_t = 10_000)]
    people: u32,
    /// For machines
    #[arg(long)]
    json: bool,
    /// What cargo passes to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

/// What one engine does.
#[derive(Debug, Serialize)]
struct Figures {
    engine: &'static str,
    people: u32,
    seconds: f64,
    people_per_second: f64,
    largest_page: usize,
    /// By how much the process grew at most, in mebibytes; not known everywhere.
    growth: Option<f64>,
}

#[tokio::main(flavor = "multi_thread")]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let migrations = [&perme8_events::sql::MIGRATIONS, &notifications::MIGRATIONS];
    let measure = async |test: TestDb| measure(&test, &args).await;
    let mut all = vec![TestDb::sqlite(&migrations).await.run(measure).await?];
    if let Some(test) = TestDb::postgres(8, &migrations).await {
        all.push(test.run(measure).await?);
    }
    let mut out = std::io::stdout();
    if args.json {
        writeln!(out, "{}", serde_json::to_string(&all)?)?;
        return Ok(());
    }
    writeln!(
        out,
        "{:<12}{:>8}{:>10}{:>12}{:>8}{:>12}",
        "", "people", "seconds", "people/s", "page", "growth MiB"
    )?;
    for Figures { engine, people, seconds, people_per_second, largest_page, growth } in all {
        let growth = growth.map_or("-".to_owned(), |growth| format!("{growth:.1}"));
        writeln!(
            out,
            "{engine:<12}{people:>8}{seconds:>10.2}{people_per_second:>12.0}{largest_page:>8}{growth:>12}"
        )?;
    }
    Ok(())
}

/// From the commit of the event until the last one is told.
async fn measure(test: &TestDb, args: &Args) -> anyhow::Result<Figures> {
    let (db, tasks) = (test.db_at(Arc::new(SystemClock)), Tasks::new());
    let crowd = Crowd::of(args.people);
    let feed = Feed::start(&db, &tasks).await?;
    crowd.runtime(&db).build().start(&feed, &tasks).await?;
    let before = resident();
    let begun = Instant::now();
    leave(&db).await;
    let (mut told, mut most) = (Told::default(), before);
    while told.people() < args.people {
        ensure!(
            begun.elapsed() < Duration::from_mins(10),
            "{} were told in ten minutes",
            told.people()
        );
        sleep(Duration::from_millis(20)).await;
        told.look(&db).await;
        most = most.max(resident());
    }
    let seconds = begun.elapsed().as_secs_f64();
    ensure!(told.times().all(|times| times == 1), "somebody was told twice");
    tasks.shutdown(Duration::from_secs(10)).await.context("the runtime does not stop")?;
    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    let figures = Figures {
        engine: test.db.engine_name(),
        people: args.people,
        seconds,
        people_per_second: f64::from(args.people) / seconds,
        largest_page: crowd.largest_page(),
        growth: most.zip(before).map(|(most, before)| most.saturating_sub(before) as f64 / 1024.0),
    };
    Ok(figures)
}

/// The memory of this process in kibibytes.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}
