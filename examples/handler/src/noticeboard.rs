//! The handler.

use std::{error::Error, fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use perme8_events::{
    Envelope, EventHandler, HandlerError, HandlerOptions, RetryPolicy, Subscriber, Subscription,
    sql::Tx,
};
use projects::ProjectCreated;

use crate::board;

/// Finds words for notices; whoever runs the handler says how. It may ask somebody outside, and fail.
#[async_trait]
pub trait Wording: fmt::Debug + Send + Sync {
    /// What is said of a project that is called so.
    ///
    /// # Errors
    ///
    /// There are no words at this moment; it is asked again later.
    async fn words(&self, project: &str) -> Result<String, Box<dyn Error + Send + Sync>>;
}

/// Puts up a notice on the board of a workspace for each project that begins there.
#[derive(Debug, Clone)]
pub struct Noticeboard {
    wording: Arc<dyn Wording>,
}

impl Noticeboard {
    /// Under this name the database keeps how far the handler has come, what it tries again and what it has given up. So the
    /// name never changes, and begins with a word that nobody else uses.
    pub const NAME: &str = "noticeboard.on_project_created";

    /// With these words.
    #[must_use]
    pub fn new(wording: Arc<dyn Wording>) -> Self {
        Self { wording }
    }
}

impl Subscriber for Noticeboard {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn subscriptions(&self) -> &[Subscription] {
        const { &[Subscription::to::<ProjectCreated>()] }
    }

    // What fails is tried again after up to 0.1 s, 0.2 s, 0.4 s and so on; after the sixth time it is a dead letter, which an
    // operator sees, mends and retries. Meanwhile the boards of other workspaces are filled.
    fn options(&self) -> HandlerOptions {
        let (base, cap) = (Duration::from_millis(100), Duration::from_secs(10));
        HandlerOptions { retry: RetryPolicy { attempts: 6, base, cap }, ..HandlerOptions::DEFAULT }
    }

    // The notices of a board have numbers, so the events of a workspace are handled in order, one after another; those of
    // different workspaces at the same time, on whichever nodes there are.
    fn partition_key(&self, event: &Envelope) -> String {
        event.workspace_id.map(|workspace| workspace.to_string()).unwrap_or_default()
    }
}

#[async_trait]
impl EventHandler<Tx> for Noticeboard {
    type Facts = String;

    // Whatever takes time comes before the transaction.
    async fn gather(&self, event: &Envelope) -> Result<String, HandlerError> {
        let Some(ProjectCreated { name, .. }) = event.decode()? else { return Ok(String::new()) };
        self.wording.words(&name).await.map_err(HandlerError::transient)
    }

    // The transaction is that in which it is also written down that the event is handled: both are committed, or neither. So
    // the notice is put up exactly once, whatever crashes and however often the event is delivered.
    async fn handle(
        &self,
        tx: &mut Tx,
        event: &Envelope,
        words: String,
    ) -> Result<(), HandlerError> {
        let Some(ProjectCreated { workspace_id, project_id, .. }) = event.decode()? else {
            return Ok(());
        };
        Ok(board::put_up(tx, workspace_id, project_id.uuid(), &words).await?)
    }
}
