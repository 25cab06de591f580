//! Closing the accounts of calls that a crash left open.

use perme8_events::StorageError;

use crate::application::ports::Accounts;

/// Closes the accounts of calls that must be over by now, the oldest first. The host runs it regularly.
///
/// They are not asked again. What they took at least stays in the accounts: what was said to the model.
#[derive(Debug, Clone)]
pub struct CloseAbandoned {
    /// So many at once.
    pub limit: u32,
}

/// Why nothing was closed.
#[derive(Debug, thiserror::Error)]
pub enum CloseAbandonedError {
    /// Only the system does this.
    #[error("only the system closes abandoned calls")]
    Forbidden,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl CloseAbandoned {
    /// Says how many were closed; fewer than the limit means that nothing is left.
    pub(crate) async fn execute(&self, tx: &mut impl Accounts) -> Result<u64, CloseAbandonedError> {
        if !tx.origin().actor().is_system() {
            return Err(CloseAbandonedError::Forbidden);
        }
        let now = tx.now();
        Ok(tx.abandon_accounts(now, self.limit).await?)
    }
}
