//! What a transaction with an event costs through the house, against the same one written by hand.
//!
//! Both ask a question, write a row, append an event and commit. By hand the event is a naive `INSERT`, which readers could
//! not rely upon; the house pays for positions that they can. Rounds are interleaved; what counts is the ratio.

mod by_hand;
mod house;

use std::{
    io::Write as _,
    sync::Arc,
    time::{Duration, Instant},
};

use clap::Parser as _;
use perme8_events::{SystemClock, sql::MIGRATIONS, testing::TestDb};
use serde::Serialize;
use tokio::task::JoinSet;

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
}

/// What a round found.
#[derive(Debug, Clone, Copy)]
struct Round {
    per_second: f64,
    /// In microseconds for each transaction; not known everywhere.
    cpu: f64,
}

/// One way of writing, ready to be used by many tasks.
trait Way: Clone + Send + Sync + 'static {
    /// One transaction.
    fn write(&self) -> impl Future<Output = anyhow::Result<()>> + Send;
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let all = runtime.block_on(measure_all(&args))?;
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
    // Connections, plans and pages are warm before it counts.
    throughput(&house, writers, time / 3).await?;
    throughput(&by_hand, writers, time / 3).await?;
    let mut rounds = Vec::new();
    for round in 0..args.rounds {
        // Whoever comes second finds a larger table and a fuller disk queue, so they take turns.
        let (house, by_hand) = if round % 2 == 0 {
            let first = throughput(&house, writers, time).await?;
            (first, throughput(&by_hand, writers, time).await?)
        } else {
            let first = throughput(&by_hand, writers, time).await?;
            (throughput(&house, writers, time).await?, first)
        };
        rounds.push((house, by_hand));
    }
    let of = |figure: &dyn Fn(&(Round, Round)) -> f64| sorted(rounds.iter().map(figure));
    let ratios = of(&|(house, by_hand)| house.per_second / by_hand.per_second);
    Ok(Figures {
        engine: test.db.engine_name(),
        writers,
        house: median(&of(&|(house, _)| house.per_second)),
        by_hand: median(&of(&|(_, by_hand)| by_hand.per_second)),
        house_cpu: median(&of(&|(house, _)| house.cpu)),
        by_hand_cpu: median(&of(&|(_, by_hand)| by_hand.cpu)),
        ratio: median(&ratios),
        lowest: ratios.first().copied().unwrap_or(f64::NAN),
        highest: ratios.last().copied().unwrap_or(f64::NAN),
    })
}

/// So many tasks write for so long.
async fn throughput(way: &impl Way, writers: u32, time: Duration) -> anyhow::Result<Round> {
    let (begun, cpu) = (Instant::now(), cpu_time());
    let mut tasks = JoinSet::new();
    for _ in 0..writers {
        let way = way.clone();
        tasks.spawn(async move {
            let mut done = 0_u32;
            while begun.elapsed() < time {
                way.write().await?;
                done += 1;
            }
            anyhow::Ok(done)
        });
    }
    let mut total = 0.0;
    while let Some(done) = tasks.join_next().await {
        total += f64::from(done??);
    }
    let per_second = total / begun.elapsed().as_secs_f64();
    Ok(Round { per_second, cpu: (cpu_time() - cpu) * 1e6 / total })
}

/// Seconds of processor time that this process has used so far, as Linux tells it.
fn cpu_time() -> f64 {
    const TICKS_PER_SECOND: f64 = 100.0;
    let Ok(stat) = std::fs::read_to_string("/proc/self/stat") else { return f64::NAN };
    // The name of the program, in parentheses, may hold anything; the 14th and 15th fields are user and system time.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: f64 = fields.skip(11).take(2).filter_map(|field| field.parse::<f64>().ok()).sum();
    ticks / TICKS_PER_SECOND
}

fn sorted(figures: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures
}

fn median(sorted: &[f64]) -> f64 {
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}
