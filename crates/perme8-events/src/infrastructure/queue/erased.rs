//! Workers of any kind behind one pointer.

use async_trait::async_trait;
use serde_json::value::RawValue;

use crate::application::{
    handler::HandlerError,
    job::{Job as _, JobRun, QueueOptions, Worker},
};

/// The object-safe side of [`Worker`].
#[async_trait]
pub(crate) trait AnyWorker: Send + Sync {
    fn queue(&self) -> &'static str;
    fn queue_options(&self) -> QueueOptions;
    /// The result as JSON.
    async fn work_any(&self, payload: &RawValue, run: &JobRun) -> Result<String, HandlerError>;
}

/// A stored job is not what the running program takes it for. The cause is left out: it may tell of a secret.
#[derive(Debug, thiserror::Error)]
#[error(
    "the payload does not have the shape of a job of `{queue}`, at column {column}: \
     run the program that enqueued it, or discard the job"
)]
struct Misshapen {
    queue: &'static str,
    column: usize,
}

#[async_trait]
impl<W: Worker> AnyWorker for W {
    fn queue(&self) -> &'static str {
        W::Job::QUEUE
    }

    fn queue_options(&self) -> QueueOptions {
        self.options()
    }

    async fn work_any(&self, payload: &RawValue, run: &JobRun) -> Result<String, HandlerError> {
        let job: W::Job = serde_json::from_str(payload.get()).map_err(|error| {
            HandlerError::permanent(Misshapen { queue: W::Job::QUEUE, column: error.column() })
        })?;
        let done = self.work(job, run).await?;
        serde_json::to_string(&done).map_err(HandlerError::permanent)
    }
}
