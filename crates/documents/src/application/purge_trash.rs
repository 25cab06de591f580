//! Ending what has been in the trash for long.

use chrono::TimeDelta;
use perme8_events::{Save, StorageError};

use crate::{
    application::{notes::Notes, ports::Documents, purge_document::purge},
    domain::document::Document,
};

/// For so long a document waits in the trash for somebody who wants it back.
const KEPT: TimeDelta = TimeDelta::days(30);

/// Ends the documents that were put into the trash 30 days ago. The host runs it regularly.
///
/// Emits [`DocumentDeleted`](crate::DocumentDeleted) for each.
#[derive(Debug, Clone)]
pub struct PurgeTrash {
    /// So many at once.
    pub limit: u32,
}

/// Why nothing was ended.
#[derive(Debug, thiserror::Error)]
pub enum PurgeTrashError {
    /// Only the system does this.
    #[error("only the system empties the trash")]
    Forbidden,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl PurgeTrash {
    /// Says how many were ended; fewer than the limit means that nothing is left.
    pub(crate) async fn execute<T: Documents + Notes + Save<Document>>(
        &self,
        tx: &mut T,
    ) -> Result<u64, PurgeTrashError> {
        if !tx.origin().actor().is_system() {
            return Err(PurgeTrashError::Forbidden);
        }
        let old = tx.trashed_until(tx.now() - KEPT, self.limit).await?;
        let mut ended = 0;
        for document in old {
            purge(tx, document).await?;
            ended += 1;
        }
        Ok(ended)
    }
}

#[cfg(test)]
mod tests;
