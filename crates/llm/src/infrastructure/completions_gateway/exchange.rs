//! An answer while it comes.

use std::time::Duration;

use async_trait::async_trait;
use reqwest::Response;
use tokio::time::Instant;

use super::asking::broke;
use crate::{
    application::ports::Answer,
    domain::{call::CallId, failure::AskFailure, model_name::ModelName, told::Usage},
    infrastructure::hearing::{Finish, Hearing, Unheard},
};

/// An answer while it comes.
pub(super) struct Exchange {
    pub(super) id: CallId,
    pub(super) model: ModelName,
    /// Where it comes from, as long as there is more; dropping it closes the connection.
    pub(super) response: Option<Response>,
    pub(super) hearing: Hearing,
    /// How long it may be silent.
    pub(super) idle: Duration,
    /// When something was last heard. A comment counts: it says that the provider is still at it.
    pub(super) heard_at: Instant,
    /// When all must have been said.
    pub(super) deadline: Instant,
    /// Why no more will come.
    pub(super) failure: Option<AskFailure>,
}

impl Exchange {
    /// Waits for more bytes. Nothing is lost when the wait is cancelled.
    async fn more(&mut self) -> Result<(), AskFailure> {
        let Some(response) = &mut self.response else { return Ok(()) };
        let patience = self.heard_at + self.idle;
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

    fn broken_off(&self, unheard: &Unheard) -> AskFailure {
        tracing::warn!(call.id = %self.id, error = %unheard, "an answer of a model broke off");
        AskFailure::Broken
    }
}

#[async_trait]
impl Answer for Exchange {
    async fn next(&mut self) -> Result<Option<String>, AskFailure> {
        loop {
            if let Some(piece) = self.hearing.next_piece() {
                return Ok(Some(piece));
            }
            if self.response.is_none() {
                // What the model has ended is whole, whatever happens to the connection then.
                return match self.hearing.finish() {
                    Some(_) => Ok(None),
                    None => Err(self.failure.clone().unwrap_or(AskFailure::Broken)),
                };
            }
            self.failure = self.more().await.err();
            if self.failure.is_some() || self.hearing.is_over() {
                self.response = None;
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
