//! What was said before something that is being answered.

use std::{error::Error, time::Duration};

use llm::{Answers, AskFailure, CallId, Ending, Permit, Purpose, Question};
use perme8_events::{
    Load, Origin, Save as _, StorageError,
    sql::{Db, Tx, UnitOfWork},
};
use tokio::time::timeout;

use crate::{
    domain::{
        prompt::{self, Before, LONGEST_SUMMARY, Newest},
        references::ChatSessionId,
        session::Session,
    },
    infrastructure::{message_queries, session_queries},
};

/// What summaries are for, in the accounts.
const SUMMARY: Purpose = Purpose::new("chat.summary");

/// Nobody waits longer for a summary; the answer has the rest of its time.
const PATIENCE: Duration = Duration::from_mins(1);

/// Finds out what was said before a message that is being answered, as a part of the answer: what there is no room for is
/// summarised.
pub(super) struct History {
    pub(super) db: Db,
    pub(super) uow: UnitOfWork,
    pub(super) answers: Answers,
    pub(super) origin: Origin,
    pub(super) session: ChatSessionId,
    /// The number of the message.
    pub(super) next: i64,
    /// Under which id a summary is asked for.
    pub(super) summary: CallId,
}

impl History {
    /// What the model hears of it, or how the answer ends instead.
    pub(super) async fn gather(self, permit: &Permit) -> Result<Before, Ending> {
        match self.found(permit).await {
            Ok(Some(before)) => Ok(before),
            // The session is gone.
            Ok(None) => Err(Ending::Cancelled),
            Err(error) => {
                let error = &error as &dyn Error;
                tracing::error!(session.id = %self.session, error, "nothing is answered without what was said before");
                Err(Ending::Failed(AskFailure::Storage))
            }
        }
    }

    async fn found(&self, permit: &Permit) -> Result<Option<Before>, StorageError> {
        let Some((session, newest)) = self.read().await? else { return Ok(None) };
        let Some(kept) = newest.summarised_before(self.next) else {
            return Ok(Some(newest.after(session.summary)));
        };
        self.summarise(permit, &session, kept).await?;
        // What was deleted in the meantime is not said.
        let read = self.read().await?;
        Ok(read.map(|(session, newest)| newest.after(session.summary)))
    }

    /// What there is; nothing if the session is gone.
    async fn read(&self) -> Result<Option<(Session, Newest)>, StorageError> {
        let Some(session) = session_queries::session(&self.db, self.session).await? else {
            return Ok(None);
        };
        let between = (session.summarised_to, self.next);
        let newest = message_queries::newest(&self.db, self.session, between).await?;
        Ok(Some((session, newest)))
    }

    /// Has a summary made of what was said before the message of this number, and keeps it; where nobody makes one, it stays as
    /// it is.
    async fn summarise(
        &self,
        permit: &Permit,
        read: &Session,
        kept: i64,
    ) -> Result<(), StorageError> {
        let between = (read.summarised_to, kept);
        let overflow = message_queries::oldest(&self.db, self.session, between).await?;
        let Some((messages, to)) = prompt::summarising(read.summary.as_deref(), &overflow) else {
            return Ok(());
        };
        let longest_answer = Some(LONGEST_SUMMARY);
        let question = Question { id: self.summary, temperature: None, longest_answer, messages };
        let asked = self.answers.ask(permit, SUMMARY, question);
        let told = timeout(PATIENCE, asked).await.ok().flatten();
        let is_whole = |ending: &Ending| matches!(ending, Ending::Complete | Ending::CutShort);
        let told = told.filter(|told| is_whole(&told.ending));
        let Some(summary) = told.and_then(|told| prompt::summary(&told.text)) else {
            return Ok(());
        };
        let attempt =
            || self.uow.run(self.origin.clone(), async |tx| keep(tx, read, &summary, to).await);
        self.uow.retry(StorageError::is_retryable, attempt).await
    }
}

/// Keeps a summary of what was `read`, unless that has changed or is gone.
async fn keep(tx: &mut Tx, read: &Session, summary: &str, to: i64) -> Result<(), StorageError> {
    let Some(session) = Load::<Session>::load(tx, read.id).await? else { return Ok(()) };
    if let Some(summarised) = session.summarised(read, summary.to_owned(), to) {
        tx.save(summarised).await?;
    }
    Ok(())
}
