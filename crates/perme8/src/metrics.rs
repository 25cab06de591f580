//! What this process has measured, and how things stand at the moment in which somebody asks, for `/metrics`.

use std::{
    fmt,
    sync::OnceLock,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use metrics::{Unit, describe_counter, describe_gauge, gauge};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use perme8_events::{
    EventStore as _, Position, StorageError,
    host::{
        CaseCount, HandlerFigures, HandlerState, HandlerStatus, Operations, QueueState,
        QueueStatus, Tasks,
    },
    sql::{Db, PoolStatus},
};

use crate::telemetry;

/// The bounds of durations, in seconds: from what an event takes to what nobody waits for.
const BUCKETS: &[f64] =
    &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0];
/// How often what was timed is put into its buckets, so that it takes no room until somebody asks.
const UPKEEP: Duration = Duration::from_secs(5);

/// The recorder of this process; there can be one only, however many hosts are composed.
struct Recorder {
    handle: PrometheusHandle,
    started: Instant,
}

/// Shows the recorder of the process, with the state of one host.
#[derive(Clone)]
pub(crate) struct HostMetrics {
    recorder: &'static Recorder,
    db: Db,
    operations: Operations,
}

impl fmt::Debug for HostMetrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostMetrics").field("db", &self.db).finish_non_exhaustive()
    }
}

impl HostMetrics {
    pub(crate) fn new(db: &Db, operations: &Operations) -> Self {
        Self { recorder: recorder(), db: db.clone(), operations: operations.clone() }
    }

    /// Keeps what was timed small until the tasks are stopped.
    pub(crate) fn start(&self, tasks: &Tasks) {
        let (recorder, stop) = (self.recorder, tasks.token());
        tasks.spawn("metrics", async move {
            while stop.run_until_cancelled(tokio::time::sleep(UPKEEP)).await.is_some() {
                recorder.handle.run_upkeep();
            }
        });
    }

    async fn look(&self) -> Result<(), StorageError> {
        gauge!("perme8_log_head").set(number(self.db.head().await?.number()));
        let oldest = self.db.oldest_kept().await?.map_or(0, Position::number);
        gauge!("perme8_log_oldest").set(number(oldest));
        for status in self.operations.handlers().await? {
            let HandlerStatus {
                handler,
                state,
                lag_events,
                lag_seconds,
                retrying,
                attempts,
                parked,
                aside,
                aside_seconds,
                dead,
                oldest_dead_at,
                ..
            } = status;
            gauge!("perme8_handler_lag_events", "handler" => handler.clone())
                .set(number(lag_events));
            gauge!("perme8_handler_lag_seconds", "handler" => handler.clone())
                .set(lag_seconds.unwrap_or(0.0));
            gauge!("perme8_handler_aside_seconds", "handler" => handler.clone())
                .set(aside_seconds.unwrap_or(0.0));
            gauge!("perme8_handler_paused", "handler" => handler.clone())
                .set(u8::from(state == HandlerState::Paused));
            gauge!("perme8_handler_attempts", "handler" => handler.clone()).set(number(attempts));
            gauge!("perme8_handler_oldest_dead_seconds", "handler" => handler.clone())
                .set(self.age(oldest_dead_at));
            for (word, count) in
                [("retrying", retrying), ("parked", parked), ("aside", aside), ("dead", dead)]
            {
                let labels = [("handler", handler.clone()), ("state", word.to_owned())];
                gauge!("perme8_handler_set_aside", &labels).set(number(count));
            }
        }
        for figures in self.operations.handler_figures().await? {
            let HandlerFigures { handler, leased, free, oldest_pending } = figures;
            for (word, count) in [("leased", leased), ("free", free)] {
                let labels = [("handler", handler.clone()), ("state", word.to_owned())];
                gauge!("perme8_handler_partitions", &labels).set(number(count));
            }
            gauge!("perme8_handler_oldest_pending_position", "handler" => handler)
                .set(oldest_pending.map_or(0.0, |position| number(position.number())));
        }
        gauge!("perme8_nodes").set(number(self.operations.live_nodes().await?));
        for status in self.operations.queues().await? {
            let QueueStatus {
                queue,
                state,
                waiting,
                retrying,
                attempts,
                running,
                dead,
                lag_seconds,
                oldest_dead_at,
                ..
            } = status;
            gauge!("perme8_queue_lag_seconds", "queue" => queue.clone())
                .set(lag_seconds.unwrap_or(0.0));
            gauge!("perme8_queue_paused", "queue" => queue.clone())
                .set(u8::from(state == QueueState::Paused));
            gauge!("perme8_queue_attempts", "queue" => queue.clone()).set(number(attempts));
            gauge!("perme8_queue_oldest_dead_seconds", "queue" => queue.clone())
                .set(self.age(oldest_dead_at));
            for (word, count) in
                [("waiting", waiting), ("retrying", retrying), ("running", running), ("dead", dead)]
            {
                let labels = [("queue", queue.clone()), ("state", word.to_owned())];
                gauge!("perme8_queue_jobs", &labels).set(number(count));
            }
        }
        for CaseCount { process, status, cases } in self.operations.case_counts().await? {
            let labels = [("process", process), ("status", status)];
            gauge!("perme8_process_cases", &labels).set(number(cases));
        }
        Ok(())
    }

    /// How long ago something happened, in seconds; 0 when nothing has.
    fn age(&self, then: Option<DateTime<Utc>>) -> f64 {
        then.map_or(0.0, |then| self.operations.seconds_since(then))
    }
}

#[async_trait]
impl api::Metrics for HostMetrics {
    async fn render(&self) -> String {
        gauge!("perme8_up").set(1);
        gauge!("perme8_uptime_seconds").set(self.recorder.started.elapsed().as_secs_f64());
        for PoolStatus { name, busy, idle, most } in self.db.pools() {
            for (state, count) in [("busy", busy), ("idle", idle), ("most", most)] {
                gauge!("perme8_database_connections", "pool" => name, "state" => state).set(count);
            }
        }
        let looked = self.look().await;
        if let Err(error) = &looked {
            let error = error as &dyn std::error::Error;
            tracing::warn!(error, "the metrics of the handlers are those of before");
        }
        gauge!("perme8_database_up").set(u8::from(looked.is_ok()));
        self.recorder.handle.render()
    }
}

/// Counts of rows are small enough to be exact.
#[expect(clippy::cast_precision_loss, reason = "exact up to nine quadrillion")]
fn number(count: i64) -> f64 {
    count as f64
}

fn recorder() -> &'static Recorder {
    static RECORDER: OnceLock<Recorder> = OnceLock::new();
    RECORDER.get_or_init(|| {
        let builder = PrometheusBuilder::new().set_buckets(BUCKETS);
        let recorder = builder.expect("there are buckets").build_recorder();
        let handle = recorder.handle();
        // Whoever embeds the host and records by other means keeps doing so; then `/metrics` shows little.
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::warn!("something else records what is measured, so /metrics stays empty");
        }
        describe();
        Recorder { handle, started: Instant::now() }
    })
}

fn describe() {
    perme8_events::host::describe_metrics();
    api::describe_metrics();
    llm::describe_metrics();
    telemetry::describe_metrics();
    describe_gauge!("perme8_up", "Whether the process runs");
    describe_gauge!("perme8_uptime_seconds", Unit::Seconds, "For how long the process has run");
    describe_gauge!("perme8_database_up", "Whether the database answered the last question");
    describe_gauge!(
        "perme8_database_connections",
        "Connections of each pool, and how many there can be"
    );
    describe_gauge!("perme8_log_head", "The position of the last settled event");
    describe_gauge!("perme8_log_oldest", "The position of the oldest event that is not archived");
    describe_gauge!(
        "perme8_handler_lag_events",
        "Positions between a handler and the end of the log"
    );
    describe_gauge!(
        "perme8_handler_lag_seconds",
        Unit::Seconds,
        "Age of the first event that a handler has neither handled nor set aside"
    );
    describe_gauge!(
        "perme8_handler_aside_seconds",
        Unit::Seconds,
        "Age of the first event that stands aside for other workspaces; 0 when none does"
    );
    describe_gauge!("perme8_handler_paused", "Whether an operator has paused a handler");
    describe_gauge!("perme8_handler_set_aside", "Deliveries of a handler that are not done with");
    describe_gauge!(
        "perme8_handler_attempts",
        "How often the delivery has failed that has failed most often and will be tried again"
    );
    describe_gauge!(
        "perme8_handler_oldest_dead_seconds",
        Unit::Seconds,
        "Age of the oldest dead letter; 0 when there is none"
    );
    describe_gauge!(
        "perme8_handler_partitions",
        "Partitions of a handler, by whether a node holds their lease"
    );
    describe_gauge!(
        "perme8_handler_oldest_pending_position",
        "The event before which nothing of a handler is pending; 0 when nothing is"
    );
    describe_gauge!("perme8_nodes", "Nodes that give signs of life");
    describe_gauge!(
        "perme8_queue_jobs",
        "Jobs of a queue; those that are retrying are waiting, too"
    );
    describe_gauge!(
        "perme8_queue_lag_seconds",
        Unit::Seconds,
        "For how long the job has been due that has been due for the longest time"
    );
    describe_gauge!("perme8_queue_paused", "Whether an operator has paused a queue");
    describe_gauge!(
        "perme8_queue_attempts",
        "How often the job has failed that has failed most often and will run again"
    );
    describe_gauge!(
        "perme8_queue_oldest_dead_seconds",
        Unit::Seconds,
        "Age of the oldest job that was given up; 0 when there is none"
    );
    describe_counter!(
        "perme8_reconciled_total",
        "People, memberships and projects that were gone without an event that told a context so"
    );
    describe_gauge!(
        "perme8_process_cases",
        "Cases of a process manager, by how far they have come"
    );
}
