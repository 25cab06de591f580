//! The worker that closes answers which nobody writes any more.

use async_trait::async_trait;
use perme8_events::{
    HandlerError, JobRun, Schedule, Worker,
    sql::{Db, UnitOfWork},
};

use crate::application::close_interrupted::{CloseInterrupted, close_interrupted};

/// Closes answers which nobody writes any more, because a host broke down.
#[derive(Debug, Clone)]
pub struct Closer {
    uow: UnitOfWork,
}

impl Closer {
    /// On this database.
    #[must_use]
    pub fn new(db: Db) -> Self {
        Self { uow: UnitOfWork::new(db) }
    }

    /// When it looks for some.
    ///
    /// # Panics
    ///
    /// Never: the pattern comes true.
    #[must_use]
    pub fn schedule() -> Schedule {
        Schedule::new("chat.close_interrupted", "*/5 * * * *", CloseInterrupted {})
            .expect("this pattern comes true")
    }
}

#[async_trait]
impl Worker for Closer {
    type Job = CloseInterrupted;
    /// How many were closed.
    type Done = u64;

    async fn work(&self, _: CloseInterrupted, run: &JobRun) -> Result<u64, HandlerError> {
        Ok(self.uow.run(run.origin(), async |tx| close_interrupted(tx).await).await?)
    }
}
