//! Delivering the events of one partition of one handler, in order.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use chrono::{DateTime, SubsecRound as _, TimeDelta, Utc};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{
    application::handler::{ErrorClass, HandlerError},
    domain::{envelope::Envelope, error::StorageError, origin::Origin, position::Position},
    infrastructure::{
        db::Db,
        feed::Feed,
        runtime::{
            Outcome, Reaction,
            deliveries::{self, Due, Key, Next},
            erased::{self, AnyHandler},
            partitions::{Partition, bucket},
        },
        tx::Tx,
    },
};

/// While deliveries are set aside, their rows are looked at so often: an operator may have changed them.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// How soon a lane goes on after the database has failed.
const BROKEN: Duration = Duration::from_secs(1);

/// Nobody is waited for longer than this, whatever a handler asks for.
const LONGEST: TimeDelta = TimeDelta::days(366);

/// What all lanes of a node share.
#[derive(Clone, Debug)]
pub(crate) struct LaneContext {
    pub(crate) db: Db,
    pub(crate) feed: Feed,
    pub(crate) reactions: broadcast::Sender<Reaction>,
    pub(crate) node_id: Uuid,
}

/// Delivers the events of one partition.
pub(crate) struct Lane {
    context: LaneContext,
    handler: Arc<dyn AnyHandler>,
    partition: Partition,
    /// Everything up to here is done with; the stored checkpoint may lag behind over events that are not wanted.
    position: Position,
    /// Up to here, events are delivered one by one, because one of them fails.
    one_by_one_until: Position,
    /// Keys of which deliveries are set aside. A key that is not in here has none, because only the owner of the partition
    /// adds them; a key in here may have none any more, because operators remove them.
    blocked: HashSet<String>,
    /// When the next delivery that is set aside is due, as of the last look.
    due: Option<DateTime<Utc>>,
    look_at: DateTime<Utc>,
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
}

/// Why a lane stops short.
#[derive(Debug)]
pub(crate) enum Interrupted {
    /// Somebody else owns the partition now.
    LeaseLost,
    /// The database failed.
    Storage(StorageError),
}

impl From<StorageError> for Interrupted {
    fn from(error: StorageError) -> Self {
        Self::Storage(error)
    }
}

/// Why an attempt left nothing behind.
enum Failure {
    Handler(HandlerError),
    Interrupted(Interrupted),
}

impl From<StorageError> for Failure {
    fn from(error: StorageError) -> Self {
        Self::Interrupted(error.into())
    }
}

/// What is done with an event.
struct Delivery {
    event: Arc<Envelope>,
    key: String,
    parked: bool,
}

impl Delivery {
    fn key(&self) -> Key<'_> {
        Key { text: &self.key, bucket: bucket(&self.key), event: &self.event }
    }
}

impl Lane {
    /// Goes on where the partition's former owner stopped.
    pub(crate) async fn open(
        context: LaneContext,
        handler: Arc<dyn AnyHandler>,
        partition: Partition,
    ) -> Result<Self, StorageError> {
        let position = context.db.checkpoint(&partition).await?;
        let blocked = context.db.keys_set_aside(&partition).await?.into_iter().collect();
        let progress = Arc::new(AtomicI64::new(position.number()));
        Ok(Self {
            context,
            handler,
            partition,
            position,
            blocked,
            one_by_one_until: Position::START,
            due: None,
            look_at: DateTime::UNIX_EPOCH,
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
        while !stop.is_cancelled() {
            // Seen before the step, so that what settles during it wakes the wait below.
            settled.mark_unchanged();
            let pause = match self.step().await {
                Ok(Step::Worked) => continue,
                Ok(Step::Waiting { due }) => self.pause(due),
                Err(Interrupted::LeaseLost) => {
                    tracing::info!(
                        handler = self.handler.name(),
                        "the partition has another owner"
                    );
                    return;
                }
                Err(Interrupted::Storage(error)) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(
                        handler = self.handler.name(),
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
        self.look_at = DateTime::UNIX_EPOCH;
    }

    /// Does the next thing there is to do.
    pub(crate) async fn step(&mut self) -> Result<Step, Interrupted> {
        let now = self.context.db.clock.now();
        if !self.blocked.is_empty() && now >= self.look_at {
            if let Some(delivery) = self.context.db.due_delivery(&self.partition, now).await? {
                self.retry(delivery).await?;
                return Ok(Step::Worked);
            }
            self.due = self.context.db.next_due(&self.partition).await?;
            self.look_at = self.due.unwrap_or(DateTime::<Utc>::MAX_UTC).min(now + LOOK_AGAIN);
        }
        let due = self.due.filter(|_| !self.blocked.is_empty());
        let (handler, partition) = (&self.handler, &self.partition);
        let wanted = |event: &Envelope| {
            handler.subscriptions().iter().any(|subscription| subscription.matches(event))
                && partition.holds(bucket(&handler.partition_key(event)))
        };
        let alone = self.position < self.one_by_one_until;
        let limit = if alone { 1 } else { self.handler.options().batch.max(1) };
        let page = self.context.feed.next(self.position, limit, &wanted).await?;
        if page.events.is_empty() {
            let moved = page.reached > self.position;
            self.reach(page.reached);
            return Ok(if moved { Step::Worked } else { Step::Waiting { due } });
        }
        self.deliver(page.events, page.reached).await?;
        Ok(Step::Worked)
    }

    fn reach(&mut self, position: Position) {
        self.position = position;
        self.progress.store(position.number(), Ordering::Relaxed);
    }

    /// Delivers events together. When one of them fails, they are delivered one by one, each with a step of its own, so that
    /// a lane which has to stop does so after one event.
    async fn deliver(
        &mut self,
        mut events: Vec<Arc<Envelope>>,
        reached: Position,
    ) -> Result<(), Interrupted> {
        let mut deliveries = Vec::with_capacity(events.len());
        for event in events.drain(..) {
            let delivery = self.plan(event, &deliveries).await?;
            deliveries.push(delivery);
        }
        match (self.attempt(&deliveries, reached).await, deliveries.pop()) {
            (Ok(()), _) | (_, None) => Ok(()),
            (Err(Failure::Interrupted(interrupted)), _) => Err(interrupted),
            (Err(Failure::Handler(error)), Some(delivery)) if deliveries.is_empty() => {
                self.set_aside(delivery, reached, &error).await
            }
            (Err(Failure::Handler(_)), Some(last)) => {
                self.one_by_one_until = last.event.position;
                Ok(())
            }
        }
    }

    /// What is done with an event that follows `earlier` ones in the same transaction.
    async fn plan(
        &mut self,
        event: Arc<Envelope>,
        earlier: &[Delivery],
    ) -> Result<Delivery, StorageError> {
        let key = self.handler.partition_key(&event);
        // An operator may unblock the key at any moment, but not between two events of one transaction.
        if earlier.iter().any(|delivery| delivery.parked && delivery.key == key) {
            return Ok(Delivery { event, key, parked: true });
        }
        let mut parked = self.blocked.contains(&key);
        if parked && !self.context.db.is_set_aside(self.handler.name(), &key).await? {
            self.blocked.remove(&key);
            parked = false;
        }
        Ok(Delivery { event, key, parked })
    }

    /// Effects, the events that they emit, and the checkpoint: all or nothing.
    async fn attempt(&mut self, deliveries: &[Delivery], to: Position) -> Result<(), Failure> {
        let name = self.handler.name();
        let mut facts = Vec::with_capacity(deliveries.len());
        for delivery in deliveries {
            facts.push(if delivery.parked {
                None
            } else {
                let facts = erased::gather(&self.handler, &delivery.event).await;
                Some(facts.map_err(Failure::Handler)?)
            });
        }
        let Some(first) = deliveries.first() else { return Ok(()) };
        let mut tx = Tx::begin(&self.context.db, Origin::reaction(name, &first.event)).await?;
        for (delivery, facts) in deliveries.iter().zip(facts) {
            tx.turn_to(Origin::reaction(name, &delivery.event));
            match facts {
                None => deliveries::park(&mut tx, name, &delivery.key()).await.map_err(refused)?,
                Some(facts) => erased::handle(&self.handler, &mut tx, &delivery.event, facts)
                    .await
                    .map_err(Failure::Handler)?,
            }
        }
        if !self.partition.advance(&mut tx, self.position, to).await.map_err(refused)? {
            return Err(Failure::Interrupted(Interrupted::LeaseLost));
        }
        tx.commit().await.map_err(refused)?;
        self.reach(to);
        for delivery in deliveries {
            let outcome = if delivery.parked { Outcome::Parked } else { Outcome::Handled };
            self.tell(&delivery.event, outcome);
        }
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
        self.look_at = DateTime::UNIX_EPOCH;
        self.tell_failure(&event, attempts, text, next);
        Ok(())
    }

    /// Tries a delivery again that was set aside.
    async fn retry(&mut self, due: Due) -> Result<(), Interrupted> {
        let Some(event) = self.context.db.event_of(&due).await? else {
            let gone = HandlerError::permanent("the event is no longer in the log");
            return self.fail_again(&due, None, &gone).await;
        };
        let event = Arc::new(event);
        match self.attempt_again(&due, &event).await {
            Ok(true) => self.tell(&event, Outcome::Handled),
            Ok(false) => {}
            Err(Failure::Interrupted(interrupted)) => return Err(interrupted),
            Err(Failure::Handler(error)) => {
                return self.fail_again(&due, Some(&event), &error).await;
            }
        }
        if !self.context.db.is_set_aside(self.handler.name(), &due.partition_key).await? {
            self.blocked.remove(&due.partition_key);
        }
        Ok(())
    }

    /// False when an operator has discarded the delivery in the meantime; nothing was done then.
    async fn attempt_again(&self, due: &Due, event: &Envelope) -> Result<bool, Failure> {
        let name = self.handler.name();
        let facts = erased::gather(&self.handler, event).await.map_err(Failure::Handler)?;
        let mut tx = Tx::begin(&self.context.db, Origin::reaction(name, event)).await?;
        erased::handle(&self.handler, &mut tx, event, facts).await.map_err(Failure::Handler)?;
        if !deliveries::done(&mut tx, name, due).await.map_err(refused)? {
            return Ok(false);
        }
        if !self.partition.hold(&mut tx).await.map_err(refused)? {
            return Err(Failure::Interrupted(Interrupted::LeaseLost));
        }
        tx.commit().await.map_err(refused)?;
        Ok(true)
    }

    async fn fail_again(
        &mut self,
        due: &Due,
        event: Option<&Arc<Envelope>>,
        error: &HandlerError,
    ) -> Result<(), Interrupted> {
        let name = self.handler.name();
        let (attempts, next) = self.next_after(due.attempts, error);
        let text = error.chain();
        let origin =
            event.map_or_else(|| Origin::system(name), |event| Origin::reaction(name, event));
        let mut tx = Tx::begin(&self.context.db, origin).await?;
        let there = deliveries::fail_again(&mut tx, name, due, (attempts, &text), next).await?;
        if !self.partition.hold(&mut tx).await? {
            return Err(Interrupted::LeaseLost);
        }
        tx.commit().await?;
        if let (true, Some(event)) = (there, event) {
            self.tell_failure(event, attempts, text, next);
        }
        Ok(())
    }

    /// How often it has failed now, and how it goes on.
    fn next_after(&self, attempts: i64, error: &HandlerError) -> (u16, Next) {
        let before = u16::try_from(attempts).unwrap_or(u16::MAX);
        let failed = before.saturating_add(1);
        let policy = self.handler.options().retry;
        let now = self.context.db.clock.now();
        let after = |delay: Duration| {
            let delay = TimeDelta::from_std(delay).unwrap_or(LONGEST).min(LONGEST);
            Next::At((now + delay).trunc_subsecs(6))
        };
        match error.class() {
            ErrorClass::Permanent => (failed, Next::Dead),
            ErrorClass::Busy(retry_after) => (before, after(retry_after)),
            ErrorClass::Transient if failed >= policy.attempts => (failed, Next::Dead),
            ErrorClass::Transient => (failed, after(policy.delay(failed, rand::random()))),
        }
    }

    fn tell_failure(&self, event: &Arc<Envelope>, attempts: u16, error: String, next: Next) {
        let handler = self.handler.name();
        let (event_id, event_type) = (event.event_id, event.event_type.as_str());
        match next {
            Next::At(due_at) => {
                tracing::warn!(handler, %event_id, event_type, attempts, %due_at, error, "a delivery failed");
                self.tell(event, Outcome::Failed { attempts, error, due_at });
            }
            Next::Dead => {
                tracing::error!(handler, %event_id, event_type, attempts, error, "a delivery became a dead letter");
                self.tell(event, Outcome::DeadLettered { error });
            }
        }
    }

    fn tell(&self, event: &Arc<Envelope>, outcome: Outcome) {
        let reaction = Reaction {
            handler: self.handler.name(),
            event: Arc::clone(event),
            outcome,
            at: Instant::now(),
        };
        // Nobody listening is the usual case.
        let _ = self.context.reactions.send(reaction);
    }
}

/// What the database refuses behind a handler is a failure of the delivery: a handler may have swallowed an error that
/// spoils its transaction. Only when the database is gone altogether nobody is to blame.
fn refused(error: StorageError) -> Failure {
    if error.is_unavailable() { error.into() } else { Failure::Handler(error.into()) }
}

async fn sleep(pause: Option<Duration>) {
    match pause {
        Some(pause) => tokio::time::sleep(pause).await,
        None => std::future::pending().await,
    }
}
