//! Catching up with what has stepped aside, in turns.

use std::{collections::HashSet, sync::Arc};

use super::{Failure, Interrupted, Lane, refused};
use crate::{
    domain::{envelope::Envelope, error::StorageError, origin::Origin},
    infrastructure::{
        runtime::{Outcome, aside, deliveries::Due, fairness},
        tx::Tx,
    },
};

impl Lane {
    /// Handles some of what has stepped aside, of the tenant whose turn it is; false when there is nothing of the kind.
    pub(super) async fn catch_up(&mut self) -> Result<bool, Interrupted> {
        if self.turns.is_empty() {
            return Ok(false);
        }
        let is_alone = self.ahead.is_empty() && self.position >= self.context.feed.settled();
        let together =
            fairness::caught_up(self.handler.options().batch, is_alone || self.is_full());
        let turn = self.turns.next(if self.singly > 0 { 1 } else { together });
        let positions: Vec<_> = turn.iter().map(|(position, _)| *position).collect();
        let name = self.handler.name();
        let there = self.context.db.still_aside(name, &positions).await?;
        let (ready, behind) = aside::in_order(there);
        if !behind.is_empty() {
            self.fall_behind(&behind).await?;
        }
        let found: HashSet<_> = ready.iter().map(|due| due.position).collect();
        let elsewhere = turn.iter().filter(|(position, _)| !found.contains(position));
        // Operators may have removed them, or they wait for something else now.
        self.blocked.extend(elsewhere.map(|(_, key)| key.to_string()));
        // What waits behind them may be next then.
        let mut look = ready.iter().any(|due| self.blocked.contains(&due.partition_key));
        if ready.len() < 2 {
            for due in ready {
                let key = due.partition_key.clone();
                // It may fail.
                let is_new = self.blocked.insert(key.clone());
                let is_done = self.retry(due).await?;
                if is_done && is_new {
                    // Whatever else there is of its key stands aside, too.
                    self.blocked.remove(&key);
                }
                // It is due before anybody knows.
                look |= !is_done;
            }
        } else if !self.caught_up(&ready).await? {
            self.singly = turn.len();
            return Ok(true);
        }
        self.singly = self.singly.saturating_sub(1);
        self.turns.take(turn.len());
        if look {
            self.look.hurry();
        }
        Ok(true)
    }

    /// Leaves deliveries to those of the same key that are set aside before them. Whoever has lost the partition may do so,
    /// too: the new owner finds them where it looks for followers of failures.
    async fn fall_behind(&mut self, behind: &[Due]) -> Result<(), StorageError> {
        let name = self.handler.name();
        let mut tx = Tx::begin(&self.context.db, Origin::system(name)).await?;
        aside::fall_behind(&mut tx, name, behind).await?;
        tx.commit().await?;
        self.look.hurry();
        Ok(())
    }

    /// Handles deliveries together; false when they have to be tried one by one.
    async fn caught_up(&self, ready: &[Due]) -> Result<bool, Interrupted> {
        let positions: Vec<_> = ready.iter().map(|due| due.position).collect();
        let events = self.context.db.events_at(&positions).await?;
        let events: Vec<_> = events.into_iter().map(Arc::new).collect();
        // The log may have forgotten some.
        if events.len() < ready.len() {
            return Ok(false);
        }
        match self.attempt_all(ready, &events).await {
            Ok(true) => {}
            Ok(false) | Err(Failure::Handler(_)) => return Ok(false),
            Err(Failure::Interrupted(interrupted)) => return Err(interrupted),
        }
        for event in &events {
            self.tell(event, Outcome::Handled);
        }
        Ok(true)
    }

    /// Effects and the end of their rows: all or nothing. False when an operator has removed a row in the meantime.
    async fn attempt_all(&self, ready: &[Due], events: &[Arc<Envelope>]) -> Result<bool, Failure> {
        let name = self.handler.name();
        let mut gathered = Vec::with_capacity(events.len());
        for (event, due) in events.iter().zip(ready) {
            gathered.push(self.gather(event, due.attempts + 1).await?);
        }
        let Some(first) = events.first() else { return Ok(true) };
        let deadline = self.deadline();
        let mut tx = Tx::begin(&self.context.db, Origin::reaction(name, first)).await?;
        let handled = self.handle(&mut tx, gathered, deadline).await?;
        // The partition before the rows: whoever rewinds the handler locks them in this order.
        if !self.partition.hold(&mut tx).await.map_err(refused)? {
            return Err(Failure::Interrupted(Interrupted::LeaseLost));
        }
        if !aside::done(&mut tx, name, ready).await.map_err(refused)? {
            return Ok(false);
        }
        tx.commit().await.map_err(refused)?;
        handled.committed();
        Ok(true)
    }
}
