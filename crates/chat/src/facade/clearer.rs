//! The worker that sees to the sessions of what is gone.

use async_trait::async_trait;
use perme8_events::{
    HandlerError, JobRun, StorageError, Worker,
    sql::{Db, UnitOfWork},
};

use crate::application::clearance::Clearance;

/// Sees to the sessions of members, people, workspaces and projects that are gone.
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
    /// How many sessions were dealt with.
    type Done = u64;

    async fn work(&self, job: Clearance, run: &JobRun) -> Result<u64, HandlerError> {
        let done: Result<_, StorageError> =
            self.uow.run(run.origin(), async |tx| job.execute(tx).await).await;
        Ok(done?)
    }
}
