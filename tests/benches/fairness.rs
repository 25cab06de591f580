//! How long the events of other workspaces wait while one workspace floods a handler.
//!
//! The same twenty workspaces say something at the same pace three times, side by side on databases of their own: while
//! nobody else does, while one more workspace floods, and while it floods a runtime that delivers as it comes.
//! What is asked for is that their p99 is at most twice as long beside a flood of 10,000 events a second as without it; the runtime
//! that delivers as it comes is the control, of which nothing is asked.

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
use scenarios::{Engine, Goal, Percentiles, Row, on_each, show_rows};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::{task::JoinSet, time::interval_at};
use uuid::Uuid;

/// So many workspaces say something now and then.
const OTHERS: u32 = 20;
/// The workspace that floods; the others have the numbers below.
const FLOODS: u128 = 1000;
/// So many events of the flood share a transaction.
const TOGETHER: u32 = 100;
/// So many transactions of the flood are under way at once: one alone might not come to what is wanted.
const FLOODERS: u32 = 4;
/// The flood counts as reached if no more than a hundredth of it is missing.
const REACHED: f64 = 0.99;
/// The others' p99 beside the flood against that without it.
const LATER: Goal = Goal::AtMost(2.0);
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Beside {
    Nothing,
    Flood,
    FloodAsItComes,
}

/// What the others see of it.
#[derive(Debug, Clone, Copy)]
struct Figures {
    engine: &'static str,
    beside: Beside,
    /// Events of the flood that were committed per second.
    flood: f64,
    /// Events of the others, and how many of them were not handled to the end; they count as waiting until then.
    others: usize,
    unhandled: usize,
    /// From the commit to the handler.
    lags: Percentiles,
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

#[tokio::main(flavor = "multi_thread")]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let mut rows = Vec::new();
    for engine in Engine::ALL {
        let mut all = Vec::new();
        for beside in ALL {
            let found = on_each(&[engine], 16, &[&MIGRATIONS], async |test| {
                measure(test, beside, &args).await
            })
            .await?;
            all.extend(found);
        }
        rows.extend(rows_of(&all, &args));
    }
    let mut out = std::io::stdout();
    if args.json {
        writeln!(out, "{}", serde_json::to_string(&rows)?)?;
        return Ok(());
    }
    Ok(show_rows(&mut out, "fairness", &rows)?)
}

/// In this order: the first is what the others are measured by.
const ALL: [Beside; 3] = [Beside::Nothing, Beside::Flood, Beside::FloodAsItComes];

/// What was found on an engine, of which that without a flood is the measure.
fn rows_of(all: &[Figures], args: &Args) -> Vec<Row> {
    let alone = all.iter().find(|figures| figures.beside == Beside::Nothing);
    let alone = alone.map_or(f64::NAN, |figures| figures.lags.p99);
    let wanted = Goal::AtLeast(f64::from(args.flood) * REACHED);
    let mut rows = Vec::new();
    for figures in all {
        let Figures { engine, beside, flood, others, unhandled, lags } = *figures;
        let Percentiles { p50, p99, max, .. } = lags;
        #[expect(clippy::cast_precision_loss, reason = "figures for people")]
        let (others, unhandled) = (others as f64, unhandled as f64);
        let told = |row: Row| {
            row.beside("p50 ms", p50)
                .beside("max ms", max)
                .beside("events", others)
                .beside("unhandled", unhandled)
        };
        let times = |what: &str| {
            let row = Row::new(engine, format!("others' p99 beside {what}"), p99 / alone, "times");
            told(row.beside("p99 ms", p99).beside("alone ms", alone))
        };
        match beside {
            Beside::Nothing => rows.push(told(Row::new(engine, "others' p99, alone", p99, "ms"))),
            Beside::Flood => {
                rows.push(Row::new(engine, "the flood", flood, "events/s").wanted(wanted));
                rows.push(times("the flood").wanted(LATER));
            }
            Beside::FloodAsItComes => {
                rows.push(times("a flood as it comes").beside("flood/s", flood));
            }
        }
    }
    rows
}

async fn measure(test: &TestDb, beside: Beside, args: &Args) -> anyhow::Result<Figures> {
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
    let begun = Instant::now();
    if beside != Beside::Nothing {
        for flooder in 0..FLOODERS {
            flood.spawn(keep_flooding(db.clone(), flooder, args.flood, begun + time));
        }
    }
    let mut sayings = JoinSet::new();
    let mut pace = tokio::time::interval(Duration::from_secs(1) / args.rate);
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
    Ok(figures(test.db.engine_name(), (beside, flood), (&committed, &handled), end))
}

fn figures(
    engine: &'static str,
    (beside, flood): (Beside, f64),
    (committed, handled): (&Times, &Times),
    end: Instant,
) -> Figures {
    let committed = committed.lock().unwrap_or_else(PoisonError::into_inner);
    let handled = handled.lock().unwrap_or_else(PoisonError::into_inner);
    let unhandled = committed.keys().filter(|key| !handled.contains_key(key)).count();
    let lag = |(key, at): (&CorrelationId, &Instant)| {
        let lag = handled.get(key).unwrap_or(&end).saturating_duration_since(*at);
        u64::try_from(lag.as_micros()).unwrap_or(u64::MAX)
    };
    let lags = Percentiles::of(committed.iter().map(lag).collect());
    Figures { engine, beside, flood, others: committed.len(), unhandled, lags }
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

/// Commits a part of the flood at a pace until then, as far as the database can; how many.
async fn keep_flooding(db: Db, flooder: u32, rate: u32, end: Instant) -> Result<u32, StorageError> {
    let gap = Duration::from_secs(1) * TOGETHER / rate.max(1);
    let mut pace = interval_at((Instant::now() + gap * flooder).into(), gap * FLOODERS);
    let mut count = 0;
    while Instant::now() < end {
        pace.tick().await;
        let origin = Origin::system("flood");
        say(&db, origin, FLOODS, (count, TOGETHER)).await?;
        count += TOGETHER;
    }
    Ok(count)
}
