//! Looking after the accounts: those that a crash left open, and those that are old.

use std::time::Duration;

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

/// Deletes the accounts of calls that began long ago, the oldest first. The host runs it regularly.
#[derive(Debug, Clone)]
pub struct PurgeAccounts {
    /// So long accounts are kept; longer than any call takes.
    pub kept: Duration,
    /// So many at once.
    pub limit: u32,
}

/// Why the accounts were not looked after.
#[derive(Debug, thiserror::Error)]
pub enum LedgerUpkeepError {
    /// Only the system does this.
    #[error("only the system looks after the accounts of language models")]
    Forbidden,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl CloseAbandoned {
    /// Says how many were closed; fewer than the limit means that nothing is left.
    pub(crate) async fn execute(&self, tx: &mut impl Accounts) -> Result<u64, LedgerUpkeepError> {
        by_the_system(tx)?;
        let now = tx.now();
        Ok(tx.abandon_accounts(now, self.limit).await?)
    }
}

impl PurgeAccounts {
    /// Says how many were deleted; fewer than the limit means that nothing is left.
    pub(crate) async fn execute(&self, tx: &mut impl Accounts) -> Result<u64, LedgerUpkeepError> {
        by_the_system(tx)?;
        let until = tx.now() - self.kept;
        Ok(tx.delete_accounts(until, self.limit).await?)
    }
}

fn by_the_system(tx: &impl Accounts) -> Result<(), LedgerUpkeepError> {
    if tx.origin().actor().is_system() { Ok(()) } else { Err(LedgerUpkeepError::Forbidden) }
}
