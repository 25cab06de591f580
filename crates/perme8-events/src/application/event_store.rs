//! Reading the log.

use async_trait::async_trait;

use crate::domain::{
    envelope::Envelope,
    error::StorageError,
    id::{CorrelationId, EventId, WorkspaceId},
    position::Position,
};

/// Which events a reader wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventFilter {
    /// All of them.
    All,
    /// Those of one type.
    Type(String),
    /// Those of one aggregate.
    Aggregate {
        /// What kind of thing.
        aggregate_type: String,
        /// Which one.
        aggregate_id: String,
    },
    /// Those that belong to one workspace.
    Workspace(WorkspaceId),
    /// Those that one outside request led to.
    Correlation(CorrelationId),
}

impl EventFilter {
    /// Whether an event is wanted.
    #[must_use]
    pub fn matches(&self, event: &Envelope) -> bool {
        match self {
            Self::All => true,
            Self::Type(event_type) => event.event_type == *event_type,
            Self::Aggregate { aggregate_type, aggregate_id } => {
                event.aggregate_type == *aggregate_type && event.aggregate_id == *aggregate_id
            }
            Self::Workspace(id) => event.workspace_id == Some(*id),
            Self::Correlation(id) => event.correlation_id == *id,
        }
    }
}

/// Reads the log, in order, without ever missing an event that commits late.
#[async_trait]
pub trait EventStore: Send + Sync {
    /// The last position that is settled: everything up to it is committed or will never be.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the storage fails.
    async fn head(&self) -> Result<Position, StorageError>;

    /// At most `limit` settled events behind `after`.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the storage fails.
    async fn read(
        &self,
        filter: &EventFilter,
        after: Position,
        limit: u32,
    ) -> Result<Vec<Envelope>, StorageError>;

    /// The event of this id.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the storage fails.
    async fn event(&self, id: EventId) -> Result<Option<Envelope>, StorageError>;
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{
        domain::{actor::Actor, core_events::PersonForgotten, id::UserId},
        testing,
    };

    #[test]
    fn a_reader_gets_what_was_asked_for_and_nothing_else() {
        let id = Uuid::from_u128;
        let user_id = UserId::new(id(1));
        let event = PersonForgotten { user_id, for_good: true, operator: None };
        let mut event = testing::envelope(7, Actor::Anonymous, &event);
        event.workspace_id = Some(WorkspaceId::new(id(2)));
        let aggregate = |kind: &str, id: &str| EventFilter::Aggregate {
            aggregate_type: kind.to_owned(),
            aggregate_id: id.to_owned(),
        };
        for (filter, wanted) in [
            (EventFilter::All, true),
            (EventFilter::Type("perme8_events.person_forgotten".to_owned()), true),
            (EventFilter::Type("perme8_events.timer_fired".to_owned()), false),
            (aggregate("person", &event.aggregate_id), true),
            (aggregate("timer", &event.aggregate_id), false),
            (aggregate("person", "2"), false),
            (EventFilter::Workspace(WorkspaceId::new(id(2))), true),
            (EventFilter::Workspace(WorkspaceId::new(id(3))), false),
            (EventFilter::Correlation(event.correlation_id), true),
            (EventFilter::Correlation(CorrelationId::new(id(4))), false),
        ] {
            assert_eq!(filter.matches(&event), wanted, "{filter:?}");
        }
    }
}
