//! Keeps an answer while more of it comes.

use std::{error::Error, pin::Pin, time::Duration};

use perme8_events::StorageError;
use tokio::time::Instant;

use crate::{
    application::ports::{Keeper, Surroundings},
    domain::{call::CallId, told::Told},
    facade::answering::Pace,
};

/// The first pause before the end is kept again, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));
/// So often it is tried when the storage is there and fails all the same.
const ATTEMPTS: u32 = 3;

type Work = Pin<Box<dyn Future<Output = (Box<dyn Keeper>, Result<(), StorageError>)> + Send>>;

/// The keeper of an answer: idle, or at work.
pub(super) struct Keeping {
    id: CallId,
    pace: Pace,
    at: Keep,
    /// How much is kept, in bytes, or about to be.
    kept: usize,
    last: Instant,
}

enum Keep {
    Idle(Box<dyn Keeper>),
    Working(Work),
    /// In between, never seen.
    Changing,
}

impl Keeping {
    pub(super) fn new(id: CallId, keeper: Box<dyn Keeper>, pace: Pace) -> Self {
        Self { id, pace, at: Keep::Idle(keeper), kept: 0, last: Instant::now() }
    }

    /// When the text so far should be kept, if the keeper has nothing else to do.
    pub(super) fn due(&self, text: &str) -> Option<Instant> {
        match &self.at {
            Keep::Working(_) | Keep::Changing => None,
            Keep::Idle(_) if text.len() == self.kept => None,
            Keep::Idle(_) if text.len() - self.kept >= self.pace.much => Some(self.last),
            Keep::Idle(_) => Some(self.last + self.pace.keep_every),
        }
    }

    /// Begins to keep the text so far.
    pub(super) fn begin(&mut self, text: &str) {
        self.at = match std::mem::replace(&mut self.at, Keep::Changing) {
            Keep::Idle(mut keeper) => {
                (self.kept, self.last) = (text.len(), Instant::now());
                let text = text.to_owned();
                Keep::Working(Box::pin(async move {
                    let kept = keeper.keep(&text).await;
                    (keeper, kept)
                }))
            }
            busy @ (Keep::Working(_) | Keep::Changing) => busy,
        };
    }

    /// Waits until the keeper is idle again; for ever, if it is. Nothing is lost when the wait is cancelled.
    pub(super) async fn done(&mut self) {
        let Keep::Working(work) = &mut self.at else { return std::future::pending().await };
        let (keeper, kept) = work.await;
        if let Err(error) = kept {
            let error = &error as &dyn Error;
            tracing::warn!(call.id = %self.id, error, "an answer so far is kept the next time");
        }
        (self.at, self.last) = (Keep::Idle(keeper), Instant::now());
    }

    /// Keeps what was told in the end, and says whether that went well.
    pub(super) async fn end(mut self, told: &Told, surroundings: &dyn Surroundings) -> bool {
        if matches!(self.at, Keep::Working(_)) {
            self.done().await;
        }
        let Keep::Idle(mut keeper) = self.at else { return false };
        let (mut pause, longest) = PAUSES;
        let (mut attempts, mut is_stopping) = (0, false);
        loop {
            let Err(error) = keeper.end(told).await else { return true };
            attempts += 1;
            let may_help = error.is_unavailable() || error.is_retryable() || attempts < ATTEMPTS;
            if !may_help || is_stopping {
                let error = &error as &dyn Error;
                tracing::error!(call.id = %self.id, error, "the end of an answer is not kept");
                return false;
            }
            tokio::select! {
                biased;
                () = surroundings.stopped() => is_stopping = true,
                () = tokio::time::sleep(pause) => {}
            }
            pause = longest.min(pause * 2);
        }
    }
}
