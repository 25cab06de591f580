//! Between two steps of a transaction, where processes die in proofs and nowhere else.

use crate::{
    domain::{error::StorageError, origin::Origin},
    infrastructure::{
        tx::{Conn, Tx},
        unit_of_work::UnitOfWork,
    },
};

impl UnitOfWork {
    /// An open transaction that is not committed.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when none can be opened.
    pub async fn begin(&self, origin: Origin) -> Result<Tx, StorageError> {
        Tx::begin(&self.db, origin).await
    }
}

impl Tx {
    /// Appends what was emitted, before its time; whether that was anything.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the statement fails.
    pub async fn append(&mut self) -> Result<bool, StorageError> {
        self.append_events().await
    }

    /// Rolls back now, instead of at the next use of the connection.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the connection is broken.
    pub async fn rollback(self) -> Result<(), StorageError> {
        match self.conn {
            Conn::Sqlite(tx) => Ok(tx.rollback().await?),
            Conn::Postgres(tx) => Ok(tx.rollback().await?),
        }
    }
}
