//! The model that a host gets: limits and accounts around whatever answers.

use std::{
    collections::HashSet,
    error::Error,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use async_trait::async_trait;
use perme8_events::{
    Clock, Origin, StorageError,
    sql::{Db, UnitOfWork},
};

use crate::{
    application::{
        holders::Holders,
        locks::locked,
        permit::Permit,
        ports::{Accounts as _, Answer, LanguageModel},
    },
    domain::{
        account::Bill,
        call::{Asker, Call, CallId},
        failure::AskFailure,
        limits::CallLimits,
        model_name::ModelName,
        models::Models,
        told::{Ending, Usage},
    },
    facade::measures::{self, RunningCall},
};

/// Before an end is written down again, when the storage is away; twice as long before the next time.
const PAUSE: Duration = Duration::from_millis(100);
/// So often it is tried; what is lost then is closed as abandoned, with what was said to the model.
const ATTEMPTS: u32 = 5;

/// The model that a host gets: whoever asks too much is refused, and what is asked is accounted for before it is.
///
/// A call is asked once: its id is the key of its account, and a second call of that id is refused.
#[derive(Debug)]
pub struct Llm {
    inner: Arc<dyn LanguageModel>,
    books: Books,
    holders: Holders,
    clock: Arc<dyn Clock>,
    /// Calls with an account whose answer has not begun.
    asking: Mutex<HashSet<CallId>>,
}

impl Llm {
    /// Around this model, with accounts in this database.
    #[must_use]
    pub fn new(inner: Arc<dyn LanguageModel>, db: &Db, limits: CallLimits) -> Self {
        Self {
            inner,
            books: Books { uow: UnitOfWork::new(db.clone()) },
            holders: Holders::new(limits),
            clock: Arc::clone(db.clock()),
            asking: Mutex::default(),
        }
    }

    fn asking(&self) -> MutexGuard<'_, HashSet<CallId>> {
        locked(&self.asking)
    }

    fn admit(&self, asker: Asker) -> Result<Permit, AskFailure> {
        let permit = self.inner.permit(asker)?;
        let slot = self.holders.admit(permit.asker(), self.clock.now())?;
        Ok(permit.within(slot))
    }

    /// Opens the account of a call; says which model is asked.
    async fn open(&self, call: &Call) -> Result<ModelName, AskFailure> {
        let model = self.models().chosen(call.model.as_ref())?;
        let bill = Bill::of_the_question(self.models(), &model, call);
        match self.books.open(call, &model, bill).await {
            Ok(true) => Ok(model),
            Ok(false) => Err(AskFailure::AlreadyAsked),
            Err(error) => {
                let error = &error as &dyn Error;
                tracing::error!(call.id = %call.id, error, "a call is not asked without an account");
                Err(AskFailure::Storage)
            }
        }
    }
}

#[async_trait]
impl LanguageModel for Llm {
    fn models(&self) -> &Models {
        self.inner.models()
    }

    fn permit(&self, asker: Asker) -> Result<Permit, AskFailure> {
        let purpose = asker.purpose;
        self.admit(asker).inspect_err(|failure| measures::refused(purpose, failure.code()))
    }

    async fn ask(&self, call: &Call) -> Result<Box<dyn Answer>, AskFailure> {
        let refused = |failure: &AskFailure| measures::refused(call.purpose, failure.code());
        let model = self.open(call).await.inspect_err(refused)?;
        self.asking().insert(call.id);
        let running = RunningCall::new(call.purpose);
        let asked = self.inner.ask(call).await;
        self.asking().remove(&call.id);
        match asked {
            Ok(inner) => Ok(Box::new(Accounted {
                id: call.id,
                model: Arc::clone(&self.inner),
                books: self.books.clone(),
                running,
                inner,
            })),
            Err(failure) => {
                let ending = Ending::Failed(failure.clone());
                // Whether what was not answered in time was taken, nobody knows; what was refused was not.
                let may_be_taken =
                    matches!(failure, AskFailure::IdleTimeout | AskFailure::TotalTimeout);
                let bill = if may_be_taken {
                    Bill::of_the_question(self.models(), &model, call)
                } else {
                    Bill::of(self.models(), &model, Usage::default())
                };
                running.ended(&ending, &bill.usage);
                self.books.close(call.id, &ending, bill).await;
                Err(failure)
            }
        }
    }

    async fn given_up(&self, call: &Call, ending: &Ending) {
        self.inner.given_up(call, ending).await;
        // Whoever was refused, or had not come so far, has no account here.
        let has_account = self.asking().remove(&call.id);
        if let (true, Ok(model)) = (has_account, self.models().chosen(call.model.as_ref())) {
            let bill = Bill::of_the_question(self.models(), &model, call);
            self.books.close(call.id, ending, bill).await;
        }
    }
}

/// Where calls are accounted for.
#[derive(Debug, Clone)]
struct Books {
    uow: UnitOfWork,
}

impl Books {
    async fn open(&self, call: &Call, model: &ModelName, bill: Bill) -> Result<bool, StorageError> {
        let origin = Origin::system("llm.accounts");
        self.uow.run(origin, async |tx| tx.open_account(call, model, bill).await).await
    }

    async fn close(&self, id: CallId, ending: &Ending, bill: Bill) {
        let mut pause = PAUSE;
        for attempts_left in (0..ATTEMPTS).rev() {
            let origin = Origin::system("llm.accounts");
            let closed =
                self.uow.run(origin, async |tx| tx.close_account(id, ending, bill).await).await;
            let Err(error) = closed else { return };
            let may_help = error.is_unavailable() || error.is_retryable();
            if attempts_left == 0 || !may_help {
                let error = &error as &dyn Error;
                tracing::error!(call.id = %id, error, "what a call took is not accounted for");
                return;
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
    }
}

/// An answer that is accounted for.
struct Accounted {
    id: CallId,
    model: Arc<dyn LanguageModel>,
    books: Books,
    running: RunningCall,
    inner: Box<dyn Answer>,
}

#[async_trait]
impl Answer for Accounted {
    async fn next(&mut self) -> Result<Option<String>, AskFailure> {
        let piece = self.inner.next().await;
        if let Ok(Some(_)) = &piece {
            self.running.said();
        }
        piece
    }

    fn is_cut_short(&self) -> bool {
        self.inner.is_cut_short()
    }

    fn model(&self) -> &ModelName {
        self.inner.model()
    }

    fn usage(&self) -> Usage {
        self.inner.usage()
    }

    async fn close(self: Box<Self>, ending: &Ending) {
        let Self { id, model, books, running, inner } = *self;
        let bill = Bill::of(model.models(), inner.model(), inner.usage());
        // Its request ends here.
        inner.close(ending).await;
        running.ended(ending, &bill.usage);
        books.close(id, ending, bill).await;
    }
}

#[cfg(test)]
mod tests;
