//! The model that is asked, whoever keeps what it says, and what is around an answer.

use std::{fmt, pin::Pin};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use perme8_events::{StorageError, Transaction, UserId};

use crate::{
    application::permit::Permit,
    domain::{
        account::Bill,
        call::{Asker, Call, CallId},
        failure::AskFailure,
        model_name::ModelName,
        models::Models,
        piece::PieceSignal,
        told::{Ending, Told, Usage},
    },
};

/// Something that answers. [`Answers`](crate::Answers) asks it; nobody else needs to.
#[async_trait]
pub trait LanguageModel: fmt::Debug + Send + Sync {
    /// Which models may be asked.
    fn models(&self) -> &Models;

    /// Lets somebody ask one thing, unless there is no model, it is not one of those that may be asked, or they ask too much.
    ///
    /// # Errors
    ///
    /// [`AskFailure`], as it is known before anything is asked.
    fn permit(&self, asker: Asker) -> Result<Permit, AskFailure> {
        self.models().chosen(asker.model.as_ref())?;
        Ok(Permit::unlimited(asker))
    }

    /// Asks what is permitted. When this returns, the model has begun to answer, or it will not.
    ///
    /// # Errors
    ///
    /// [`AskFailure`]; then nothing was said.
    async fn ask(&self, call: &Call) -> Result<Box<dyn Answer>, AskFailure>;

    /// Hears that nobody waits for the answer of this call any more, for those who keep accounts: [`ask`](Self::ask) had not
    /// returned, and was dropped. What takes longer than ten seconds is not waited for.
    async fn given_up(&self, _call: &Call, _ending: &Ending) {}
}

/// An answer that is being written. Dropping it ends the request to the provider.
#[async_trait]
pub trait Answer: Send {
    /// Waits for the next piece; none when the model has said all. Nothing is lost when the wait is cancelled.
    ///
    /// # Errors
    ///
    /// [`AskFailure`] when no more will come.
    async fn next(&mut self) -> Result<Option<String>, AskFailure>;

    /// Whether the model was cut short; known when it has said all.
    fn is_cut_short(&self) -> bool;

    /// Which model was asked; a router may have passed the question on to another.
    fn model(&self) -> &ModelName;

    /// How many tokens this took so far; counted roughly as long as the provider has not said it.
    fn usage(&self) -> Usage;

    /// Hears how it ended, for those who keep accounts: once, when no more is asked of it. The request to the provider ends
    /// before anything is written down, as it costs as long as it lasts. What takes longer than ten seconds is not waited for.
    #[must_use = "nobody hears it before it is awaited"]
    async fn close(self: Box<Self>, _ending: &Ending) {}
}

/// The accounts of calls.
pub(crate) trait Accounts: Transaction {
    /// Opens the account of a call that is about to be asked, with what it takes at least; `false` when there is one.
    fn open_account(
        &mut self,
        call: &Call,
        model: &ModelName,
        bill: Bill,
    ) -> impl Future<Output = Result<bool, StorageError>> + Send;

    /// Closes the account of a call, unless it is closed.
    fn close_account(
        &mut self,
        id: CallId,
        ending: &Ending,
        bill: Bill,
    ) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// Closes accounts whose calls were over before this instant, with what they took at least; at most so many. Gives their
    /// number.
    fn abandon_accounts(
        &mut self,
        before: DateTime<Utc>,
        limit: u32,
    ) -> impl Future<Output = Result<u64, StorageError>> + Send;

    /// Deletes accounts of calls that began before this instant; at most so many. Gives their number.
    fn delete_accounts(
        &mut self,
        before: DateTime<Utc>,
        limit: u32,
    ) -> impl Future<Output = Result<u64, StorageError>> + Send;
}

/// Keeps what a model says where it outlives this host.
#[async_trait]
pub trait Keeper: Send {
    /// Keeps the text so far: every other second, or when there is much, so that a crash leaves what was told. What comes
    /// meanwhile is passed on and kept the next time. No call waits longer than ten seconds: what hangs has failed. While nothing comes it is called every five seconds with what is kept
    /// already, before the first word with nothing.
    ///
    /// Says whether to go on. When nobody wants the answer any more, because it is cancelled or what it belongs to is gone, it
    /// ends as [`Ending::Cancelled`], and [`end`](Self::end) hears of that: this is what notices a cancellation that another node
    /// missed.
    ///
    /// # Errors
    ///
    /// [`StorageError`]; it goes on, and is kept the next time.
    async fn keep(&mut self, so_far: &str) -> Result<bool, StorageError>;

    /// Keeps what was told in the end, once. Whoever follows hears the end after that.
    ///
    /// Nobody is asked to keep [`AskFailure::AlreadyAsked`]: whoever asked first does.
    ///
    /// # Errors
    ///
    /// [`StorageError`]; it is asked again as long as the storage is away, some times when that may help otherwise, and for three
    /// seconds when the host stops. What comes after [`OVER_AFTER`](crate::OVER_AFTER) may find its record closed.
    async fn end(&mut self, told: &Told) -> Result<(), StorageError>;
}

/// What is around an answer. A host implements it on its tasks and its live bus.
#[async_trait]
pub trait Surroundings: fmt::Debug + Send + Sync {
    /// Runs an answer until it ends, which is soon after [`stopped`](Self::stopped). It does not panic: what does in it is logged,
    /// and is the end of that answer alone.
    fn run(&self, answer: Pin<Box<dyn Future<Output = ()> + Send>>);

    /// Waits until the host stops.
    async fn stopped(&self);

    /// Tells a person a piece of an answer, wherever they look on; some may miss it.
    fn tell(&self, user: UserId, piece: &PieceSignal);

    /// Asks every other node not to go on with an answer; some may miss it.
    fn cancel_elsewhere(&self, id: CallId);

    /// Waits until another node asks not to go on with this one.
    async fn cancelled_elsewhere(&self, id: CallId);
}
