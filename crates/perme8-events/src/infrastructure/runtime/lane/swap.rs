//! The end of a rebuild: one commit applies what is left and turns the generation that was built into the live one.

use std::sync::Arc;

use super::{Failure, Interrupted, Lane, refused};
use crate::{
    domain::{envelope::Envelope, origin::Origin, position::Position},
    infrastructure::{
        projection::generations,
        runtime::{buckets::bucket, erased, layout},
        tx::Tx,
    },
};

impl Lane {
    /// Whether no more is left than one commit takes.
    pub(super) fn is_near_the_end(&self) -> bool {
        self.left(self.context.feed.settled())
    }

    fn left(&self, upto: Position) -> bool {
        let most = i64::try_from(self.handler.options().batch).unwrap_or(i64::MAX);
        upto.number() - self.position.number() <= most
    }

    /// Puts what this lane has built into the place of the live generation, unless that is too far ahead or something is set
    /// aside here.
    ///
    /// The checkpoints of the live generation stand still meanwhile, and the new one is brought as far as the furthest of
    /// them: whoever reads sees the old rows or the new ones, and nothing that was there before is missing.
    pub(super) async fn swap(&mut self, live: (&'static str, u16)) -> Result<bool, Interrupted> {
        match self.try_swap(live).await {
            Ok(swapped) => Ok(swapped),
            Err(Failure::Interrupted(interrupted)) => Err(interrupted),
            // The delivery of its own fails the same way, and is set aside.
            Err(Failure::Handler(error)) => {
                tracing::warn!(
                    handler = self.handler.name(),
                    error = error.chain(),
                    "a rebuild could not be brought to its end"
                );
                Ok(false)
            }
        }
    }

    async fn try_swap(&mut self, (live, partitions): (&'static str, u16)) -> Result<bool, Failure> {
        let (name, db) = (self.handler.name(), self.context.db.clone());
        if !db.keys_set_aside(&self.partition).await?.is_empty() {
            return Ok(false);
        }
        let mut tx = Tx::begin(&db, Origin::system(name)).await?;
        let end = generations::hold_live(&mut tx, live).await?;
        if !self.left(end) {
            return Ok(false);
        }
        let to = end.max(self.position);
        self.apply_rest(&mut tx, to).await?;
        if !self.partition.advance(&mut tx, self.position, to).await.map_err(refused)? {
            return Err(Failure::Interrupted(Interrupted::LeaseLost));
        }
        layout::take_place(&mut tx, name, (live, partitions)).await?;
        if let Some(say) = self.context.swaps_apart {
            tx.commit().await?;
            say();
            return std::future::pending().await;
        }
        if !generations::replace(&mut tx, live).await? {
            return Err(Failure::Interrupted(Interrupted::LeaseLost));
        }
        tx.commit().await.map_err(refused)?;
        tracing::info!(
            projection = live,
            generation = self.partition.generation.number(),
            position = to.number(),
            "a read model was rebuilt"
        );
        self.context.swapped.notify_one();
        Ok(true)
    }

    /// Applies the events behind the position of this lane.
    async fn apply_rest(&self, tx: &mut Tx, to: Position) -> Result<(), Failure> {
        let (after, to, deadline) = (self.position.number(), to.number(), self.deadline());
        let page = self.context.db.page(after, to, to - after).await?;
        let events: Vec<_> =
            page.into_iter().filter(|event| self.wants(event)).map(Arc::new).collect();
        if events.is_empty() {
            return Ok(());
        }
        let mut facts = Vec::with_capacity(events.len());
        for event in &events {
            facts.push(erased::gather(&self.handler, event).await.map_err(Failure::Handler)?);
        }
        let on = (tx, self.partition.generation);
        let applied = erased::handle(&self.handler, on, &events, facts, deadline).await;
        applied.map_err(Failure::Handler)
    }

    pub(super) fn wants(&self, event: &Envelope) -> bool {
        self.handler.subscriptions().iter().any(|subscription| subscription.matches(event))
            && self.partition.holds(bucket(&erased::key(&self.handler, event)))
    }
}
