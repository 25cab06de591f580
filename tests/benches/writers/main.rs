//! What a transaction with an event costs through the house, against the same one written by hand.
//!
//! Both ask a question, write a row, append an event and commit. By hand the event is a naive `INSERT`, which readers could
//! not rely upon; the house pays for positions that they can. Rounds are interleaved; what counts is the ratio.

mod by_hand;
mod house;

use std::{io::Write as _, sync::Arc, time::Duration};

use anyhow::bail;
use clap::Parser as _;
use perme8_events::{
    SystemClock,
    sql::{DatabaseUrl, MIGRATIONS},
    testing::{TestDb, figure},
};
use scenarios::{Comparison, Rounds};
use serde::Serialize;

use by_hand::ByHand;
use house::House;

/// House against hand.
#[derive(Debug, clap::Parser)]
struct Args {
    /// How many write at once
    #[arg(long, value_delimiter = ',', default_value = "16,64")]
    writers: Vec<u32>,
    /// Rounds of each way
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// Seconds of a round
    #[arg(long, default_value_t = 1.5)]
    seconds: f64,
    /// For machines
    #[arg(long)]
    json: bool,
    /// Say what was found as proofs do, and fail where it is not enough
    #[arg(long, conflicts_with = "json")]
    prove: bool,
    /// What cargo passes to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

/// Transactions per second, and their ratio: the medians of the rounds.
#[derive(Debug, Serialize)]
struct Figures {
    engine: &'static str,
    writers: u32,
    house: f64,
    by_hand: f64,
    ratio: f64,
    lowest: f64,
    highest: f64,
    /// Microseconds of processor time of this process for one transaction, which tells even on a busy machine.
    house_cpu: f64,
    by_hand_cpu: f64,
    /// The ratio of the negative control, which is measured for a proof.
    #[serde(skip)]
    control: f64,
}

/// The house is to be this much of the one by hand, at least.
const ENOUGH: f64 = 0.9;

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let all = runtime.block_on(measure_all(&args))?;
    if args.prove {
        return prove(&all);
    }
    let mut out = std::io::stdout();
    if args.json {
        writeln!(out, "{}", serde_json::to_string(&all)?)?;
        return Ok(());
    }
    writeln!(
        out,
        "{:<12}{:>8}{:>10}{:>10}{:>8}{:>16}{:>12}{:>12}",
        "", "writers", "house/s", "by hand/s", "ratio", "lowest–highest", "house µs", "by hand µs"
    )?;
    for Figures {
        engine,
        writers,
        house,
        by_hand,
        ratio,
        lowest,
        highest,
        house_cpu,
        by_hand_cpu,
        control: _,
    } in all
    {
        let range = format!("{lowest:.2}–{highest:.2}");
        writeln!(
            out,
            "{engine:<12}{writers:>8}{house:>10.0}{by_hand:>10.0}{ratio:>8.2}{range:>16}{house_cpu:>12.0}{by_hand_cpu:>12.0}"
        )?;
    }
    Ok(())
}

/// Says what was found, and whether the house is quick enough and its control is not.
fn prove(all: &[Figures]) -> anyhow::Result<()> {
    for Figures { engine, writers, ratio, lowest, highest, control, .. } in all {
        let text = format!(
            "{writers} writers: {ratio:.2} of the same transaction by hand ({lowest:.2} to {highest:.2}); control: {control:.2}"
        );
        figure("R5", engine, &text);
    }
    if let Some(slow) = all.iter().find(|figures| figures.ratio < ENOUGH) {
        bail!("{} with {} writers is at {:.2}", slow.engine, slow.writers, slow.ratio);
    }
    if let Some(blind) = all.iter().find(|figures| figures.control >= ENOUGH) {
        bail!("the control is no control: {} with {} writers", blind.engine, blind.writers);
    }
    Ok(())
}

async fn measure_all(args: &Args) -> anyhow::Result<Vec<Figures>> {
    let mut all = Vec::new();
    for &writers in &args.writers {
        let measure = async |test: TestDb| measure(&test, writers, args).await;
        all.push(TestDb::sqlite(&[&MIGRATIONS]).await.run(measure).await?);
        if let Some(test) = TestDb::postgres(writers, &[&MIGRATIONS]).await {
            all.push(test.run(measure).await?);
        }
    }
    Ok(all)
}

async fn measure(test: &TestDb, writers: u32, args: &Args) -> anyhow::Result<Figures> {
    let house = House::on(test.db_at(Arc::new(SystemClock))).await?;
    let by_hand = ByHand::on(&test.url, writers).await?;
    let time = Duration::from_secs_f64(args.seconds);
    let rounds = Rounds { count: args.rounds, time, tasks: writers };
    let Comparison { ours, other, ratio, lowest, highest } =
        rounds.of_both(&house, &by_hand).await?;
    let mut control = 0.0;
    if args.prove {
        let many_write = matches!(test.url, DatabaseUrl::Postgres(_));
        control = rounds.of_both(&house.control(many_write), &by_hand).await?.ratio;
    }
    Ok(Figures {
        engine: test.db.engine_name(),
        writers,
        house: ours.per_second,
        by_hand: other.per_second,
        ratio,
        lowest,
        highest,
        house_cpu: ours.cpu,
        by_hand_cpu: other.cpu,
        control,
    })
}
