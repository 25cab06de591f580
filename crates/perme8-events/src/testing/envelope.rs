//! Events as handlers get to see them, for their tests.

use serde_json::value::to_raw_value;
use uuid::Uuid;

use super::ManualClock;
use crate::{
    application::clock::Clock as _,
    domain::{
        actor::Actor,
        envelope::Envelope,
        event::DomainEvent,
        id::{CorrelationId, EventId},
        origin::Metadata,
        position::Position,
    },
};

/// An event at a place in the log, on [a Monday morning](ManualClock::monday_morning); its id is 1000 more than the place.
///
/// # Panics
///
/// The place is before the log, or the event does not serialise.
#[must_use]
pub fn envelope<E: DomainEvent>(position: i64, actor: Actor, event: &E) -> Envelope {
    let number = u128::try_from(position).expect("positions are positive");
    Envelope {
        position: Position::new(position),
        event_id: EventId::new(Uuid::from_u128(1000 + number)),
        event_type: E::TYPE.to_owned(),
        version: E::VERSION,
        aggregate_type: E::AGGREGATE.to_owned(),
        aggregate_id: event.aggregate_id(),
        actor,
        on_behalf_of: None,
        workspace_id: event.workspace_id(),
        audience: event.audience(),
        occurred_at: ManualClock::monday_morning().now(),
        correlation_id: CorrelationId::new(Uuid::from_u128(3)),
        causation_id: None,
        metadata: Metadata::new(),
        data: to_raw_value(event).expect("events of tests serialise"),
    }
}
