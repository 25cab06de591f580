//! Answers that run among the tasks of a host.

use std::{
    collections::{HashMap, hash_map::Entry},
    fmt,
    future::ready,
    mem,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, MutexGuard},
};

use async_trait::async_trait;
use futures_util::FutureExt as _;
use perme8_events::StorageError;
use tokio::sync::oneshot;

use crate::{
    application::{
        locks::locked,
        permit::Permit,
        ports::{Keeper, LanguageModel, Surroundings},
    },
    domain::{
        call::{Asker, Call, CallId, Purpose, Question},
        failure::AskFailure,
        message::Message,
        models::Models,
        told::{Ending, Told},
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
    pub fn begin(
        &self,
        permit: Permit,
        mut question: Question,
        keeper: Box<dyn Keeper>,
    ) -> Following {
        let messages = ready(Ok(mem::take(&mut question.messages)));
        self.begin_with(permit, question, |_| messages, keeper)
    }

    /// The same for what takes time to put into words, perhaps with steps of its own that are asked with the same permit: the
    /// messages are waited for as a part of the answer, which can be followed and cancelled meanwhile, and takes no longer for
    /// it. Those of the `question` are not said.
    ///
    /// Nothing is asked if there are none in the end, but the ending that is given instead.
    #[must_use = "whatever goes wrong is heard by following"]
    pub fn begin_with<F>(
        &self,
        permit: Permit,
        question: Question,
        messages: impl FnOnce(Arc<Permit>) -> F,
        keeper: Box<dyn Keeper>,
    ) -> Following
    where
        F: Future<Output = Result<Vec<Message>, Ending>> + Send + 'static,
    {
        let running = match self.place(question.id) {
            Ok(running) => running,
            Err(following) => return following,
        };
        let call = permit.call(question);
        let permit = Arc::new(permit.used());
        let messages = messages(Arc::clone(&permit));
        self.run(running, call, Some(permit), messages, keeper)
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
        mut question: Question,
    ) -> Option<Arc<Told>> {
        let messages = ready(Ok(mem::take(&mut question.messages)));
        let call = Call { purpose, ..permit.call(question) };
        let following = match self.place(call.id) {
            Ok(running) => self.run(running, call, None, messages, Box::new(KeptElsewhere)),
            Err(following) => following,
        };
        following.cancelling_when_dropped().end().await
    }

    /// Does something as a task of the host, to its end even if whoever waits for it goes away: a record and the answer that it
    /// promises begin together. `None` when the host broke down before the end, or it panicked.
    pub async fn detached<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Option<T> {
        let (done, outcome) = oneshot::channel();
        self.surroundings.run(Box::pin(async move {
            if let Ok(outcome) = AssertUnwindSafe(work).catch_unwind().await {
                // Whoever waited may be gone.
                drop(done.send(outcome));
            } else {
                tracing::error!("what leads to an answer panicked: it has no outcome");
            }
        }));
        outcome.await.ok()
    }

    /// The place of an answer that begins; whoever finds it taken follows.
    fn place(&self, id: CallId) -> Result<Arc<Running>, Following> {
        match self.running().entry(id) {
            Entry::Occupied(entry) => Err(Following::of(Arc::clone(entry.get()))),
            Entry::Vacant(entry) => Ok(Arc::clone(entry.insert(Arc::new(Running::new())))),
        }
    }

    /// Has an answer written in its place: what is permitted, or else a step of it.
    fn run(
        &self,
        running: Arc<Running>,
        call: Call,
        permit: Option<Arc<Permit>>,
        messages: impl Future<Output = Result<Vec<Message>, Ending>> + Send + 'static,
        keeper: Box<dyn Keeper>,
    ) -> Following {
        let id = call.id;
        let following = Following::of(Arc::clone(&running));
        let place = Place { id, running: Arc::clone(&running), all: Arc::clone(&self.running) };
        let (model, surroundings) = (Arc::clone(&self.model), Arc::clone(&self.surroundings));
        let answering = Answering { call, permit, model, surroundings, running, pace: self.pace };
        self.surroundings.run(Box::pin(async move {
            let _place = place;
            // A host stops as a whole when a task of it panics; one answer is no reason.
            if AssertUnwindSafe(answering.run(messages, keeper)).catch_unwind().await.is_err() {
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
