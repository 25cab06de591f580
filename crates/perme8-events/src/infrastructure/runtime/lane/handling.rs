//! Gathering for events, and handling them.

use std::sync::Arc;

use tokio::time::Instant;

use super::{Failure, Lane};
use crate::{
    domain::{envelope::Envelope, origin::Origin},
    infrastructure::{
        runtime::erased::{self, Facts},
        traces::Traced,
        tx::Tx,
    },
};

/// An event, with what its handler has gathered for it.
pub(super) struct Gathered {
    event: Arc<Envelope>,
    facts: Facts,
    step: Traced,
}

/// Deliveries that are done with as soon as their transaction is committed.
#[must_use = "a step of a trace without an outcome counts as rolled back"]
pub(super) struct Handled(Vec<Traced>);

impl Handled {
    /// They are.
    pub(super) fn committed(self) {
        for step in self.0 {
            step.came_to("handled");
        }
    }
}

impl Lane {
    /// Gathers for an event, of which this is the `attempt`th delivery.
    pub(super) async fn gather(
        &self,
        event: &Arc<Envelope>,
        attempt: i64,
    ) -> Result<Gathered, Failure> {
        let step = Traced::delivery(self.handler.name(), event, attempt);
        let facts = step.part(erased::gather(&self.handler, event)).await;
        let facts = facts.inspect_err(|error| step.failed(&error.chain()));
        Ok(Gathered { event: Arc::clone(event), facts: facts.map_err(Failure::Handler)?, step })
    }

    /// Handles events in their order: one after another, each as what led to what is emitted then, or all at once if the
    /// handler is told of them so. What is done for all of them shows in the first trace that one of them belongs to.
    pub(super) async fn handle(
        &self,
        tx: &mut Tx,
        gathered: Vec<Gathered>,
        deadline: Instant,
    ) -> Result<Handled, Failure> {
        let at_once = if self.handler.is_told_at_once() { gathered.len() } else { 1 };
        let mut steps = Vec::with_capacity(gathered.len());
        let mut rest = gathered.into_iter();
        while rest.len() > 0 {
            let group = rest.by_ref().take(at_once);
            let (events, facts, group): (Vec<_>, Vec<_>, Vec<_>) =
                group.map(|Gathered { event, facts, step }| (event, facts, step)).collect();
            tx.turn_to(group[0].origin(Origin::reaction(self.handler.name(), &events[0])));
            let on = (&mut *tx, self.partition.generation);
            let work = erased::handle(&self.handler, on, &events, facts, deadline);
            let shown = group.iter().find(|step| step.is_seen()).unwrap_or(&group[0]);
            if let Err(error) = shown.part(work).await {
                // Of several, nobody knows which is to blame before each is tried by itself.
                if let [step] = &*group {
                    step.failed(&error.chain());
                }
                return Err(Failure::Handler(error));
            }
            steps.extend(group);
        }
        Ok(Handled(steps))
    }
}
