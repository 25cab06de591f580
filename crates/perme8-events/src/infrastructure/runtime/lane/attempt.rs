//! Delivering events that were never delivered before, in one transaction.

use super::{Delivery, Failure, Interrupted, Lane, refused};
use crate::{
    domain::{origin::Origin, position::Position},
    infrastructure::{
        runtime::{Outcome, deliveries, erased},
        traces::Traced,
        tx::Tx,
    },
};

impl Lane {
    /// Effects, the events that they emit, and the checkpoint: all or nothing.
    pub(super) async fn attempt(
        &mut self,
        deliveries: &[Delivery],
        to: Position,
    ) -> Result<(), Failure> {
        let name = self.handler.name();
        let mut gathered = Vec::with_capacity(deliveries.len());
        for delivery in deliveries {
            gathered.push(if delivery.parked {
                (Traced::unseen(), None)
            } else {
                let step = Traced::delivery(name, &delivery.event, 1);
                let facts = step.part(erased::gather(&self.handler, &delivery.event)).await;
                let facts = facts.inspect_err(|error| step.failed(&error.chain()));
                let facts = facts.map_err(Failure::Handler)?;
                (step, Some(facts))
            });
        }
        let Some(first) = deliveries.first() else { return Ok(()) };
        let deadline = self.deadline();
        let mut tx = Tx::begin(&self.context.db, Origin::reaction(name, &first.event)).await?;
        let mut steps = Vec::with_capacity(deliveries.len());
        for (delivery, (step, facts)) in deliveries.iter().zip(gathered) {
            tx.turn_to(step.origin(Origin::reaction(name, &delivery.event)));
            let done = match facts {
                None => deliveries::park(&mut tx, name, &delivery.key()).await.map_err(refused),
                Some(facts) => {
                    let on = (&mut tx, self.partition.generation);
                    step.part(erased::handle(&self.handler, on, &delivery.event, facts, deadline))
                        .await
                        .inspect_err(|error| step.failed(&error.chain()))
                        .map_err(Failure::Handler)
                }
            };
            done?;
            steps.push(step);
        }
        if !self.partition.advance(&mut tx, self.position, to).await.map_err(refused)? {
            return Err(Failure::Interrupted(Interrupted::LeaseLost));
        }
        tx.commit().await.map_err(refused)?;
        self.reach(to);
        for (delivery, step) in deliveries.iter().zip(steps) {
            let outcome = if delivery.parked { Outcome::Parked } else { Outcome::Handled };
            step.came_to("handled");
            self.tell(&delivery.event, outcome);
        }
        Ok(())
    }
}
