//! Requests for links, one after another.

use async_trait::async_trait;
use perme8_events::{HandlerError, JobRun, QueueOptions, Worker};

use super::Identity;
use crate::application::{issue_magic_link::IssueMagicLink, request_magic_link::LinkRequest};

/// Looks up who it was that asked for a link, away from the request that must not tell.
#[derive(Debug, Clone)]
pub struct LinkRequests {
    identity: Identity,
}

impl LinkRequests {
    /// For this context.
    #[must_use]
    pub fn new(identity: Identity) -> Self {
        Self { identity }
    }
}

#[async_trait]
impl Worker for LinkRequests {
    type Job = LinkRequest;
    type Done = ();

    fn options(&self) -> QueueOptions {
        // Nobody needs to know who asked for what, once it is answered.
        QueueOptions { concurrency: 4, keep_payload: false, ..QueueOptions::DEFAULT }
    }

    async fn work(
        &self,
        LinkRequest { email }: LinkRequest,
        run: &JobRun,
    ) -> Result<(), HandlerError> {
        Ok(self.identity.issue_magic_link(run.origin(), IssueMagicLink { email }).await?)
    }
}
