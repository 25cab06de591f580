//! R14: a backlog of any length takes a bounded memory, and handlers that have nothing to do take neither connections nor
//! queries.

use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use perme8_events::{
    Envelope, EventFilter, EventHandler, EventStore as _, HandlerError, HandlerOptions, Position,
    StorageError, Subscriber, Subscription,
    host::Runtime,
    sql,
    sql::{DatabaseUrl, LogReader, Tx},
    testing::{TestDb, figure, wait_until},
};
use sqlx::{Connection as _, PgConnection};
use tokio::task::JoinSet;

use crate::{
    form::{Form, linger, say},
    world::{AccountMoved, World, origin, proof},
};

/// The memory may grow by so many kibibytes while a backlog is worked off.
const GROWTH: u64 = 100 * 1024;
/// Whoever reads so many events at once takes more than that.
const AT_ONCE: u32 = 200_000;
/// So many events are written in one statement.
const CHUNK: i64 = 50_000;
/// Handlers that have nothing to do.
const IDLE: usize = 50;
/// Of connections beside the pools, and of queries in a second that come from the handlers.
const CONNECTIONS: usize = 4;
const QUERIES: f64 = 2.0;
/// For how long idleness is watched.
const WINDOW: Duration = Duration::from_secs(5);

/// Counts what it is told, and does nothing about it.
#[derive(Debug)]
struct Counting {
    name: &'static str,
    partitions: u16,
    told: Arc<AtomicU64>,
}

impl Subscriber for Counting {
    fn name(&self) -> &'static str {
        self.name
    }

    fn subscriptions(&self) -> &[Subscription] {
        const { &[Subscription::to::<AccountMoved>()] }
    }

    fn options(&self) -> HandlerOptions {
        HandlerOptions { batch: 500, partitions: self.partitions, ..HandlerOptions::DEFAULT }
    }
}

#[async_trait]
impl EventHandler<Tx> for Counting {
    type Facts = ();

    async fn gather(&self, _: &Envelope) -> Result<(), HandlerError> {
        Ok(())
    }

    async fn handle(&self, _: &mut Tx, _: &Envelope, (): ()) -> Result<(), HandlerError> {
        self.told.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

/// The memory of this process in kibibytes, as Linux tells it.
fn resident() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse().ok()
}

/// Writes so many events behind the back of the appender, which would take long.
async fn backlog(world: &World, events: i64) {
    let mut first = 1;
    while first <= events {
        let last = (first + CHUNK - 1).min(events);
        let done = world.uow.run(origin(), async |tx| {
            tx.query(sql!(
                sqlite: "WITH RECURSIVE numbers (n) AS (SELECT CAST($1 AS INTEGER) UNION ALL SELECT n + 1 FROM numbers WHERE n < $2)
                         INSERT INTO event_log (id, event_type, version, aggregate_type, aggregate_id, actor_kind, actor_ref,
                           audience, correlation_id, data, metadata, occurred_at)
                         SELECT randomblob(16), 'proof.account_moved', 1, 'account', CAST(n % 64 AS TEXT), 'system', 'proof',
                           '[\"operators\"]', randomblob(16), json_object('account', n % 64, 'step', 1, 'number', n), '{}',
                           strftime('%Y-%m-%dT%H:%M:%f000+00:00', 'now')
                         FROM numbers",
                postgres: "INSERT INTO event_log (seq, id, event_type, version, aggregate_type, aggregate_id, actor_kind, actor_ref,
                             audience, correlation_id, data, metadata, occurred_at)
                           SELECT nextval('event_log_seq'), gen_random_uuid(), 'proof.account_moved', 1, 'account', (n % 64)::text,
                             'system', 'proof', '[\"operators\"]'::jsonb, gen_random_uuid(),
                             jsonb_build_object('account', n % 64, 'step', 1, 'number', n), '{}'::jsonb, clock_timestamp()
                           FROM generate_series($1::bigint, $2::bigint) AS numbers (n)"
            ))
            .bind(first)
            .bind(last)
            .exec()
            .await
            .map(drop)
        });
        done.await.unwrap_or_else(|error: StorageError| panic!("{error:?}"));
        first = last + 1;
    }
}

/// By how many kibibytes the memory grows at most while handlers work off a backlog.
async fn worked_off(world: &World, events: i64, partitions: u16) -> Option<u64> {
    let before = resident()?;
    let told = Arc::new(AtomicU64::new(0));
    let handler = Counting { name: "proof.backlog", partitions, told: Arc::clone(&told) };
    let (_, tasks) = world.start(&Runtime::builder(&world.db).handler(handler).build()).await;
    let (mut peak, all) = (before, u64::try_from(events).unwrap());
    wait_until("the backlog is worked off", Duration::from_mins(50), async || {
        peak = peak.max(resident().unwrap_or(0));
        told.load(Ordering::Relaxed) >= all
    })
    .await;
    tasks.shutdown(Duration::from_secs(30)).await.unwrap();
    Some(peak - before)
}

/// The same for somebody who reads everything before doing anything.
async fn read_at_once(world: &World) -> Option<u64> {
    let before = resident()?;
    let all = world.db.read(&EventFilter::All, Position::START, AT_ONCE).await.unwrap();
    let after = resident()?;
    assert_eq!(all.len(), usize::try_from(AT_ONCE).unwrap());
    Some(after.saturating_sub(before))
}

async fn a_backlog_takes_little_memory(test: TestDb) {
    let (events, partitions) =
        if Form::of("R14").long { (10_000_000, 4) } else { (i64::from(AT_ONCE), 1) };
    let world = World::new(&test).await;
    backlog(&world, events).await;
    let Some(growth) = worked_off(&world, events, partitions).await else {
        say(
            "  LEFT OUT: the memory of a backlog, because this system does not tell it as Linux does",
        );
        return;
    };
    let control = read_at_once(&world).await.unwrap_or(0);
    let engine = world.db.engine_name();
    let line = format!("a backlog of {events} events: the memory grew by {} MiB", growth / 1024);
    figure("R14", engine, &line);
    let line = format!("control, {AT_ONCE} events read at once: it grew by {} MiB", control / 1024);
    figure("R14", engine, &line);
    assert!(growth < GROWTH, "{growth} KiB");
    assert!(control > GROWTH, "the control is no control: {control} KiB");
}

/// What there is while nothing happens.
#[derive(Debug, Clone, Copy)]
struct Usage {
    /// Beside those of the pools, where the server or the system tells.
    connections: Option<usize>,
    /// In a second, where the engine counts them.
    queries: Option<f64>,
}

/// Looks from outside what a database is asked.
enum Watcher<'t> {
    /// The server counts.
    Postgres(Box<PgConnection>),
    /// Each connection has the file open.
    Sqlite(&'t Path),
}

/// The pool of the world of this proof.
const POOL: usize = 4;
/// One writer and four readers.
const SQLITE_POOLS: usize = 5;

impl<'t> Watcher<'t> {
    async fn of(test: &'t TestDb) -> Self {
        match &test.url {
            DatabaseUrl::Postgres(url) => {
                Self::Postgres(Box::new(PgConnection::connect(url).await.unwrap()))
            }
            DatabaseUrl::Sqlite(path) => Self::Sqlite(path),
        }
    }

    async fn connections(&mut self) -> Option<usize> {
        match self {
            Self::Postgres(conn) => {
                let all: i64 = sqlx::query_scalar(
                    "SELECT count(*) FROM pg_stat_activity
                     WHERE datname = current_database() AND application_name = 'perme8'",
                )
                .fetch_one(&mut **conn)
                .await
                .unwrap();
                Some(usize::try_from(all).unwrap().saturating_sub(POOL))
            }
            Self::Sqlite(path) => {
                let path = path.canonicalize().unwrap();
                let files = fs::read_dir("/proc/self/fd").ok()?.flatten();
                let open =
                    files.filter(|file| fs::read_link(file.path()).is_ok_and(|to| to == path));
                Some(open.count().saturating_sub(SQLITE_POOLS))
            }
        }
    }

    /// Transactions so far; a query outside of one is one.
    async fn queries(&mut self) -> Option<i64> {
        let Self::Postgres(conn) = self else { return None };
        let count = "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()";
        Some(sqlx::query_scalar(count).fetch_one(&mut **conn).await.unwrap())
    }

    async fn watch(&mut self) -> Usage {
        // What was asked at the start is counted by then.
        linger(WINDOW / 2).await;
        let before = self.queries().await;
        linger(WINDOW).await;
        let after = self.queries().await;
        #[expect(clippy::cast_precision_loss, reason = "a few thousand at most")]
        let queries =
            before.zip(after).map(|(before, after)| (after - before) as f64 / WINDOW.as_secs_f64());
        Usage { connections: self.connections().await, queries }
    }
}

/// So many handlers, all of them idle.
async fn with_handlers(test: &TestDb, world: &World, handlers: usize) -> Usage {
    let mut builder = Runtime::builder(&world.db);
    for n in 0..handlers {
        let name: &'static str = format!("proof.idle_{n}").leak();
        builder = builder.handler(Counting { name, partitions: 4, told: Arc::default() });
    }
    let (_, tasks) = world.start(&builder.build()).await;
    let usage = Watcher::of(test).await.watch().await;
    tasks.shutdown(Duration::from_secs(10)).await.unwrap();
    usage
}

/// As many who ask for news themselves, ten times a second, on connections of their own.
async fn with_pollers(test: &TestDb, world: &Arc<World>) -> Usage {
    let mut pollers = JoinSet::new();
    for _ in 0..IDLE {
        let world = Arc::clone(world);
        pollers.spawn(async move {
            let mut reader = LogReader::open(&world.db, Position::START).await.unwrap();
            while reader.poll().await.is_ok() {
                linger(Duration::from_millis(100)).await;
            }
        });
    }
    let usage = Watcher::of(test).await.watch().await;
    pollers.shutdown().await;
    usage
}

async fn idle_handlers_take_nothing(test: TestDb) {
    let world = World::new(&test).await;
    let one = with_handlers(&test, &world, 1).await;
    let many = with_handlers(&test, &world, IDLE).await;
    let pollers = with_pollers(&test, &world).await;
    let engine = world.db.engine_name();
    for (who, usage) in
        [("1 idle handler", one), ("50 idle handlers", many), ("control, 50 who poll", pollers)]
    {
        let queries =
            usage.queries.map_or_else(String::new, |queries| format!(", {queries:.1} queries/s"));
        let connections =
            usage.connections.map_or_else(|| "unknown".to_owned(), |count| count.to_string());
        let line = format!("{who}: {connections} connections beside the pools{queries}");
        figure("R14", engine, &line);
    }
    assert!(many.connections.is_none_or(|count| count <= CONNECTIONS), "{many:?}");
    assert!(pollers.connections.is_none_or(|count| count > CONNECTIONS), "no control: {pollers:?}");
    if let (Some(one), Some(many), Some(pollers)) = (one.queries, many.queries, pollers.queries) {
        // Whatever a node asks by itself, it asks with one handler as well.
        assert!(
            many - one <= QUERIES,
            "{one:.1} queries/s with one handler, {many:.1} with {IDLE}"
        );
        assert!(pollers - one > QUERIES, "the control is no control: {pollers:.1} queries/s");
    }
}

proof!(a_backlog_of_any_length_takes_little_memory, 6, a_backlog_takes_little_memory);
proof!(idle_handlers_take_no_connections_and_no_queries, 4, idle_handlers_take_nothing);
