//! What a use case may know of the transaction it runs in.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::domain::{event::DomainEvent, id::Id, origin::Origin, unsaved::NewEvent};

/// An open transaction, as seen by a use case: it can neither commit nor roll back.
pub trait Transaction: Send {
    /// On whose behalf this transaction runs.
    fn origin(&self) -> &Origin;
    /// The one instant at which everything in this transaction happens, cut to microseconds.
    fn now(&self) -> DateTime<Utc>;
    /// A fresh UUID, ordered by time.
    fn new_uuid(&mut self) -> Uuid;
    /// Buffers an event until the commit.
    fn push(&mut self, event: NewEvent);

    /// A fresh id.
    fn new_id<A>(&mut self) -> Id<A> {
        Id::new(self.new_uuid())
    }

    /// Emits a fact without state, e.g. a login; what has state is saved with its events by [`Save`](crate::Save).
    fn emit<E: DomainEvent>(&mut self, event: E) {
        self.push(NewEvent::of(event));
    }
}
