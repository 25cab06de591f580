//! The worker that clears large workspaces.

use std::time::Duration;

use async_trait::async_trait;
use perme8_events::{
    HandlerError, JobRun, QueueOptions, StorageError, Worker,
    sql::{Db, UnitOfWork},
};

use crate::application::clearance::Clearance;

/// Takes away what the handler of a loss left to it.
#[derive(Debug, Clone)]
pub struct Clearer {
    uow: UnitOfWork,
}

impl Clearer {
    /// On this database.
    #[must_use]
    pub fn new(db: Db) -> Self {
        Self { uow: UnitOfWork::new(db) }
    }
}

#[async_trait]
impl Worker for Clearer {
    type Job = Clearance;
    /// How many notifications there were, of which some may outlive the loss.
    type Done = usize;

    fn options(&self) -> QueueOptions {
        QueueOptions { timeout: Duration::from_mins(1), ..QueueOptions::DEFAULT }
    }

    async fn work(&self, job: Clearance, run: &JobRun) -> Result<usize, HandlerError> {
        let cleared = self.uow.run(run.origin(), async |tx| job.execute(tx).await);
        let cleared: Result<_, StorageError> = cleared.await;
        Ok(cleared?)
    }
}
