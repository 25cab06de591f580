//! The verbs of every repository.

use crate::{
    application::transaction::Transaction,
    domain::{error::StorageError, event::Aggregate, unsaved::Unsaved},
};

/// Reads aggregates of one kind.
pub trait Load<A: Aggregate>: Transaction {
    /// The aggregate, unless there is none of that id.
    fn load(&mut self, id: A::Id) -> impl Future<Output = Result<Option<A>, StorageError>> + Send;
}

/// Writes aggregates of one kind, together with their events.
pub trait Save<A: Aggregate>: Transaction {
    /// Writes the state and buffers the events; both are committed together, or neither.
    fn save(&mut self, unsaved: Unsaved<A>)
    -> impl Future<Output = Result<A, StorageError>> + Send;
}

/// What an adapter adds to a transaction to get [`Save`]: the SQL of the state, nothing else.
pub trait Store<A: Aggregate>: Transaction {
    /// Writes the state and moves its version, or gives [`StorageError::conflict`] when the stored version is another one.
    fn store(&mut self, aggregate: &mut A)
    -> impl Future<Output = Result<(), StorageError>> + Send;
}

impl<A: Aggregate, T: Store<A>> Save<A> for T {
    async fn save(&mut self, unsaved: Unsaved<A>) -> Result<A, StorageError> {
        let (mut aggregate, events) = unsaved.into_parts();
        self.store(&mut aggregate).await?;
        for event in events {
            self.push(event);
        }
        Ok(aggregate)
    }
}
