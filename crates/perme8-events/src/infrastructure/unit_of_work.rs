//! Who opens and commits transactions.

use std::time::Duration;

use crate::{
    domain::{commit_token::CommitToken, error::StorageError, origin::Origin},
    infrastructure::{db::Db, tx::Tx},
};

/// Opens and commits transactions; the facades of contexts hold one.
#[derive(Clone, Debug)]
pub struct UnitOfWork {
    pub(crate) db: Db,
}

/// How often [`UnitOfWork::retry`] runs a command at most.
const ATTEMPTS: u32 = 5;

impl UnitOfWork {
    /// On this database.
    #[must_use]
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// Runs `body` once in a transaction, and commits state and events together if it succeeds.
    ///
    /// Inside `body` nothing but the transaction is touched: a second transaction of the same task would wait for the
    /// first one on SQLite.
    ///
    /// # Errors
    ///
    /// `body` failed, or the storage did; nothing was changed then, unless the connection broke before the answer to the
    /// commit came.
    pub async fn run<R, E: From<StorageError>>(
        &self,
        origin: Origin,
        body: impl AsyncFnOnce(&mut Tx) -> Result<R, E>,
    ) -> Result<R, E> {
        let mut tx = Tx::begin(&self.db, origin).await?;
        let result = body(&mut tx).await?;
        tx.commit().await?;
        Ok(result)
    }

    /// The same, with a token by which the effects of the commit can be waited for; that takes one more statement.
    ///
    /// # Errors
    ///
    /// As [`run`](Self::run).
    pub async fn run_for_token<R, E: From<StorageError>>(
        &self,
        origin: Origin,
        body: impl AsyncFnOnce(&mut Tx) -> Result<R, E>,
    ) -> Result<(R, CommitToken), E> {
        let mut tx = Tx::begin(&self.db, origin).await?;
        let result = body(&mut tx).await?;
        let token = tx.commit_for_token().await?;
        Ok((result, token))
    }

    /// Runs `body` once in a transaction that only reads: all that it reads is of one moment, and nobody who writes waits for it.
    ///
    /// It keeps a connection until it ends, so no more of them run at once than half of the connections there are; the others wait.
    /// Whoever looks within another one's `body` may wait for that one.
    ///
    /// # Errors
    ///
    /// `body` failed, or the storage did; or [`StorageError::is_only_looking`]: `body` wrote or took turns, or what it emitted or
    /// left to be done later would be lost.
    pub async fn look<R, E: From<StorageError>>(
        &self,
        origin: Origin,
        body: impl AsyncFnOnce(&mut Tx) -> Result<R, E>,
    ) -> Result<R, E> {
        let mut tx = Tx::begin_to_look(&self.db, origin).await?;
        let result = body(&mut tx).await?;
        tx.end().await?;
        Ok(result)
    }

    /// Runs `attempt` again, a bounded number of times, while `again` says that this may help.
    ///
    /// Each attempt is a [`run`](Self::run) of its own. It takes a closure that makes futures, because the future of an
    /// `AsyncFn(&mut Tx)` is not provably `Send`.
    ///
    /// # Errors
    ///
    /// The last attempt failed.
    pub async fn retry<R, E, F: Future<Output = Result<R, E>>>(
        &self,
        again: impl Fn(&E) -> bool,
        mut attempt: impl FnMut() -> F,
    ) -> Result<R, E> {
        for n in 1..ATTEMPTS {
            match attempt().await {
                Err(error) if again(&error) => {
                    tokio::time::sleep(Duration::from_millis(1 << n)).await;
                }
                done => return done,
            }
        }
        attempt().await
    }
}
