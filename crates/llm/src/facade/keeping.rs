//! Keeps an answer while more of it comes.

use std::{error::Error, pin::Pin, time::Duration};

use perme8_events::StorageError;
use tokio::time::{Instant, sleep, timeout};

use crate::{
    application::ports::{Keeper, Surroundings},
    domain::{
        call::CallId,
        failure::AskFailure,
        told::{Ending, Told},
    },
    facade::{alarm::Alarm, answering::Pace},
};

/// So often it is said in the log that an end is still not kept.
const SAY_EVERY: Duration = Duration::from_mins(1);

/// The keeper, and whether it wants more of an answer of which it has so many bytes.
type Work =
    Pin<Box<dyn Future<Output = (Box<dyn Keeper>, Result<(bool, usize), StorageError>)> + Send>>;

/// The keeper of an answer: idle, or at work.
pub(super) struct Keeping {
    id: CallId,
    pace: Pace,
    at: Keep,
    /// How much is kept, in bytes.
    kept: usize,
    last: Instant,
    has_failed: bool,
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
        Self { id, pace, at, kept: 0, last, has_failed: false, alarm: Alarm::new() }
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
        let Pace { look_every, keep_every, much, rest, .. } = self.pace;
        let pause = match text.len() - self.kept {
            0 => look_every,
            new if new >= much && !self.has_failed => rest,
            _ => keep_every,
        };
        self.last + pause
    }

    /// Begins to keep the text so far.
    fn begin(&mut self, text: &str) {
        self.at = match std::mem::replace(&mut self.at, Keep::Changing) {
            Keep::Idle(mut keeper) => {
                let (text, patience) = (text.to_owned(), self.pace.patience);
                Keep::Working(Box::pin(async move {
                    let kept = within(patience, keeper.keep(&text)).await;
                    (keeper, kept.map(|goes_on| (goes_on, text.len())))
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
        self.has_failed = kept.is_err();
        match kept {
            Ok((goes_on, kept)) => {
                self.kept = kept;
                goes_on
            }
            Err(error) => {
                let error = &error as &dyn Error;
                tracing::warn!(call.id = %self.id, error, "an answer so far is kept the next time");
                true
            }
        }
    }

    /// Keeps what was told in the end, and says whether that went well.
    pub(super) async fn end(self, told: &Told, surroundings: &dyn Surroundings) -> bool {
        if told.ending == Ending::Failed(AskFailure::AlreadyAsked) {
            return true;
        }
        let (id, last_chance) = (self.id, self.pace.last_chance);
        let too_late = async {
            surroundings.stopped().await;
            sleep(last_chance).await;
        };
        tokio::select! {
            biased;
            is_kept = self.try_to_end(told) => is_kept,
            () = too_late => {
                tracing::error!(call.id = %id, "the end of an answer is not kept before the host stops");
                false
            }
        }
    }

    async fn try_to_end(mut self, told: &Told) -> bool {
        // However it goes: the end says more.
        self.done().await;
        let Keep::Idle(mut keeper) = self.at else { return false };
        let (mut pause, longest) = self.pace.pauses;
        let mut failures = Failures { id: self.id, count: 0, said: None };
        while let Err(error) = within(self.pace.patience, keeper.end(told)).await {
            if !failures.may_pass(&error) {
                return false;
            }
            sleep(pause).await;
            pause = longest.min(pause * 2);
        }
        true
    }
}

/// What went wrong with an end.
struct Failures {
    id: CallId,
    count: u32,
    said: Option<Instant>,
}

impl Failures {
    /// Whether the end is tried again after this one; the log hears of the first, of some, and of the last.
    fn may_pass(&mut self, error: &StorageError) -> bool {
        self.count += 1;
        let (id, attempts) = (self.id, self.count);
        let may_pass = most_attempts(error).is_none_or(|most| attempts < most);
        let error = error as &dyn Error;
        if !may_pass {
            tracing::error!(call.id = %id, error, attempts, "the end of an answer is not kept");
        } else if self.said.is_none_or(|said| said.elapsed() >= SAY_EVERY) {
            tracing::warn!(call.id = %id, error, attempts, "the end of an answer is tried again");
            self.said = Some(Instant::now());
        }
        may_pass
    }
}

/// How often the end is tried: a storage that is away comes back, but one that is there may say the same for ever.
fn most_attempts(error: &StorageError) -> Option<u32> {
    match error {
        error if error.is_unavailable() => None,
        error if error.is_retryable() => Some(20),
        _ => Some(3),
    }
}

/// What hangs has failed.
async fn within<T>(
    patience: Duration,
    work: impl Future<Output = Result<T, StorageError>>,
) -> Result<T, StorageError> {
    timeout(patience, work).await.unwrap_or_else(|elapsed| Err(StorageError::new(elapsed)))
}
