//! The worker that clears up after workspaces that are gone.

use async_trait::async_trait;
use perme8_events::{
    HandlerError, JobRun, StorageError, Worker,
    sql::{Db, UnitOfWork},
};

use crate::application::clearance::{Clearance, clear};

/// Clears up after workspaces that are gone.
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
    /// How many rows went.
    type Done = u64;

    async fn work(&self, job: Clearance, run: &JobRun) -> Result<u64, HandlerError> {
        let Clearance { workspace_id } = job;
        let cleared: Result<_, StorageError> =
            self.uow.run(run.origin(), async |tx| clear(tx, workspace_id).await).await;
        Ok(cleared?)
    }
}
