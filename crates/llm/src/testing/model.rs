//! A model that says what a test tells it to.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use tokio::sync::watch;

use crate::{
    application::{
        locks::locked,
        permit::Permit,
        ports::{Answer, LanguageModel},
    },
    domain::{
        budget::estimated_tokens,
        call::{Asker, Call},
        failure::AskFailure,
        model_name::ModelName,
        models::Models,
        told::{Ending, Usage},
    },
};

/// Something that answers wait for, until a test opens it. Clones are the same gate.
#[derive(Debug, Clone)]
pub struct Gate(Arc<watch::Sender<bool>>);

impl Gate {
    /// A closed one.
    #[must_use]
    pub fn closed() -> Self {
        Self(Arc::new(watch::channel(false).0))
    }

    /// Lets everybody through from now on.
    pub fn open(&self) {
        self.0.send_replace(true);
    }

    /// Waits until it is open.
    pub async fn passed(&self) {
        // The sender lives as long as the gate does.
        let _ = self.0.subscribe().wait_for(|is_open| *is_open).await;
    }
}

/// What a model does when it is asked: says this, waits for that, and ends.
#[derive(Debug, Clone, Default)]
pub struct Script {
    refusal: Option<AskFailure>,
    begins_behind: Option<Gate>,
    steps: VecDeque<Step>,
    is_cut_short: bool,
    accounts_behind: Option<Gate>,
}

#[derive(Debug, Clone)]
enum Step {
    Says(String),
    Waits(Gate),
    Fails(AskFailure),
    Panics,
}

impl Script {
    /// Says nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Refuses the call as such.
    #[must_use]
    pub fn refusing(failure: AskFailure) -> Self {
        Self { refusal: Some(failure), ..Self::default() }
    }

    /// Does not even begin to answer before the gate is open.
    #[must_use]
    pub fn begins_behind(self, gate: &Gate) -> Self {
        Self { begins_behind: Some(gate.clone()), ..self }
    }

    /// Then it says this, as one piece.
    #[must_use]
    pub fn says(self, piece: &str) -> Self {
        self.then(Step::Says(piece.to_owned()))
    }

    /// Then it waits.
    #[must_use]
    pub fn waits_for(self, gate: &Gate) -> Self {
        self.then(Step::Waits(gate.clone()))
    }

    /// Then it fails.
    #[must_use]
    pub fn fails(self, failure: AskFailure) -> Self {
        self.then(Step::Fails(failure))
    }

    /// Then it panics.
    #[must_use]
    pub fn panics(self) -> Self {
        self.then(Step::Panics)
    }

    /// What it says is not all it had to say.
    #[must_use]
    pub fn is_cut_short(self) -> Self {
        Self { is_cut_short: true, ..self }
    }

    /// What it took is not written down before the gate is open.
    #[must_use]
    pub fn accounts_behind(self, gate: &Gate) -> Self {
        Self { accounts_behind: Some(gate.clone()), ..self }
    }

    fn then(mut self, step: Step) -> Self {
        self.steps.push_back(step);
        self
    }
}

/// A model that follows a script, and remembers what it was asked. Clones are the same model.
#[derive(Debug, Clone)]
pub struct ScriptedModel {
    models: Models,
    usual: Script,
    next: Arc<Mutex<VecDeque<Script>>>,
    refusal: Arc<Mutex<Option<AskFailure>>>,
    asked: Arc<Mutex<Vec<Call>>>,
    dropped: Arc<AtomicUsize>,
    given_up: Arc<AtomicUsize>,
}

impl ScriptedModel {
    /// A model called `scripted` that does this whenever it is asked.
    ///
    /// # Panics
    ///
    /// Never: the name is a name.
    #[must_use]
    pub fn that(usual: Script) -> Self {
        let name = "scripted".parse().expect("a short word");
        let models = Models::only(name, Vec::new());
        Self {
            models,
            usual,
            next: Arc::default(),
            refusal: Arc::default(),
            asked: Arc::default(),
            dropped: Arc::default(),
            given_up: Arc::default(),
        }
    }

    /// The same, where these may be asked.
    #[must_use]
    pub fn with_models(self, models: Models) -> Self {
        Self { models, ..self }
    }

    /// Does this once, after what it was told to do before; then it does the usual again.
    pub fn next(&self, script: Script) {
        locked(&self.next).push_back(script);
    }

    /// Lets nobody ask from now on, for this reason.
    pub fn permit_nobody(&self, failure: AskFailure) {
        *locked(&self.refusal) = Some(failure);
    }

    /// What it was asked, in order.
    #[must_use]
    pub fn asked(&self) -> Vec<Call> {
        locked(&self.asked).clone()
    }

    /// How many calls nobody waited for before it began to answer.
    #[must_use]
    pub fn given_up(&self) -> usize {
        self.given_up.load(Ordering::SeqCst)
    }

    /// How many of its answers are over, whether it could say all or not.
    #[must_use]
    pub fn let_go(&self) -> usize {
        self.dropped.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl LanguageModel for ScriptedModel {
    fn models(&self) -> &Models {
        &self.models
    }

    fn permit(&self, asker: Asker) -> Result<Permit, AskFailure> {
        if let Some(failure) = &*locked(&self.refusal) {
            return Err(failure.clone());
        }
        self.models.chosen(asker.model.as_ref())?;
        Ok(Permit::unlimited(asker))
    }

    async fn ask(&self, call: &Call) -> Result<Box<dyn Answer>, AskFailure> {
        let model = self.models.chosen(call.model.as_ref())?;
        locked(&self.asked).push(call.clone());
        let script = locked(&self.next).pop_front().unwrap_or_else(|| self.usual.clone());
        if let Some(gate) = &script.begins_behind {
            gate.passed().await;
        }
        if let Some(failure) = script.refusal {
            return Err(failure);
        }
        Ok(Box::new(Recital {
            model,
            script,
            usage: Usage { prompt_tokens: call.estimated_tokens(), ..Usage::default() },
            dropped: Arc::clone(&self.dropped),
        }))
    }

    async fn given_up(&self, _call: &Call, _ending: &Ending) {
        self.given_up.fetch_add(1, Ordering::SeqCst);
    }
}

/// A script that is being followed.
struct Recital {
    model: ModelName,
    script: Script,
    usage: Usage,
    dropped: Arc<AtomicUsize>,
}

#[async_trait]
impl Answer for Recital {
    async fn next(&mut self) -> Result<Option<String>, AskFailure> {
        loop {
            match self.script.steps.front() {
                None => return Ok(None),
                Some(Step::Fails(failure)) => return Err(failure.clone()),
                Some(Step::Panics) => panic!("on purpose"),
                Some(Step::Waits(gate)) => gate.passed().await,
                Some(Step::Says(piece)) => {
                    let piece = piece.clone();
                    self.script.steps.pop_front();
                    self.usage.completion_tokens += estimated_tokens(&piece) as u64;
                    return Ok(Some(piece));
                }
            }
            self.script.steps.pop_front();
        }
    }

    fn is_cut_short(&self) -> bool {
        self.script.is_cut_short
    }

    fn model(&self) -> &ModelName {
        &self.model
    }

    fn usage(&self) -> Usage {
        self.usage
    }

    async fn close(mut self: Box<Self>, _ending: &Ending) {
        let gate = self.script.accounts_behind.take();
        drop(self);
        if let Some(gate) = gate {
            gate.passed().await;
        }
    }
}

impl Drop for Recital {
    fn drop(&mut self) {
        self.dropped.fetch_add(1, Ordering::SeqCst);
    }
}
