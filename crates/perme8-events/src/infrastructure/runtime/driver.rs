//! Delivering by hand, in virtual time, for tests.

use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::Ordering},
};

use chrono::{DateTime, Utc};
use tokio::sync::broadcast::{Receiver, error::TryRecvError};
use tokio_util::sync::CancellationToken;

use crate::{
    domain::{core_events::SubjectKind, position::Position},
    infrastructure::{
        feed::{Feed, Follower},
        projection::generations,
        queue::dispatcher::Dispatcher,
        runtime::{
            Reaction, Runtime,
            erased::AnyHandler,
            lane::{Interrupted, Lane, LaneContext, Step},
            partitions::Idle,
        },
    },
    testing::ManualClock,
};

/// Delivers, does jobs, fires timers and schedules when told to, until nothing is left to do; nothing runs by itself, and no
/// time passes unless it must.
pub struct Driver {
    context: LaneContext,
    handlers: Vec<Arc<dyn AnyHandler>>,
    follower: Follower,
    feed: Feed,
    /// By handler and first bucket, with their epochs.
    lanes: BTreeMap<(String, i64), (i64, Lane)>,
    dispatcher: Dispatcher,
    clock: Option<ManualClock>,
    reactions: Receiver<Reaction>,
}

impl std::fmt::Debug for Driver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Driver").field("lanes", &self.lanes.len()).finish_non_exhaustive()
    }
}

impl Runtime {
    /// Claims every partition for a test. With a clock, waits for retries by moving it; without one, leaves them undone.
    ///
    /// # Panics
    ///
    /// The database does not fit the handlers.
    pub async fn driver(&self, clock: Option<ManualClock>) -> Driver {
        self.check().await.expect("the database fits the handlers, workers and schedules");
        let (feed, follower) =
            Feed::open(&self.db, CancellationToken::new()).await.expect("the log is readable");
        let context = self.context(&feed);
        let handlers = self.handlers.clone();
        let reactions = self.reactions();
        let dispatcher = self.dispatcher(context.node_id, CancellationToken::new());
        let mut driver = Driver {
            context,
            handlers,
            follower,
            feed,
            lanes: BTreeMap::new(),
            dispatcher,
            clock,
            reactions,
        };
        driver.claim().await;
        driver
    }
}

/// What a step came to; nothing interrupts it in a test.
fn done(step: Result<Step, Interrupted>) -> Step {
    match step {
        Ok(step) => step,
        Err(Interrupted::LeaseLost) => panic!("another process took the partition"),
        Err(Interrupted::Storage(error)) => panic!("the database failed: {error:?}"),
    }
}

impl Driver {
    /// Delivers, and does jobs, until nothing is left to do that is due, and tells what happened to deliveries on the way, in
    /// order. Jobs, timers and schedules that are due later wait until the test moves its clock.
    ///
    /// # Panics
    ///
    /// The database fails, or another process took the partitions.
    pub async fn run_until_idle(&mut self) -> Vec<Reaction> {
        // An operator may have done something since.
        self.claim().await;
        self.lanes.values_mut().for_each(|(_, lane)| lane.look_again());
        loop {
            let (worked, due) = self.round().await;
            match (worked, due, &self.clock) {
                (true, ..) => {}
                (false, Some(due), Some(clock)) => clock.advance_to(due),
                (false, ..) => return self.heard(),
            }
        }
    }

    /// Lets the lanes of one handler do one step each; whether there was anything to do. A rebuild is a handler that is called
    /// like its projection, with `@next` behind it.
    ///
    /// # Panics
    ///
    /// As [`run_until_idle`](Self::run_until_idle).
    pub async fn step(&mut self, handler: &str) -> bool {
        self.claim().await;
        while self.follower.poll().await.expect("the log is readable").is_zero() {}
        let mut worked = false;
        for (_, (_, lane)) in self.lanes.iter_mut().filter(|((of, _), _)| of == handler) {
            worked |= !matches!(done(lane.step().await), Step::Waiting { .. });
        }
        worked
    }

    /// Stores how far the lanes have come that passed over events they did not want, as a node does with each of its beats. Until
    /// then, nothing that they have passed over can be archived.
    ///
    /// # Panics
    ///
    /// The database fails.
    pub async fn store_idle(&self) {
        let idle = self.lanes.iter().map(|((handler, first_bucket), (epoch, lane))| Idle {
            handler: handler.clone(),
            first_bucket: *first_bucket,
            epoch: *epoch,
            position: Position::new(lane.progress().load(Ordering::Relaxed)),
        });
        let idle: Vec<Idle> = idle.collect();
        let stored = self.context.db.advance_idle(self.context.node_id, &idle).await;
        stored.expect("the partitions are writable");
    }

    /// Claims what is not claimed yet, and anew what an operator has taken back.
    async fn claim(&mut self) {
        let db = &self.context.db;
        let rows = db.partitions().await.expect("the partitions are readable");
        self.lanes.retain(|(handler, first_bucket), (epoch, _)| {
            rows.iter().any(|row| {
                row.handler == *handler && row.first_bucket == *first_bucket && row.epoch == *epoch
            })
        });
        for row in rows {
            let able = |handler: &&Arc<dyn AnyHandler>| {
                handler.name() == row.handler && handler.version() == row.version
            };
            let Some(handler) = self.handlers.iter().find(able) else { continue };
            let key = (row.handler.clone(), row.first_bucket);
            if self.lanes.contains_key(&key) {
                continue;
            }
            let partition = db.claim(&row, self.context.node_id).await;
            let partition = partition.expect("the partitions are writable");
            let partition = partition.expect("nobody else runs handlers in a test");
            let epoch = partition.epoch;
            let lane = Lane::open(self.context.clone(), Arc::clone(handler), partition).await;
            self.lanes.insert(key, (epoch, lane.expect("the checkpoint is readable")));
        }
    }

    /// The feed, for live subscriptions.
    #[must_use]
    pub fn feed(&self) -> &Feed {
        &self.feed
    }

    async fn round(&mut self) -> (bool, Option<DateTime<Utc>>) {
        while self.follower.poll().await.expect("the log is readable").is_zero() {}
        let paused = self.context.db.paused(SubjectKind::Handler).await;
        let paused = paused.expect("the pauses are readable");
        let mut worked = self.dispatcher.drive().await.expect("the jobs are readable");
        let mut next_due = self.dispatcher.next_retry().await.expect("the jobs are readable");
        let stop = CancellationToken::new();
        let swept = generations::sweep_all(&self.context.db, &self.handlers, &stop).await;
        worked |= swept.expect("old rows can be removed");
        let mut swapped = false;
        for ((handler, _), (_, lane)) in &mut self.lanes {
            while !swapped && !paused.contains(handler) {
                match done(lane.step().await) {
                    Step::Worked => worked = true,
                    Step::Swapped => (worked, swapped) = (true, true),
                    Step::Waiting { due } => {
                        next_due = next_due.into_iter().chain(due).min();
                        break;
                    }
                }
            }
        }
        if swapped {
            self.claim().await;
        }
        (worked, next_due)
    }

    fn heard(&mut self) -> Vec<Reaction> {
        let mut heard = Vec::new();
        loop {
            match self.reactions.try_recv() {
                Ok(reaction) => heard.push(reaction),
                // The oldest are gone; those that are left still tell how it ended.
                Err(TryRecvError::Lagged(_)) => {}
                Err(TryRecvError::Empty | TryRecvError::Closed) => return heard,
            }
        }
    }
}
