//! Delivering events that were never delivered before, in one transaction.

use super::{
    Failure, Interrupted, Lane,
    ahead::{Delivery, Fate},
    refused,
};
use crate::{
    domain::{error::StorageError, origin::Origin, position::Position},
    infrastructure::{
        runtime::{aside, deliveries},
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
        for delivery in deliveries.iter().filter(|delivery| delivery.fate == Fate::Handled) {
            gathered.push(self.gather(&delivery.event, 1).await?);
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
        // Refused like the rest: after a commit whose answer was lost, the rows are there already, and the fence says so to
        // whoever tries one of them by itself.
        for parked in deliveries.iter().filter(|delivery| delivery.fate == Fate::Parked) {
            deliveries::park(&mut tx, name, &parked.key()).await.map_err(refused)?;
        }
        let handled = self.handle(&mut tx, gathered, deadline).await?;
        if !self.partition.advance(&mut tx, self.position, to).await.map_err(refused)? {
            return Err(Failure::Interrupted(Interrupted::LeaseLost));
        }
        tx.commit().await.map_err(refused)?;
        self.reach(to);
        handled.committed();
        for delivery in deliveries {
            self.note(delivery);
        }
        Ok(())
    }
}
