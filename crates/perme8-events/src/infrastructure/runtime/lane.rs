//! Delivering the events of one partition of one handler, in order.

use std::{
    collections::{BTreeSet, HashSet, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use tokio::sync::{Notify, broadcast, watch};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    application::handler::HandlerError,
    domain::{
        envelope::Envelope, error::StorageError, id::WorkspaceId, origin::Origin,
        position::Position,
    },
    infrastructure::{
        cadence::Cadence,
        db::Db,
        feed::Feed,
        runtime::{
            Reaction, deliveries, erased::AnyHandler, fairness::Turns, partitions::Partition,
        },
        tx::Tx,
    },
};

mod ahead;
mod attempt;
mod catch_up;
mod failure;
mod handling;
mod retry;
mod swap;

use ahead::{Delivery, Taken};
pub(crate) use failure::Interrupted;
use failure::{Failure, refused};

/// While deliveries are set aside, their rows are looked at so often: an operator may have changed them.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// How soon a lane goes on after the database has failed.
const BROKEN: Duration = Duration::from_secs(1);

/// What all lanes of a node share.
#[derive(Clone, Debug)]
pub(crate) struct LaneContext {
    pub(crate) db: Db,
    pub(crate) feed: Feed,
    pub(crate) reactions: broadcast::Sender<Reaction>,
    pub(crate) node_id: Uuid,
    /// The handlers that are paused, as the node has seen last.
    pub(crate) paused: watch::Sender<BTreeSet<String>>,
    /// Whether a lost lease refuses effects; always, but in the control of a proof.
    pub(crate) fenced: bool,
    /// Whether what follows of a key waits behind what failed of it; always, but in the control of a proof.
    pub(crate) sequenced: bool,
    /// While so many deliveries of a partition stand aside, nothing new is taken. None step aside for 0, which is the control of
    /// a proof.
    pub(crate) most_aside: usize,
    /// Told between the two transactions that a swap consists of in the control of a proof.
    pub(crate) swaps_apart: Option<fn()>,
    /// Told when a read model has another live generation, whose partitions are free.
    pub(crate) swapped: Arc<Notify>,
}

/// Delivers the events of one partition.
pub(crate) struct Lane {
    context: LaneContext,
    handler: Arc<dyn AnyHandler>,
    partition: Partition,
    /// Of the log as it was before, nothing is delivered: some of it may have been restored since.
    since: Instant,
    /// Everything up to here is done with; the stored checkpoint may lag behind over events that are not wanted.
    position: Position,
    /// Up to here, events are delivered one by one, because one of them fails.
    one_by_one_until: Position,
    /// Keys of which deliveries have failed, or wait behind such. A key that is neither in here nor in `turns` has none that are
    /// set aside, because only the owner of the partition adds them; a key in here may have none any more, because operators
    /// remove them.
    blocked: HashSet<String>,
    /// What has stepped aside for other tenants.
    turns: Turns<WorkspaceId>,
    /// So many of those are caught up one by one, because one of them fails.
    singly: usize,
    /// When the next delivery that is set aside is due, as of the last look.
    due: Option<DateTime<Utc>>,
    look: Cadence,
    /// Whether the last step tried a delivery that was set aside; new events take turns with those.
    retried: bool,
    /// Wanted events behind `position` that were read ahead, and how far that was.
    ahead: VecDeque<Arc<Envelope>>,
    read_to: Position,
    progress: Arc<AtomicI64>,
}

/// What a step came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// There may be more.
    Worked,
    /// Nothing to do before the feed moves or a delivery is due.
    Waiting {
        /// When the next delivery is due.
        due: Option<DateTime<Utc>>,
    },
    /// What it has built is live, and no longer its own.
    Swapped,
}

impl Lane {
    /// Goes on where the partition's former owner stopped.
    pub(crate) async fn open(
        context: LaneContext,
        handler: Arc<dyn AnyHandler>,
        partition: Partition,
    ) -> Result<Self, StorageError> {
        let since = Instant::now();
        let position = context.db.checkpoint(&partition).await?;
        // In this order: what stands aside may still be left behind a failure by a former owner, so it is in both, not in neither.
        let turns = Turns::of(context.db.all_aside(&partition).await?);
        let blocked = context.db.keys_blocked(&partition).await?.into_iter().collect();
        let progress = Arc::new(AtomicI64::new(position.number()));
        let partition = Partition { fenced: context.fenced, ..partition };
        Ok(Self {
            context,
            handler,
            partition,
            since,
            position,
            blocked,
            turns,
            singly: 0,
            one_by_one_until: Position::START,
            due: None,
            look: Cadence::default(),
            retried: false,
            ahead: VecDeque::new(),
            read_to: position,
            progress,
        })
    }

    /// How far the lane has come, for whoever stores the checkpoints of idle lanes.
    pub(crate) fn progress(&self) -> Arc<AtomicI64> {
        Arc::clone(&self.progress)
    }

    /// Delivers until told to stop or fenced out.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        let mut settled = self.context.feed.watch();
        let mut paused = self.context.paused.subscribe();
        let name = self.handler.name();
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                _ = paused.wait_for(|paused| !paused.contains(name)) => {}
            }
            // Seen before the step, so that what settles during it wakes the wait below.
            settled.mark_unchanged();
            let pause = match self.step().await {
                Ok(Step::Worked) => continue,
                Ok(Step::Swapped) => return,
                Ok(Step::Waiting { due }) => self.pause(due),
                Err(Interrupted::LeaseLost) => {
                    tracing::info!(
                        handler = name,
                        "the partition has another owner, or goes on elsewhere in the log"
                    );
                    return;
                }
                Err(Interrupted::Storage(error)) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(
                        handler = name,
                        error,
                        "deliveries are interrupted; trying again"
                    );
                    Some(BROKEN)
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                _ = settled.changed() => {}
                () = sleep(pause) => {}
            }
        }
    }

    fn pause(&self, due: Option<DateTime<Utc>>) -> Option<Duration> {
        if self.blocked.is_empty() {
            return None;
        }
        let until = due.map(|due| (due - self.context.db.clock.now()).to_std().unwrap_or_default());
        Some(until.unwrap_or(LOOK_AGAIN).min(LOOK_AGAIN))
    }

    /// Looks at the rows of failed deliveries with the next step, without waiting for that.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn look_again(&mut self) {
        self.look.hurry();
    }

    /// Whether the rows of failed deliveries are looked at.
    fn looks(&mut self, now: DateTime<Utc>) -> bool {
        self.look.is_due(LOOK_AGAIN) || self.due.is_some_and(|due| due <= now)
    }

    /// Does the next thing there is to do.
    pub(crate) async fn step(&mut self) -> Result<Step, Interrupted> {
        let step = self.go_on().await?;
        if let Some(live) = self.handler.builds()
            && self.is_near_the_end()
            && self.swap(live).await?
        {
            return Ok(Step::Swapped);
        }
        Ok(step)
    }

    async fn go_on(&mut self) -> Result<Step, Interrupted> {
        let now = self.context.db.clock.now();
        // What follows of a key that stands aside has to stand there, too: it is let in only as long as there is room.
        let turn_of_events = std::mem::take(&mut self.retried) && !self.is_full();
        if !turn_of_events && !self.blocked.is_empty() && self.looks(now) {
            if let Some(delivery) = self.context.db.due_delivery(&self.partition, now).await? {
                // There may be more of them.
                self.look.hurry();
                self.retried = true;
                self.retry(delivery).await?;
                return Ok(Step::Worked);
            }
            self.due = self.context.db.next_due(&self.partition).await?;
            self.look.done();
        }
        if !turn_of_events && self.catch_up().await? {
            self.retried = true;
            return Ok(Step::Worked);
        }
        let before = self.position;
        let (events, reached) = self.take().await?;
        if events.is_empty() {
            self.reach(reached);
            let due = self.due.filter(|_| !self.blocked.is_empty());
            let moved = reached > before || turn_of_events;
            return Ok(if moved { Step::Worked } else { Step::Waiting { due } });
        }
        let delivered = self.deliver(events, reached).await;
        if self.position < reached {
            // Not all of them are done with: they are taken again.
            self.ahead.clear();
            self.read_to = self.position;
        }
        delivered?;
        Ok(Step::Worked)
    }

    /// Whether so much stands aside that nothing new is taken.
    fn is_full(&self) -> bool {
        !self.turns.is_empty() && self.turns.len() >= self.context.most_aside
    }

    /// When a transaction that begins now has taken too long.
    fn deadline(&self) -> tokio::time::Instant {
        tokio::time::Instant::now() + self.handler.options().timeout
    }

    fn reach(&mut self, position: Position) {
        self.position = position;
        self.progress.store(position.number(), Ordering::Relaxed);
    }

    /// Delivers events together. When one of them fails, they are delivered one by one, each with a step of its own, so that
    /// a lane which has to stop does so after one event.
    async fn deliver(&mut self, events: Vec<Taken>, reached: Position) -> Result<(), Interrupted> {
        let mut deliveries = Vec::with_capacity(events.len());
        for (event, aside) in events {
            let delivery = self.plan(event, aside, &deliveries).await?;
            deliveries.push(delivery);
        }
        let error = match self.attempt(&deliveries, reached).await {
            Ok(()) => return Ok(()),
            Err(Failure::Interrupted(interrupted)) => return Err(interrupted),
            Err(Failure::Handler(error)) => error,
        };
        let Some(last) = deliveries.pop() else { return Ok(()) };
        if deliveries.is_empty() {
            return self.set_aside(last, reached, &error).await;
        }
        self.one_by_one_until = last.event.position;
        Ok(())
    }

    /// Sets a failed delivery aside, with the checkpoint behind it.
    async fn set_aside(
        &mut self,
        delivery: Delivery,
        to: Position,
        error: &HandlerError,
    ) -> Result<(), Interrupted> {
        let name = self.handler.name();
        let (attempts, next) = self.next_after(0, error);
        let text = error.chain();
        let mut tx = Tx::begin(&self.context.db, Origin::reaction(name, &delivery.event)).await?;
        // The fence first: after a commit whose answer was lost, the row is there already.
        if !self.partition.advance(&mut tx, self.position, to).await? {
            return Err(Interrupted::LeaseLost);
        }
        deliveries::fail(&mut tx, name, &delivery.key(), (attempts, &text), next).await?;
        tx.commit().await?;
        self.reach(to);
        let Delivery { event, key, .. } = delivery;
        self.blocked.insert(key);
        self.look.hurry();
        self.tell_failure(&event, attempts, text, next);
        Ok(())
    }
}

async fn sleep(pause: Option<Duration>) {
    match pause {
        Some(pause) => tokio::time::sleep(pause).await,
        None => std::future::pending().await,
    }
}
