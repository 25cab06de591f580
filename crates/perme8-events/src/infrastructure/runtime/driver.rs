//! Delivering by hand, in virtual time, for tests.

use chrono::{DateTime, Utc};
use tokio::sync::broadcast::{Receiver, error::TryRecvError};
use tokio_util::sync::CancellationToken;

use crate::{
    infrastructure::{
        feed::{Feed, Follower},
        runtime::{
            Reaction, Runtime,
            lane::{Interrupted, Lane, Step},
            start,
        },
    },
    testing::ManualClock,
};

/// Delivers when told to, until nothing is left to do; nothing runs by itself, and no time passes unless it must.
pub struct Driver {
    follower: Follower,
    feed: Feed,
    lanes: Vec<Lane>,
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
        start::check(&self.db, &self.handlers, &self.retired)
            .await
            .expect("the database fits the handlers");
        let (feed, follower) =
            Feed::open(&self.db, CancellationToken::new()).await.expect("the log is readable");
        let context = self.context(&feed);
        let mut lanes = Vec::new();
        for row in self.db.partitions().await.expect("the partitions are readable") {
            let Some(handler) = self.handlers.iter().find(|handler| handler.name() == row.handler)
            else {
                continue;
            };
            let partition =
                self.db.claim(&row, context.node_id).await.expect("the partitions are writable");
            let partition = partition.expect("nobody else runs handlers in a test");
            let lane = Lane::open(context.clone(), std::sync::Arc::clone(handler), partition).await;
            lanes.push(lane.expect("the checkpoint is readable"));
        }
        Driver { follower, feed, lanes, clock, reactions: self.reactions() }
    }
}

impl Driver {
    /// Delivers until nothing is left to do, and tells what happened on the way, in order.
    ///
    /// # Panics
    ///
    /// The database fails, or another process took the partitions.
    pub async fn run_until_idle(&mut self) -> Vec<Reaction> {
        // An operator may have done something since.
        self.lanes.iter_mut().for_each(Lane::look_again);
        loop {
            let (worked, due) = self.round().await;
            match (worked, due, &self.clock) {
                (true, ..) => {}
                (false, Some(due), Some(clock)) => clock.advance_to(due),
                (false, ..) => return self.heard(),
            }
        }
    }

    /// The feed, for live subscriptions.
    #[must_use]
    pub fn feed(&self) -> &Feed {
        &self.feed
    }

    async fn round(&mut self) -> (bool, Option<DateTime<Utc>>) {
        while self.follower.poll().await.expect("the log is readable").is_zero() {}
        let (mut worked, mut next_due) = (false, None::<DateTime<Utc>>);
        for lane in &mut self.lanes {
            loop {
                match lane.step().await {
                    Ok(Step::Worked) => worked = true,
                    Ok(Step::Waiting { due }) => {
                        next_due = next_due.into_iter().chain(due).min();
                        break;
                    }
                    Err(Interrupted::LeaseLost) => panic!("another process took the partition"),
                    Err(Interrupted::Storage(error)) => panic!("the database failed: {error:?}"),
                }
            }
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
