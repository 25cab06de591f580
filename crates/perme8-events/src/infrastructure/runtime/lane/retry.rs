//! Failed deliveries of a lane: when they are tried again, and when they are given up.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::{SubsecRound as _, TimeDelta};

use super::{Failure, Interrupted, Lane, refused};
use crate::{
    application::handler::{ErrorClass, HandlerError},
    domain::{envelope::Envelope, origin::Origin},
    infrastructure::{
        measures,
        runtime::{
            Outcome, Reaction,
            deliveries::{self, Due, Next},
        },
        tx::Tx,
    },
};

/// Nobody is waited for longer than this, whatever a handler asks for.
const LONGEST: TimeDelta = TimeDelta::days(366);
/// A delivery whose handler is busy is tried again no sooner, or it would do nothing else.
const SOONEST: Duration = Duration::from_millis(100);

impl Lane {
    /// Tries a delivery again that was set aside; whether it is done with now.
    pub(super) async fn retry(&mut self, due: Due) -> Result<bool, Interrupted> {
        let Some(event) = self.context.db.event_of(&due).await? else {
            let gone = HandlerError::permanent("the event is no longer in the log");
            self.fail_again(&due, None, &gone).await?;
            return Ok(false);
        };
        let event = Arc::new(event);
        match self.attempt_again(&due, &event).await {
            Ok(true) => self.tell(&event, Outcome::Handled),
            Ok(false) => {}
            Err(Failure::Interrupted(interrupted)) => return Err(interrupted),
            Err(Failure::Handler(error)) => {
                self.fail_again(&due, Some(&event), &error).await?;
                return Ok(false);
            }
        }
        if !self.context.db.is_set_aside(self.handler.name(), &due.partition_key).await? {
            self.blocked.remove(&due.partition_key);
        }
        Ok(true)
    }

    /// False when an operator has discarded the delivery in the meantime; nothing was done then.
    async fn attempt_again(&self, due: &Due, event: &Arc<Envelope>) -> Result<bool, Failure> {
        let name = self.handler.name();
        let gathered = self.gather(event, due.attempts + 1).await?;
        let mut tx = Tx::begin(&self.context.db, Origin::reaction(name, event)).await?;
        let handled = self.handle(&mut tx, vec![gathered], self.deadline()).await?;
        // The partition before the row: whoever rewinds the handler locks them in this order.
        if !self.partition.hold(&mut tx).await.map_err(refused)? {
            return Err(Failure::Interrupted(Interrupted::LeaseLost));
        }
        if !deliveries::done(&mut tx, name, due).await.map_err(refused)? {
            return Ok(false);
        }
        tx.commit().await.map_err(refused)?;
        handled.committed();
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
        if !self.partition.hold(&mut tx).await? {
            return Err(Interrupted::LeaseLost);
        }
        let there = deliveries::fail_again(&mut tx, name, due, (attempts, &text), next).await?;
        tx.commit().await?;
        if let (true, Some(event)) = (there, event) {
            self.tell_failure(event, attempts, text, next);
        }
        Ok(())
    }

    /// How often it has failed now, and how it goes on.
    pub(super) fn next_after(&self, attempts: i64, error: &HandlerError) -> (u16, Next) {
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
            ErrorClass::Busy(retry_after) => (before, after(retry_after.max(SOONEST))),
            ErrorClass::Transient if failed >= policy.attempts => (failed, Next::Dead),
            ErrorClass::Transient => (failed, after(policy.delay(failed, rand::random()))),
        }
    }

    pub(super) fn tell_failure(
        &self,
        event: &Arc<Envelope>,
        attempts: u16,
        error: String,
        next: Next,
    ) {
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

    pub(super) fn tell(&self, event: &Arc<Envelope>, outcome: Outcome) {
        let age = self.context.db.clock.now() - event.occurred_at;
        measures::delivered(self.handler.name(), &outcome, age);
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
