//! What use cases of entries ask of the storage.

use chrono::{DateTime, Utc};
use perme8_events::{StorageError, Transaction, WorkspaceId};

use crate::domain::{
    knowledge::relation::RelationType,
    references::{EdgeId, EntityId},
};

/// How entries relate to each other.
pub(crate) trait Relations: Transaction {
    /// The relation of this type from one entry to another, if there is one, and since when there is.
    fn relation_between(
        &mut self,
        workspace: WorkspaceId,
        from: EntityId,
        relation_type: RelationType,
        to: EntityId,
    ) -> impl Future<Output = Result<Option<(EdgeId, DateTime<Utc>)>, StorageError>> + Send;
}
