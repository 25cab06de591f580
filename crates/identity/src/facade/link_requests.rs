//! Requests for links, one after another.

use async_trait::async_trait;
use perme8_events::{HandlerError, JobRun, QueueOptions, Worker};

use super::Identity;
use crate::application::{
    issue_magic_link::IssueMagicLink,
    issue_password_reset::IssuePasswordReset,
    request_magic_link::{LinkRequest, LinkWish},
};

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
        LinkRequest { email, wish }: LinkRequest,
        run: &JobRun,
    ) -> Result<(), HandlerError> {
        let (identity, origin) = (&self.identity, run.origin());
        match wish {
            LinkWish::LogIn => {
                identity.issue_magic_link(origin, IssueMagicLink { email }).await?;
            }
            LinkWish::ResetPassword => {
                identity.issue_password_reset(origin, IssuePasswordReset { email }).await?;
            }
        }
        Ok(())
    }
}
