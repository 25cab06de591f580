//! The worker that sees to the agents of what is gone.

use async_trait::async_trait;
use perme8_events::{
    HandlerError, JobRun, Worker,
    sql::{Db, UnitOfWork},
};

use crate::application::clearance::Clearance;

/// Sees to the agents of people, workspaces and memberships that are gone.
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
    /// How many agents were dealt with.
    type Done = u64;

    async fn work(&self, job: Clearance, run: &JobRun) -> Result<u64, HandlerError> {
        Ok(self.uow.run(run.origin(), async |tx| job.execute(tx).await).await?)
    }
}
