//! Answers that run among the tasks of a host.

use std::{
    collections::{HashMap, hash_map::Entry},
    fmt,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, MutexGuard},
};

use async_trait::async_trait;
use futures_util::FutureExt as _;
use perme8_events::StorageError;

use crate::{
    application::{
        locks::locked,
        permit::Permit,
        ports::{Keeper, LanguageModel, Surroundings},
    },
    domain::{
        call::{Asker, Call, CallId, Purpose, Question},
        failure::AskFailure,
        models::Models,
        told::Told,
    },
    facade::{
        answering::{Answering, Pace},
        following::Following,
        running::Running,
    },
};

/// Runs answers among the tasks of a host: each is written, passed on and kept whether somebody follows it or not.
///
/// It asks nobody who asks: whoever may begin, follow or cancel which answer is for the contexts to say.
#[derive(Clone)]
pub struct Answers {
    model: Arc<dyn LanguageModel>,
    surroundings: Arc<dyn Surroundings>,
    running: Arc<Mutex<HashMap<CallId, Arc<Running>>>>,
    pace: Pace,
}

impl Answers {
    /// Of this model.
    #[must_use]
    pub fn new(model: Arc<dyn LanguageModel>, surroundings: Arc<dyn Surroundings>) -> Self {
        Self { model, surroundings, running: Arc::default(), pace: Pace::USUAL }
    }

    /// At a pace of its own.
    #[cfg(test)]
    pub(super) fn at(self, pace: Pace) -> Self {
        Self { pace, ..self }
    }

    /// Which models may be asked.
    #[must_use]
    pub fn models(&self) -> &Models {
        self.model.models()
    }

    /// Lets somebody ask one thing, before anything of it is recorded. Whoever drops the permit without having begun an answer
    /// gives it back.
    ///
    /// # Errors
    ///
    /// [`AskFailure::NotConfigured`], [`AskFailure::ModelNotAllowed`], [`AskFailure::Busy`] or [`AskFailure::RateLimited`].
    pub fn permit(&self, asker: Asker) -> Result<Permit, AskFailure> {
        self.model.permit(asker)
    }

    /// Begins an answer, and follows it. It goes on when nobody follows any more, unless somebody cancels it.
    ///
    /// One that is being written on this node is followed, and not begun again: what it is asked and who keeps it are as they
    /// were, whatever is given here, and the permit is given back.
    #[must_use = "whatever goes wrong is heard by following"]
    pub fn begin(&self, permit: Permit, question: Question, keeper: Box<dyn Keeper>) -> Following {
        self.start(permit.call(question), Some(permit), keeper)
    }

    /// Asks and waits for the end, for what is a step of something else and kept by that, e.g. a summary: who stops waiting
    /// cancels it. `None` when the host broke down before the end.
    ///
    /// It is part of what is permitted, so that no limit counts it by itself; the accounts do, under its own purpose. Nobody is
    /// told its pieces over the bus: the answer is what they wait for.
    pub async fn ask(
        &self,
        permit: &Permit,
        purpose: Purpose,
        question: Question,
    ) -> Option<Arc<Told>> {
        let call = Call { purpose, ..permit.call(question) };
        self.start(call, None, Box::new(KeptElsewhere)).cancelling_when_dropped().end().await
    }

    /// Begins what is permitted, or else a step of it.
    fn start(&self, call: Call, permit: Option<Permit>, keeper: Box<dyn Keeper>) -> Following {
        let id = call.id;
        let running = match self.running().entry(id) {
            Entry::Occupied(entry) => return Following::of(Arc::clone(entry.get())),
            Entry::Vacant(entry) => Arc::clone(entry.insert(Arc::new(Running::new()))),
        };
        let permit = permit.map(Permit::used);
        let following = Following::of(Arc::clone(&running));
        let place = Place { id, running: Arc::clone(&running), all: Arc::clone(&self.running) };
        let (model, surroundings) = (Arc::clone(&self.model), Arc::clone(&self.surroundings));
        let answering = Answering { call, permit, model, surroundings, running, pace: self.pace };
        self.surroundings.run(Box::pin(async move {
            let _place = place;
            // A host stops as a whole when a task of it panics; one answer is no reason.
            if AssertUnwindSafe(answering.run(keeper)).catch_unwind().await.is_err() {
                tracing::error!(call.id = %id, "an answer panicked: nobody hears its end");
            }
        }));
        following
    }

    /// Follows an answer that is being written on this node: everything so far, then what comes.
    #[must_use]
    pub fn follow(&self, id: CallId) -> Option<Following> {
        self.running().get(&id).map(|running| Following::of(Arc::clone(running)))
    }

    /// Cancels an answer, wherever it is being written; what was told so far is kept.
    pub fn cancel(&self, id: CallId) {
        // The host may look at what is running while it is told.
        let running = self.running().get(&id).cloned();
        match running {
            Some(running) => running.cancel(),
            None => self.surroundings.cancel_elsewhere(id),
        }
    }

    fn running(&self) -> MutexGuard<'_, HashMap<CallId, Arc<Running>>> {
        locked(&self.running)
    }
}

impl fmt::Debug for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answers")
            .field("model", &self.model)
            .field("running", &self.running().len())
            .finish_non_exhaustive()
    }
}

/// The place of an answer among those that are being written; free again when it is over, however that happens.
struct Place {
    id: CallId,
    running: Arc<Running>,
    all: Arc<Mutex<HashMap<CallId, Arc<Running>>>>,
}

impl Drop for Place {
    fn drop(&mut self) {
        locked(&self.all).remove(&self.id);
        self.running.over();
    }
}

/// Whoever waits for the end keeps it.
struct KeptElsewhere;

#[async_trait]
impl Keeper for KeptElsewhere {
    async fn keep(&mut self, _so_far: &str) -> Result<bool, StorageError> {
        Ok(true)
    }

    async fn end(&mut self, _told: &Told) -> Result<(), StorageError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
