//! An answer while it comes.

use std::time::Duration;

use async_trait::async_trait;
use reqwest::Response;
use tokio::time::Instant;
use tracing::Span;

use super::{Timeouts, asking::broke};
use crate::{
    application::ports::Answer,
    domain::{call::CallId, failure::AskFailure, model_name::ModelName, told::Usage},
    infrastructure::hearing::{Finish, Hearing, Unheard},
};

/// So long the end of a body is waited for when the answer in it is over.
const PATIENCE_WITH_ENDS: Duration = Duration::from_millis(100);

/// An answer while it comes.
pub(super) struct Exchange {
    pub(super) id: CallId,
    pub(super) model: ModelName,
    /// Where it comes from, as long as there is more; dropping it closes the connection.
    pub(super) response: Option<Response>,
    pub(super) hearing: Hearing,
    pub(super) timeouts: Timeouts,
    /// When something was last heard. A comment counts: it says that the provider is still at it.
    pub(super) heard_at: Instant,
    /// When all must have been said.
    pub(super) deadline: Instant,
    /// Why no more will come.
    pub(super) failure: Option<AskFailure>,
    /// Shows the call until nobody hears the answer any more.
    pub(super) _span: Span,
}

impl Exchange {
    /// Waits for more bytes. Nothing is lost when the wait is cancelled.
    async fn more(&mut self) -> Result<(), AskFailure> {
        let Some(response) = &mut self.response else { return Ok(()) };
        // Who sends without a break is looked at all the same.
        if Instant::now() >= self.deadline {
            return Err(AskFailure::TotalTimeout);
        }
        let Timeouts { first_word, idle, .. } = self.timeouts;
        let patience = self.heard_at + if self.hearing.has_begun() { idle } else { first_word };
        let bytes = tokio::time::timeout_at(patience.min(self.deadline), response.chunk()).await;
        let bytes = bytes.map_err(|_| {
            if self.deadline <= patience {
                AskFailure::TotalTimeout
            } else {
                AskFailure::IdleTimeout
            }
        })?;
        let bytes = bytes.map_err(|error| {
            broke(self.id, &error);
            AskFailure::Broken
        })?;
        self.heard_at = Instant::now();
        let heard = match bytes {
            Some(bytes) => self.hearing.hear(&bytes),
            None => self.hearing.end(),
        };
        heard.map_err(|unheard| self.broken_off(&unheard))
    }

    /// Hears the end of the body after that of the answer, so that the connection can be used again; most send both at once.
    async fn hear_out(&mut self) {
        if let Some(response) = &mut self.response {
            // A connection more or less is not worth a wait.
            let _ = tokio::time::timeout(PATIENCE_WITH_ENDS, response.chunk()).await;
        }
        self.response = None;
    }

    fn broken_off(&self, unheard: &Unheard) -> AskFailure {
        tracing::warn!(call.id = %self.id, error = %unheard, "an answer of a model broke off");
        AskFailure::Broken
    }
}

#[async_trait]
impl Answer for Exchange {
    async fn next(&mut self) -> Result<Option<String>, AskFailure> {
        loop {
            // Whoever does not want to hear more is heard even if there is always more.
            tokio::task::consume_budget().await;
            if let Some(piece) = self.hearing.next_piece() {
                return Ok(Some(piece));
            }
            if self.hearing.is_over() {
                self.hear_out().await;
            }
            if self.response.is_none() {
                // What the model has ended is whole, whatever happens to the connection then.
                return match self.hearing.finish() {
                    Some(_) => Ok(None),
                    None => Err(self.failure.clone().unwrap_or(AskFailure::Broken)),
                };
            }
            if let Err(failure) = self.more().await {
                (self.response, self.failure) = (None, Some(failure));
            }
        }
    }

    fn is_cut_short(&self) -> bool {
        self.hearing.finish() == Some(Finish::CutShort)
    }

    fn model(&self) -> &ModelName {
        &self.model
    }

    fn usage(&self) -> Usage {
        self.hearing.usage()
    }
}
