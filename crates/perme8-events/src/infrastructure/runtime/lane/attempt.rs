//! Delivering events that were never delivered before, in one transaction.

use super::{
    Failure, Interrupted, Lane,
    ahead::{Delivery, Fate},
    refused,
};
use crate::{
    domain::{error::StorageError, origin::Origin, position::Position},
    infrastructure::{
        runtime::{aside, deliveries, erased},
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
            gathered.push(if delivery.fate == Fate::Handled {
                let step = Traced::delivery(name, &delivery.event, 1);
                let facts = step.part(erased::gather(&self.handler, &delivery.event)).await;
                let facts = facts.inspect_err(|error| step.failed(&error.chain()));
                let facts = facts.map_err(Failure::Handler)?;
                (step, Some(facts))
            } else {
                (Traced::unseen(), None)
            });
        }
        let Some(first) = deliveries.first() else { return Ok(()) };
        let deadline = self.deadline();
        let mut tx = Tx::begin(&self.context.db, Origin::reaction(name, &first.event)).await?;
        // Before any handler can have spoiled the transaction.
        let is_aside = |delivery: &&Delivery| delivery.fate == Fate::Aside;
        let keys: Vec<_> = deliveries.iter().filter(is_aside).map(Delivery::key).collect();
        aside::step(&mut tx, name, &keys).await?;
        // What steps aside is no delivery that could be to blame, nor is it tried one by one.
        let refused: fn(StorageError) -> Failure =
            if keys.len() == deliveries.len() { Failure::from } else { refused };
        let mut steps = Vec::with_capacity(deliveries.len());
        for (delivery, (step, facts)) in deliveries.iter().zip(gathered) {
            tx.turn_to(step.origin(Origin::reaction(name, &delivery.event)));
            let done = match facts {
                None if delivery.fate == Fate::Aside => Ok(()),
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
            step.came_to("handled");
            self.note(delivery);
        }
        Ok(())
    }
}
