//! Handlers of any kind behind one pointer.

use std::{any::Any, panic::AssertUnwindSafe, sync::Arc};

use async_trait::async_trait;
use tokio::time::Instant;

use crate::{
    application::handler::{EventHandler, HandlerError, Subscriber},
    domain::{envelope::Envelope, error::StorageError},
    infrastructure::{
        guard::guarded,
        projection::{Generation, Projection, ProjectionHandler, Rows},
        tx::Tx,
    },
};

/// What a handler gathered, its type forgotten.
pub(crate) type Facts = Box<dyn Any + Send>;

/// The object-safe side of [`EventHandler`] for the one transaction there is.
#[async_trait]
pub(crate) trait AnyHandler: Subscriber {
    async fn gather_any(&self, event: &Envelope) -> Result<Facts, HandlerError>;
    /// Handles events with what was gathered for each of them; a single one, unless it is told of all at once.
    async fn handle_any(
        &self,
        tx: &mut Tx,
        generation: Generation,
        events: &[Arc<Envelope>],
        facts: Vec<Facts>,
    ) -> Result<(), HandlerError>;

    /// Whether it is told of all events of a transaction at once. What it does then has one origin, so it emits nothing.
    fn is_told_at_once(&self) -> bool {
        false
    }

    /// The version of a projection; 0 for what is none.
    fn version(&self) -> i64 {
        0
    }

    /// The projection whose next generation it builds, with the number of partitions that it wants once it is live.
    fn builds(&self) -> Option<(&'static str, u16)> {
        None
    }

    /// Removes some rows of a generation that nobody reads; how many.
    async fn remove_rows(
        &self,
        _: &mut Tx,
        _: Generation,
        _limit: i64,
    ) -> Result<u64, StorageError> {
        Ok(0)
    }
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
        _: Generation,
        events: &[Arc<Envelope>],
        facts: Vec<Facts>,
    ) -> Result<(), HandlerError> {
        for (event, facts) in events.iter().zip(facts) {
            let facts = facts.downcast().expect("facts go back to the handler that gathered them");
            self.handle(tx, event, *facts).await?;
        }
        Ok(())
    }
}

#[async_trait]
impl<P: Projection> AnyHandler for ProjectionHandler<P> {
    async fn gather_any(&self, _: &Envelope) -> Result<Facts, HandlerError> {
        Ok(Box::new(()))
    }

    async fn handle_any(
        &self,
        tx: &mut Tx,
        generation: Generation,
        events: &[Arc<Envelope>],
        _: Vec<Facts>,
    ) -> Result<(), HandlerError> {
        apply_all(&*self.projection, &mut Rows::new(tx, generation), events).await
    }

    fn is_told_at_once(&self) -> bool {
        true
    }

    fn version(&self) -> i64 {
        i64::from(self.projection.version())
    }

    fn builds(&self) -> Option<(&'static str, u16)> {
        let live = self.projection.options().partitions;
        self.is_next().then(|| (self.projection.name(), live))
    }

    async fn remove_rows(
        &self,
        tx: &mut Tx,
        generation: Generation,
        limit: i64,
    ) -> Result<u64, StorageError> {
        self.projection.remove(&mut Rows::new(tx, generation), limit).await
    }
}

/// Applies events to rows, all at once where there are several.
pub(crate) async fn apply_all(
    projection: &impl Projection,
    rows: &mut Rows<'_>,
    events: &[Arc<Envelope>],
) -> Result<(), HandlerError> {
    match events {
        [] => Ok(()),
        [event] => projection.apply(rows, event).await,
        events => projection.apply_all(rows, events).await,
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
    (tx, generation): (&mut Tx, Generation),
    events: &[Arc<Envelope>],
    facts: Vec<Facts>,
    deadline: Instant,
) -> Result<(), HandlerError> {
    let work = handler.handle_any(tx, generation, events, facts);
    guarded(handler.options().timeout, deadline, work).await
}
