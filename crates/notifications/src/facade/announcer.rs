//! The worker that tells large circles.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use perme8_events::{
    HandlerError, JobRun, QueueOptions, StorageError, Worker,
    sql::{Db, UnitOfWork},
};

use crate::application::{
    announcement::{Announcement, Page},
    ports::{Directory, DocumentDirectory},
};

/// Tells those of a large circle whom the handler of the event left to it.
#[derive(Debug, Clone)]
pub struct Announcer {
    uow: UnitOfWork,
    directory: Arc<dyn Directory>,
    documents: Arc<dyn DocumentDirectory>,
}

impl Announcer {
    /// On this database; `directory` knows who belongs where, `documents` who may see what.
    #[must_use]
    pub fn new(
        db: Db,
        directory: Arc<dyn Directory>,
        documents: Arc<dyn DocumentDirectory>,
    ) -> Self {
        Self { uow: UnitOfWork::new(db), directory, documents }
    }
}

#[async_trait]
impl Worker for Announcer {
    type Job = Announcement;
    /// How many people were told, or did not need to be.
    type Done = usize;

    fn options(&self) -> QueueOptions {
        // What is told is for those alone who are told.
        let keep_payload = false;
        QueueOptions { timeout: Duration::from_mins(1), keep_payload, ..QueueOptions::DEFAULT }
    }

    async fn work(&self, job: Announcement, run: &JobRun) -> Result<usize, HandlerError> {
        let page = if job.circle.may_know(&*self.documents).await? {
            job.circle.page(&*self.directory, Some(job.after)).await?
        } else {
            Page::default()
        };
        let told = self.uow.run(run.origin(), async |tx| job.execute(tx, page).await);
        let told: Result<_, StorageError> = told.await;
        Ok(told?)
    }
}
