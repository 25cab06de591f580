//! Keeps an answer while more of it comes.

use std::{error::Error, pin::Pin, time::Duration};

use perme8_events::StorageError;
use tokio::time::Instant;

use crate::{
    application::ports::{Keeper, Surroundings},
    domain::{call::CallId, told::Told},
    facade::{alarm::Alarm, answering::Pace},
};

/// The first pause before the end is kept again, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));
/// So often it is tried when the storage is there and fails all the same.
const ATTEMPTS: u32 = 3;

type Work = Pin<Box<dyn Future<Output = (Box<dyn Keeper>, Result<bool, StorageError>)> + Send>>;

/// The keeper of an answer: idle, or at work.
pub(super) struct Keeping {
    id: CallId,
    pace: Pace,
    at: Keep,
    /// How much is kept, in bytes, or about to be.
    kept: usize,
    last: Instant,
    alarm: Alarm,
}

enum Keep {
    Idle(Box<dyn Keeper>),
    Working(Work),
    /// In between, never seen.
    Changing,
}

impl Keeping {
    pub(super) fn new(id: CallId, keeper: Box<dyn Keeper>, pace: Pace) -> Self {
        let (at, last) = (Keep::Idle(keeper), Instant::now());
        Self { id, pace, at, kept: 0, last, alarm: Alarm::new() }
    }

    /// Keeps the text so far whenever it is time, until the keeper wants no more of it. Nothing is lost when the wait is
    /// cancelled.
    pub(super) async fn unwanted(&mut self, text: &str) {
        loop {
            if matches!(self.at, Keep::Idle(_)) {
                let due = self.due(text);
                self.alarm.rings(due).await;
                self.begin(text);
            }
            if !self.done().await {
                return;
            }
        }
    }

    /// When the keeper should hear of the text so far.
    fn due(&self, text: &str) -> Instant {
        match text.len() - self.kept {
            0 => self.last + self.pace.look_every,
            new if new >= self.pace.much => self.last,
            _ => self.last + self.pace.keep_every,
        }
    }

    /// Begins to keep the text so far.
    fn begin(&mut self, text: &str) {
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

    /// Waits until the keeper is idle again, and says whether to go on.
    async fn done(&mut self) -> bool {
        let Keep::Working(work) = &mut self.at else { return true };
        let (keeper, kept) = work.await;
        (self.at, self.last) = (Keep::Idle(keeper), Instant::now());
        kept.unwrap_or_else(|error| {
            let error = &error as &dyn Error;
            tracing::warn!(call.id = %self.id, error, "an answer so far is kept the next time");
            true
        })
    }

    /// Keeps what was told in the end, and says whether that went well.
    pub(super) async fn end(mut self, told: &Told, surroundings: &dyn Surroundings) -> bool {
        // However it goes: the end says more.
        self.done().await;
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
