//! Forgetting the mails of a host without a mail server.

use chrono::TimeDelta;
use perme8_events::StorageError;

use crate::application::ports::MailboxEntries;

/// For so long a mail stays in the mailbox: long enough to develop with, and no archive.
const KEPT: TimeDelta = TimeDelta::days(7);

/// Forgets mails of the mailbox that are older than a week, the oldest first. The host runs it regularly.
#[derive(Debug, Clone)]
pub struct PurgeMailbox {
    /// So many at once.
    pub limit: u32,
}

/// Why nothing was forgotten.
#[derive(Debug, thiserror::Error)]
pub enum PurgeMailboxError {
    /// Only the system does this.
    #[error("only the system purges the mailbox")]
    Forbidden,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl PurgeMailbox {
    /// Says how many were forgotten; fewer than the limit means that nothing is left.
    pub(crate) async fn execute(
        &self,
        tx: &mut impl MailboxEntries,
    ) -> Result<u64, PurgeMailboxError> {
        if !tx.origin().actor().is_system() {
            return Err(PurgeMailboxError::Forbidden);
        }
        let before = tx.now() - KEPT;
        Ok(tx.purge_mails(before, self.limit).await?)
    }
}
