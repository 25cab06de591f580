//! Handlers that are told of every step, and how quickly they are told of those that are there already.

use std::{
    hint::black_box,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::ensure;
use async_trait::async_trait;
use perme8_events::{
    Envelope, EventHandler, HandlerError, HandlerOptions, StorageError, Subscriber, Subscription,
    host::{Feed, Operations, Runtime, RuntimeBuilder, Tasks},
    sql,
    sql::{Db, Projection, Rows, Tx},
};
use scenarios::resident;
use sqlx::types::Json;
use tokio::time::sleep;

use crate::house::StepWritten;

/// What takes longer has gone wrong.
pub(crate) const PATIENCE: Duration = Duration::from_mins(30);
/// How long tasks may take to stop.
pub(crate) const GRACE: Duration = Duration::from_secs(10);

/// Reads every step, and writes a row about it if it is to have an effect.
#[derive(Debug, Clone)]
pub(crate) struct Stepping {
    pub(crate) name: &'static str,
    pub(crate) batch: usize,
    pub(crate) writes: bool,
    pub(crate) told: Arc<AtomicU64>,
}

impl Stepping {
    pub(crate) fn new(name: &'static str, batch: usize, writes: bool) -> Self {
        Self { name, batch, writes, told: Arc::default() }
    }
}

impl Subscriber for Stepping {
    fn name(&self) -> &'static str {
        self.name
    }

    fn subscriptions(&self) -> &[Subscription] {
        const { &[Subscription::to::<StepWritten>()] }
    }

    fn options(&self) -> HandlerOptions {
        HandlerOptions { batch: self.batch, ..HandlerOptions::DEFAULT }
    }
}

#[async_trait]
impl EventHandler<Tx> for Stepping {
    type Facts = ();

    async fn gather(&self, _: &Envelope) -> Result<(), HandlerError> {
        Ok(())
    }

    async fn handle(&self, tx: &mut Tx, event: &Envelope, (): ()) -> Result<(), HandlerError> {
        let Some(written) = event.decode::<StepWritten>()? else { return Ok(()) };
        if self.writes {
            tx.query(sql!(
                "INSERT INTO bench_steps (handler, position, task_id, step) VALUES ($1, $2, $3, $4)"
            ))
            .bind(self.name)
            .bind(event.position.number())
            .bind(written.task_id)
            .bind(i64::from(written.step))
            .exec()
            .await?;
        } else {
            black_box(&written);
        }
        self.told.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

/// The same as a read model, whose rows are written with one statement for all events that share a transaction.
#[async_trait]
impl Projection for Stepping {
    fn version(&self) -> u32 {
        1
    }

    async fn apply(&self, rows: &mut Rows<'_>, event: &Envelope) -> Result<(), HandlerError> {
        self.apply_all(rows, &[Arc::new(event.clone())]).await
    }

    async fn apply_all(
        &self,
        rows: &mut Rows<'_>,
        events: &[Arc<Envelope>],
    ) -> Result<(), HandlerError> {
        let mut steps = Vec::with_capacity(events.len());
        for event in events {
            if let Some(written) = event.decode::<StepWritten>()? {
                steps.push((event.position.number(), written.task_id, written.step));
            }
        }
        rows.query(sql!(
            sqlite: "INSERT INTO bench_step_rows (generation, handler, position, task_id, step)
                     SELECT $1, $2, value->>0, unhex(value->>1, '-'), value->>2 FROM json_each($3)",
            postgres: "INSERT INTO bench_step_rows (generation, handler, position, task_id, step)
                       SELECT $1, $2, (value->>0)::bigint, (value->>1)::uuid, (value->>2)::bigint
                       FROM jsonb_array_elements($3) AS value"
        ))
        .bind(self.name)
        .bind(Json(steps))
        .exec()
        .await?;
        self.told.fetch_add(events.len() as u64, Ordering::Relaxed);
        Ok(())
    }

    async fn remove(&self, rows: &mut Rows<'_>, limit: i64) -> Result<u64, StorageError> {
        rows.query(sql!(
            "DELETE FROM bench_step_rows WHERE generation = $1 AND handler = $2 AND position IN
               (SELECT position FROM bench_step_rows WHERE generation = $1 AND handler = $2 LIMIT $3)"
        ))
        .bind(self.name)
        .bind(limit)
        .exec()
        .await
    }
}

/// How a handler worked off what was there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CaughtUp {
    pub(crate) per_second: f64,
    /// By how much the process grew at most, in megabytes; not known everywhere.
    pub(crate) growth: Option<f64>,
}

/// A runtime to be, in whose database there were these handlers before.
pub(crate) fn after(db: &Db, before: &[&'static str]) -> RuntimeBuilder {
    before.iter().fold(Runtime::builder(db), |builder, &name| builder.retired(name))
}

/// Tells a new handler, which counts them, of so many events: all that there are.
#[expect(clippy::cast_precision_loss, reason = "figures for people")]
pub(crate) async fn catch_up(
    db: &Db,
    runtime: Runtime,
    (name, told): (&'static str, Arc<AtomicU64>),
    events: u64,
) -> anyhow::Result<CaughtUp> {
    let told = || told.load(Ordering::Relaxed);
    let tasks = Tasks::new();
    let feed = Feed::start(db, &tasks).await?;
    let small = resident();
    let started = Instant::now();
    runtime.start(&feed, &tasks).await?;
    // To start is no part of it: that is done once.
    while told() == 0 {
        ensure!(started.elapsed() < PATIENCE, "{name} is told nothing");
        sleep(Duration::from_millis(1)).await;
    }
    let (begun, first) = (Instant::now(), told());
    let mut most = small;
    while told() < events {
        ensure!(begun.elapsed() < PATIENCE, "{name} was told {} of {events}", told());
        most = most.max(resident());
        sleep(Duration::from_millis(1)).await;
    }
    // The last batches are committed right after this, and so were those that were under way when it began.
    let seconds = begun.elapsed().as_secs_f64();
    while lag(db, name).await? > 0 {
        ensure!(begun.elapsed() < PATIENCE, "{name} does not commit what it was told");
        sleep(Duration::from_millis(10)).await;
    }
    tasks.shutdown(GRACE).await?;
    Ok(CaughtUp {
        per_second: events.saturating_sub(first) as f64 / seconds,
        growth: most.zip(small).map(|(most, small)| most.saturating_sub(small) as f64 * 1.024e-3),
    })
}

/// How many positions lie between what a handler has committed and the end of the log.
async fn lag(db: &Db, name: &str) -> anyhow::Result<i64> {
    let handlers = Operations::new(db).handlers().await?;
    let status = handlers.iter().find(|status| status.handler == name);
    Ok(status.map_or(i64::MAX, |status| status.lag_events))
}
