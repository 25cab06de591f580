//! How long the events of other workspaces wait while one workspace floods a handler.
//!
//! The same twenty workspaces say something at the same pace three times, side by side on databases of their own: while
//! nobody else does, while one more workspace floods, and while it floods a runtime that delivers as it comes.

use std::{
    collections::HashMap,
    io::Write as _,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use clap::Parser as _;
use perme8_events::{
    CorrelationId, DomainEvent, Envelope, EventHandler, HandlerError, Origin, StorageError,
    Subscriber, Subscription, SystemClock, Transaction as _, UserId, WorkspaceId,
    host::{Feed, Runtime, Tasks},
    sql,
    sql::{Db, MIGRATIONS, Tx, UnitOfWork},
    testing::TestDb,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::{task::JoinSet, time::interval};
use uuid::Uuid;

/// So many workspaces say something now and then.
const OTHERS: u32 = 20;
/// The workspace that floods; the others have the numbers below.
const FLOODS: u128 = 1000;
/// So many events of the flood share a transaction.
const TOGETHER: u32 = 100;
/// So many things are talked about in a workspace.
const THINGS: u32 = 200;

/// The others' lag, beside a flood.
#[derive(Debug, clap::Parser)]
struct Args {
    /// Events of the flood per second
    #[arg(long, default_value_t = 10_000)]
    flood: u32,
    /// Events of the others per second, all together
    #[arg(long, default_value_t = 100)]
    rate: u32,
    /// For how long
    #[arg(long, default_value_t = 10)]
    seconds: u32,
    /// How long is waited for what was not handled meanwhile, in seconds
    #[arg(long, default_value_t = 60)]
    patience: u64,
    /// For machines
    #[arg(long)]
    json: bool,
    /// What cargo passes to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

/// What happens beside the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Beside {
    Nothing,
    Flood,
    FloodAsItComes,
}

/// What the others see of it.
#[derive(Debug, Serialize)]
struct Figures {
    engine: &'static str,
    beside: Beside,
    /// Events of the flood that were committed per second.
    flood: f64,
    /// Events of the others, and how many of them were not handled to the end; they count as waiting until then.
    others: usize,
    unhandled: usize,
    /// From the commit to the handler, in milliseconds.
    p50: f64,
    p99: f64,
    max: f64,
    /// The p99 by that of the others alone.
    ratio: f64,
}

/// Emitted when something is said in a workspace.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(name = "talking.line_said", aggregate = "thing", audience(workspace))]
struct LineSaid {
    #[event(aggregate_id)]
    thing: String,
    #[event(workspace_id)]
    workspace_id: WorkspaceId,
    line: String,
}

/// When something happened to the events of the others.
type Times = Arc<Mutex<HashMap<CorrelationId, Instant>>>;

fn note(times: &Times, correlation: CorrelationId) {
    times.lock().unwrap_or_else(PoisonError::into_inner).insert(correlation, Instant::now());
}

fn workspace(number: u128) -> WorkspaceId {
    WorkspaceId::new(Uuid::from_u128(number))
}

/// Writes down what is said.
struct Minutes {
    handled: Times,
}

impl Subscriber for Minutes {
    fn name(&self) -> &'static str {
        "talking.minutes"
    }

    fn subscriptions(&self) -> &[Subscription] {
        const LINES: &[Subscription] = &[Subscription::to::<LineSaid>()];
        LINES
    }
}

#[async_trait]
impl EventHandler<Tx> for Minutes {
    type Facts = ();

    async fn gather(&self, _: &Envelope) -> Result<(), HandlerError> {
        Ok(())
    }

    async fn handle(&self, tx: &mut Tx, event: &Envelope, (): ()) -> Result<(), HandlerError> {
        tx.query(sql!("INSERT INTO talking_minutes (position, thing) VALUES ($1, $2)"))
            .bind(event.position.number())
            .bind(event.aggregate_id.as_str())
            .exec()
            .await?;
        if event.workspace_id != Some(workspace(FLOODS)) {
            note(&self.handled, event.correlation_id);
        }
        Ok(())
    }
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
        "{:<12}{:<18}{:>9}{:>8}{:>11}{:>10}{:>10}{:>10}{:>8}",
        "", "beside", "flood/s", "others", "unhandled", "p50 ms", "p99 ms", "max ms", "ratio"
    )?;
    for figures in all {
        let Figures { engine, beside, flood, others, unhandled, p50, p99, max, ratio } = figures;
        let beside = match beside {
            Beside::Nothing => "nothing",
            Beside::Flood => "a flood",
            Beside::FloodAsItComes => "as it comes",
        };
        writeln!(
            out,
            "{engine:<12}{beside:<18}{flood:>9.0}{others:>8}{unhandled:>11}{p50:>10.2}{p99:>10.2}{max:>10.2}{ratio:>8.2}"
        )?;
    }
    Ok(())
}

async fn measure_all(args: &Args) -> anyhow::Result<Vec<Figures>> {
    let mut all = Vec::new();
    let (mut on_sqlite, mut on_postgres) = (None, None);
    for beside in [Beside::Nothing, Beside::Flood, Beside::FloodAsItComes] {
        let test = TestDb::sqlite(&[&MIGRATIONS]).await;
        let figures = on(test, beside, args, on_sqlite).await?;
        on_sqlite.get_or_insert(figures.p99);
        all.push(figures);
        if let Some(test) = TestDb::postgres(16, &[&MIGRATIONS]).await {
            let figures = on(test, beside, args, on_postgres).await?;
            on_postgres.get_or_insert(figures.p99);
            all.push(figures);
        }
    }
    all.sort_by_key(|figures| figures.engine);
    Ok(all)
}

async fn on(
    test: TestDb,
    beside: Beside,
    args: &Args,
    alone: Option<f64>,
) -> anyhow::Result<Figures> {
    test.run(async |test| measure(&test, beside, args, alone).await).await
}

async fn measure(
    test: &TestDb,
    beside: Beside,
    args: &Args,
    alone: Option<f64>,
) -> anyhow::Result<Figures> {
    let db = test.db_at(Arc::new(SystemClock));
    prepare(&db).await?;
    let (committed, handled) = (Times::default(), Times::default());
    let builder = Runtime::builder(&db).handler(Minutes { handled: Arc::clone(&handled) });
    let builder = if beside == Beside::FloodAsItComes { builder.unfair() } else { builder };
    let tasks = Tasks::new();
    let feed = Feed::start(&db, &tasks).await?;
    builder.build().start(&feed, &tasks).await?;

    let time = Duration::from_secs(u64::from(args.seconds));
    let mut flood = JoinSet::new();
    if beside != Beside::Nothing {
        flood.spawn(keep_flooding(db.clone(), args.flood, time));
    }
    let mut sayings = JoinSet::new();
    let mut pace = interval(Duration::from_secs(1) / args.rate);
    for number in 0..args.rate * args.seconds {
        pace.tick().await;
        let origin = Origin::user(UserId::new(Uuid::from_u128(1)));
        let (db, committed) = (db.clone(), Arc::clone(&committed));
        sayings.spawn(async move {
            let correlation = origin.correlation_id();
            say(&db, origin, u128::from(number % OTHERS), (number, 1)).await?;
            note(&committed, correlation);
            Ok::<_, StorageError>(())
        });
    }
    for said in sayings.join_all().await {
        said?;
    }
    let mut flooded = 0;
    for count in flood.join_all().await {
        flooded += count?;
    }
    let many = |times: &Times| times.lock().unwrap_or_else(PoisonError::into_inner).len();
    let deadline = Instant::now() + Duration::from_secs(args.patience);
    while many(&handled) < many(&committed) && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let end = Instant::now();
    tasks.shutdown(Duration::from_secs(30)).await?;
    let flood = f64::from(flooded) / time.as_secs_f64();
    Ok(figures(test.db.engine_name(), (beside, flood), (&committed, &handled), end, alone))
}

fn figures(
    engine: &'static str,
    (beside, flood): (Beside, f64),
    (committed, handled): (&Times, &Times),
    end: Instant,
    alone: Option<f64>,
) -> Figures {
    let committed = committed.lock().unwrap_or_else(PoisonError::into_inner);
    let handled = handled.lock().unwrap_or_else(PoisonError::into_inner);
    let unhandled = committed.keys().filter(|key| !handled.contains_key(key)).count();
    let lag = |(key, at): (&CorrelationId, &Instant)| {
        handled.get(key).unwrap_or(&end).saturating_duration_since(*at)
    };
    let mut lags: Vec<_> = committed.iter().map(lag).collect();
    lags.sort_unstable();
    let at = |percent: usize| {
        let index = (lags.len() * percent / 100).min(lags.len().saturating_sub(1));
        lags.get(index).map_or(f64::NAN, |lag| lag.as_secs_f64() * 1000.0)
    };
    let (p50, p99, max) = (at(50), at(99), at(100));
    let ratio = p99 / alone.unwrap_or(p99);
    Figures { engine, beside, flood, others: lags.len(), unhandled, p50, p99, max, ratio }
}

async fn prepare(db: &Db) -> Result<(), StorageError> {
    UnitOfWork::new(db.clone())
        .run(Origin::system("bench"), async |tx| {
            tx.query(sql!(
                sqlite: "CREATE TABLE talking_minutes (position INTEGER PRIMARY KEY, thing TEXT NOT NULL)",
                postgres: "CREATE TABLE talking_minutes (position bigint PRIMARY KEY, thing text NOT NULL)"
            ))
            .exec()
            .await
            .map(drop)
        })
        .await
}

/// Says things in one transaction.
async fn say(
    db: &Db,
    origin: Origin,
    tenant: u128,
    (first, count): (u32, u32),
) -> Result<(), StorageError> {
    UnitOfWork::new(db.clone())
        .run(origin, async |tx| {
            for number in first..first + count {
                tx.emit(LineSaid {
                    thing: format!("{tenant}-{}", number % THINGS),
                    workspace_id: workspace(tenant),
                    line: format!("This is number {number} of all that is said here today."),
                });
            }
            Ok(())
        })
        .await
}

/// Commits events at a pace, as far as the database can; how many.
async fn keep_flooding(db: Db, rate: u32, time: Duration) -> Result<u32, StorageError> {
    let end = Instant::now() + time;
    let mut pace = interval(Duration::from_secs(1) * TOGETHER / rate.max(1));
    let mut count = 0;
    while Instant::now() < end {
        pace.tick().await;
        let origin = Origin::system("flood");
        say(&db, origin, FLOODS, (count, TOGETHER)).await?;
        count += TOGETHER;
    }
    Ok(count)
}
