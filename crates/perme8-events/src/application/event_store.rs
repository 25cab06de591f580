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
