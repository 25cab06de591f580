//! Handlers of any kind behind one pointer.

use std::{any::Any, panic::AssertUnwindSafe, sync::Arc};

use async_trait::async_trait;
use tokio::time::Instant;

use crate::{
    application::handler::{EventHandler, HandlerError, Subscriber},
    domain::envelope::Envelope,
    infrastructure::{guard::guarded, tx::Tx},
};

/// What a handler gathered, its type forgotten.
pub(crate) type Facts = Box<dyn Any + Send>;

/// The object-safe side of [`EventHandler`] for the one transaction there is.
#[async_trait]
pub(crate) trait AnyHandler: Subscriber {
    async fn gather_any(&self, event: &Envelope) -> Result<Facts, HandlerError>;
    async fn handle_any(
        &self,
        tx: &mut Tx,
        event: &Envelope,
        facts: Facts,
    ) -> Result<(), HandlerError>;
}

#[async_trait]
impl<H> AnyHandler for H
where
    H: EventHandler<Tx>,
{
    async fn gather_any(&self, event: &Envelope) -> Result<Facts, HandlerError> {
        Ok(Box::new(self.gather(event).await?))
    }

    async fn handle_any(
        &self,
        tx: &mut Tx,
        event: &Envelope,
        facts: Facts,
    ) -> Result<(), HandlerError> {
        let facts = facts.downcast().expect("facts go back to the handler that gathered them");
        self.handle(tx, event, *facts).await
    }
}

/// The key by which a handler orders an event; one that panics over it gets a key of the event's own.
pub(crate) fn key(handler: &Arc<dyn AnyHandler>, event: &Envelope) -> String {
    let key = std::panic::catch_unwind(AssertUnwindSafe(|| handler.partition_key(event)));
    key.unwrap_or_else(|_| event.event_id.to_string())
}

/// Gathers, within the time that the handler gives itself.
pub(crate) async fn gather(
    handler: &Arc<dyn AnyHandler>,
    event: &Envelope,
) -> Result<Facts, HandlerError> {
    let timeout = handler.options().timeout;
    guarded(timeout, Instant::now() + timeout, handler.gather_any(event)).await
}

/// Handles, until the time is up that the handler gives its transactions.
pub(crate) async fn handle(
    handler: &Arc<dyn AnyHandler>,
    tx: &mut Tx,
    event: &Envelope,
    facts: Facts,
    deadline: Instant,
) -> Result<(), HandlerError> {
    guarded(handler.options().timeout, deadline, handler.handle_any(tx, event, facts)).await
}
