//! The accounts, for hosts and operators.

use perme8_events::{
    Origin, StorageError,
    sql::{Db, UnitOfWork},
};

use crate::{
    application::{
        read_models::{ModelUsage, UsageFilter},
        upkeep::{CloseAbandoned, LedgerUpkeepError, PurgeAccounts},
    },
    infrastructure::usage_queries,
};

/// What was asked of language models, and what it took. No text is in it.
///
/// It asks nobody who asks, so it belongs into the hands of operators.
#[derive(Debug, Clone)]
pub struct Ledger {
    db: Db,
}

impl Ledger {
    /// On this database.
    #[must_use]
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// What was asked, by model and purpose, as far back as accounts are kept.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the storage fails.
    pub async fn usage(&self, filter: &UsageFilter) -> Result<Vec<ModelUsage>, StorageError> {
        usage_queries::usage(&self.db, filter).await
    }

    /// Closes accounts that a crash left open, and says how many; fewer than the limit means that nothing is left. Only the
    /// system may.
    ///
    /// # Errors
    ///
    /// [`LedgerUpkeepError`].
    pub async fn close_abandoned(
        &self,
        origin: Origin,
        command: CloseAbandoned,
    ) -> Result<u64, LedgerUpkeepError> {
        let uow = UnitOfWork::new(self.db.clone());
        uow.run(origin, async |tx| command.execute(tx).await).await
    }

    /// Deletes accounts of calls that began long ago, and says how many; fewer than the limit means that nothing is left. Only
    /// the system may.
    ///
    /// # Errors
    ///
    /// [`LedgerUpkeepError`].
    pub async fn purge(
        &self,
        origin: Origin,
        command: PurgeAccounts,
    ) -> Result<u64, LedgerUpkeepError> {
        let uow = UnitOfWork::new(self.db.clone());
        uow.run(origin, async |tx| command.execute(tx).await).await
    }
}
