//! The log in memory, for tests that read what a fake transaction emitted.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::{
    application::{
        event_store::{EventFilter, EventStore},
        transaction::Transaction as _,
    },
    domain::{
        envelope::Envelope, error::StorageError, id::EventId, position::Position, unsaved::NewEvent,
    },
    testing::FakeTx,
};

/// A log in memory that behaves as those of the engines do; clones share the events.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore(Arc<Mutex<Vec<Envelope>>>);

/// Ids of events count up from here, so that transcripts repeat.
const FIRST_EVENT_ID: u128 = 0xe000_0000_0000;

impl MemoryStore {
    /// An empty log.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends what `tx` emitted, all or nothing, as a commit does.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when an event cannot be serialised.
    pub fn commit<S: Send>(&self, tx: &mut FakeTx<S>) -> Result<(), StorageError> {
        let events = tx.take_events();
        let mut log = self.events();
        let mut appended = Vec::with_capacity(events.len());
        for (event, number) in events.iter().zip(log.len() + 1..) {
            appended.push(envelope(event, number, tx)?);
        }
        log.extend(appended);
        Ok(())
    }

    /// The last event of a transaction as it would stand in a log that holds nothing else.
    pub(crate) fn envelope<S: Send>(tx: &mut FakeTx<S>) -> Result<Envelope, StorageError> {
        let event = tx.take_events().pop().expect("something was emitted");
        envelope(&event, 1, tx)
    }

    fn events(&self) -> MutexGuard<'_, Vec<Envelope>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn envelope<S: Send>(
    event: &NewEvent,
    number: usize,
    tx: &FakeTx<S>,
) -> Result<Envelope, StorageError> {
    let (event, origin) = (event.any(), tx.origin());
    let id = FIRST_EVENT_ID + u128::try_from(number).map_err(StorageError::new)?;
    Ok(Envelope {
        position: Position::new(i64::try_from(number).map_err(StorageError::new)?),
        event_id: EventId::new(Uuid::from_u128(id)),
        event_type: event.event_type().to_owned(),
        version: event.version(),
        aggregate_type: event.aggregate_type().to_owned(),
        aggregate_id: event.aggregate_id(),
        actor: origin.actor().clone(),
        on_behalf_of: origin.on_behalf_of(),
        workspace_id: event.workspace_id().or(origin.workspace_id()),
        audience: event.audience(),
        occurred_at: tx.now(),
        correlation_id: origin.correlation_id(),
        causation_id: origin.causation_id(),
        metadata: origin.metadata().clone(),
        data: RawValue::from_string(event.data()?)?,
    })
}

#[async_trait]
impl EventStore for MemoryStore {
    async fn head(&self) -> Result<Position, StorageError> {
        Ok(self.events().last().map_or(Position::START, |event| event.position))
    }

    async fn read(
        &self,
        filter: &EventFilter,
        after: Position,
        limit: u32,
    ) -> Result<Vec<Envelope>, StorageError> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let log = self.events();
        let wanted = log.iter().filter(|event| event.position > after && filter.matches(event));
        Ok(wanted.take(limit).cloned().collect())
    }

    async fn event(&self, id: EventId) -> Result<Option<Envelope>, StorageError> {
        Ok(self.events().iter().find(|event| event.event_id == id).cloned())
    }
}
