//! One node among those that share the partitions: it gives signs of life, claims its share and hands back the rest.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use chrono::TimeDelta;
use sqlx::types::Json;
use tokio::{
    sync::watch,
    time::{Instant, error::Elapsed},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use uuid::Uuid;

use crate::{
    domain::{
        core_events::{OperatorActed, SubjectKind},
        error::StorageError,
        event::DomainEvent as _,
        position::Position,
    },
    infrastructure::{
        db::Db,
        feed::Feed,
        projection::generations,
        runtime::{
            NodeOptions,
            erased::AnyHandler,
            lane::{Lane, LaneContext},
            leases::LiveNode,
            partitions::{Idle, Partition, PartitionRow, ability},
        },
    },
};

/// Nodes that have been gone for so long are forgotten.
const FORGET_AFTER: TimeDelta = TimeDelta::hours(1);

/// A node, with the lanes of the partitions it has leased.
pub(crate) struct Node {
    context: LaneContext,
    handlers: HashMap<&'static str, Arc<dyn AnyHandler>>,
    options: NodeOptions,
    lanes: HashMap<(String, i64), RunningLane>,
    tracker: TaskTracker,
    operators: Operators,
}

struct RunningLane {
    partition: Partition,
    stop: CancellationToken,
    /// Cancelled when the lane has ended, for whatever reason.
    ended: CancellationToken,
    progress: Arc<AtomicI64>,
    stored: i64,
}

/// Gives the signs of life of a node.
struct Pulse {
    db: Db,
    node: LiveNode,
    options: NodeOptions,
}

impl Pulse {
    async fn beat(&self) -> Result<(), StorageError> {
        let now = self.db.lease_time().await?;
        let lease = TimeDelta::from_std(self.options.lease).unwrap_or(TimeDelta::MAX);
        self.db.heartbeat(&self.node, &self.options.name, now, now + lease).await
    }
}

/// Notices in the log that an operator has acted, sooner than the next tick would.
struct Operators {
    feed: Feed,
    settled: watch::Receiver<Position>,
    seen: Position,
}

impl Operators {
    fn watch(feed: &Feed) -> Self {
        Self { feed: feed.clone(), settled: feed.watch(), seen: feed.settled() }
    }

    /// Ends when one has.
    async fn act(&mut self) {
        loop {
            self.settled.mark_unchanged();
            let after = self.seen;
            self.seen = self.feed.settled();
            if self.feed.may_hold(after, |event| event.event_type == OperatorActed::TYPE) {
                return;
            }
            // It never closes: the feed is at hand.
            let _ = self.settled.changed().await;
        }
    }
}

/// A server that does not answer for so long is asked again on another connection.
const BROKEN: Duration = Duration::from_secs(5);

fn warn(done: &Result<Result<(), StorageError>, Elapsed>, what: &'static str) {
    let error: &dyn std::error::Error = match done {
        Ok(Ok(())) => return,
        Ok(Err(error)) => error,
        Err(elapsed) => elapsed,
    };
    tracing::warn!(error, "{what}; trying again");
}

/// Removes the rows of generations that nobody reads any more, piece by piece, until told to stop.
async fn sweep(
    db: Db,
    handlers: Vec<Arc<dyn AnyHandler>>,
    (beat, stop): (Duration, CancellationToken),
) {
    while stop.run_until_cancelled(tokio::time::sleep(beat)).await.is_some() {
        if let Err(error) = generations::sweep_all(&db, &handlers, &stop).await {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "old rows of a read model could not be removed; trying again");
        }
    }
}

impl Node {
    /// Registers the node and claims what is free.
    pub(crate) async fn register(
        context: LaneContext,
        handlers: Vec<Arc<dyn AnyHandler>>,
        options: NodeOptions,
    ) -> Result<Self, StorageError> {
        let handlers = handlers.into_iter().map(|handler| (handler.name(), handler)).collect();
        // Watched before the first look at what they have done.
        let operators = Operators::watch(&context.feed);
        let mut node = Self {
            context,
            handlers,
            options,
            lanes: HashMap::new(),
            tracker: TaskTracker::new(),
            operators,
        };
        node.pulse().beat().await?;
        if let Err(error) = node.tick().await {
            // Some lanes may run already.
            let jobs = CancellationToken::new();
            jobs.cancel();
            node.stop(CancellationToken::new(), jobs).await;
            return Err(error);
        }
        Ok(node)
    }

    /// Keeps the leases until told to stop, then lets every lane finish its step and hands the partitions back.
    ///
    /// `jobs` is cancelled when the last job of this node has ended.
    pub(crate) async fn run(mut self, stop: CancellationToken, jobs: CancellationToken) {
        let beat = self.options.lease / 3;
        // In a task of its own: claims may have to wait for locks, and the lease must not wait with them.
        let (pulse, alive) = (self.pulse(), CancellationToken::new());
        let beating = alive.clone();
        self.tracker.spawn(async move {
            while beating.run_until_cancelled(tokio::time::sleep(beat)).await.is_some() {
                warn(
                    &tokio::time::timeout(BROKEN, pulse.beat()).await,
                    "no sign of life could be given",
                );
            }
        });
        self.tracker.spawn(sweep(
            self.context.db.clone(),
            self.handlers.values().cloned().collect(),
            (beat, stop.clone()),
        ));
        let mut next = Instant::now() + beat;
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep_until(next) => {}
                () = self.operators.act() => {}
                () = self.context.swapped.notified() => {}
            }
            next = Instant::now() + beat;
            warn(
                &tokio::time::timeout(BROKEN, self.tick()).await,
                "no partitions could be claimed",
            );
        }
        self.stop(alive, jobs).await;
    }

    fn pulse(&self) -> Pulse {
        let able = |handler: &Arc<dyn AnyHandler>| ability(handler.name(), handler.version());
        let handlers = self.handlers.values().map(able).collect();
        Pulse {
            db: self.context.db.clone(),
            node: LiveNode { node_id: self.context.node_id, handlers: Json(handlers) },
            options: self.options.clone(),
        }
    }

    async fn tick(&mut self) -> Result<(), StorageError> {
        let (db, me) = (self.context.db.clone(), self.context.node_id);
        let now = db.lease_time().await?;
        let paused = db.paused(SubjectKind::Handler).await?;
        self.context.paused.send_if_modified(|known| {
            let changed = *known != paused;
            *known = paused;
            changed
        });
        let live = db.live_nodes(now).await?;
        let rows = db.partitions().await?;
        self.leave_what_is_gone(&rows);
        for (index, row) in rows.iter().enumerate() {
            let handler = self.handlers.get(row.handler.as_str());
            if handler.is_some_and(|handler| handler.version() == row.version) {
                // Every node sees the same order of nodes and partitions, so they agree on whose is whose.
                let needs = row.needs();
                let able: Vec<_> =
                    live.iter().filter(|node| node.handlers.contains(&needs)).collect();
                let mine = able.is_empty() || able[index % able.len()].node_id == me;
                self.settle(row, mine, &live).await?;
            }
        }
        self.store_idle().await?;
        db.forget_nodes(None, now - FORGET_AFTER).await
    }

    /// Stops the lanes of partitions that are no longer there, as when a rebuild was called off.
    fn leave_what_is_gone(&mut self, rows: &[PartitionRow]) {
        self.lanes.retain(|(handler, first_bucket), lane| {
            let is_there = rows.iter().any(|row| {
                row.handler == *handler
                    && row.first_bucket == *first_bucket
                    && row.generation() == lane.partition.generation
            });
            if !is_there {
                lane.stop.cancel();
            }
            is_there
        });
    }

    /// Claims a partition that is free and ours, or hands one back that is not ours.
    async fn settle(
        &mut self,
        row: &PartitionRow,
        mine: bool,
        live: &[LiveNode],
    ) -> Result<(), StorageError> {
        let key = (row.handler.clone(), row.first_bucket);
        // Fenced out, because the lease was lost or an operator took the handler back: its effects are refused from now on,
        // and an idle lane would notice only with its next event.
        let is_over =
            |lane: &RunningLane| lane.ended.is_cancelled() || lane.partition.epoch != row.epoch;
        if self.lanes.get(&key).is_some_and(is_over)
            && let Some(lane) = self.lanes.remove(&key)
        {
            lane.stop.cancel();
        }
        match (mine, self.lanes.get(&key)) {
            (true, None) => {
                let alive = |owner: Uuid| live.iter().any(|node| node.node_id == owner);
                let owned =
                    row.node_id.is_some_and(|owner| owner != self.context.node_id && alive(owner));
                if !owned
                    && let Some(partition) =
                        self.context.db.claim(row, self.context.node_id).await?
                {
                    self.open(key, partition).await?;
                }
            }
            // Handed back once its lane has ended: waiting for a slow handler here would cost the whole lease.
            (false, Some(lane)) => lane.stop.cancel(),
            (false, None) if row.node_id == Some(self.context.node_id) => {
                self.context.db.release(row).await?;
            }
            (true, Some(_)) | (false, None) => {}
        }
        Ok(())
    }

    async fn open(&mut self, key: (String, i64), partition: Partition) -> Result<(), StorageError> {
        let Some(handler) = self.handlers.get(partition.handler.as_str()) else { return Ok(()) };
        let lane = Lane::open(self.context.clone(), Arc::clone(handler), partition.clone()).await?;
        let (stop, ended, progress) =
            (CancellationToken::new(), CancellationToken::new(), lane.progress());
        let stored = progress.load(Ordering::Relaxed);
        let end = ended.clone().drop_guard();
        let running = lane.run(stop.clone());
        self.tracker.spawn(async move {
            let _end = end;
            running.await;
        });
        self.lanes.insert(key, RunningLane { partition, stop, ended, progress, stored });
        Ok(())
    }

    /// Stores how far the lanes have come that passed over events they did not want.
    async fn store_idle(&mut self) -> Result<(), StorageError> {
        let mut idle = Vec::new();
        for lane in self.lanes.values_mut() {
            let position = lane.progress.load(Ordering::Relaxed);
            if position > lane.stored {
                lane.stored = position;
                let Partition { handler, first_bucket, epoch, .. } = lane.partition.clone();
                idle.push(Idle { handler, first_bucket, epoch, position: Position::new(position) });
            }
        }
        if idle.is_empty() {
            return Ok(());
        }
        self.context.db.advance_idle(self.context.node_id, &idle).await
    }

    async fn stop(mut self, alive: CancellationToken, jobs: CancellationToken) {
        for lane in self.lanes.values() {
            lane.stop.cancel();
        }
        for lane in self.lanes.values() {
            lane.ended.cancelled().await;
        }
        jobs.cancelled().await;
        // Alive until the last lane and the last job have finished, or others would take over what it is doing.
        alive.cancel();
        self.tracker.close();
        self.tracker.wait().await;
        if let Err(error) = self.hand_back().await {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "the leases were not handed back; they run out by themselves");
        }
    }

    async fn hand_back(&mut self) -> Result<(), StorageError> {
        self.store_idle().await?;
        let db = self.context.db.clone();
        db.release_all(self.context.node_id).await?;
        db.forget_nodes(Some(self.context.node_id), db.lease_time().await? - FORGET_AFTER).await
    }
}
