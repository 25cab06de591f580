//! Whoever keeps an answer while it is written.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use llm::{Keeper, Told};
use perme8_events::{Actor, Origin, StorageError, Transaction as _, sql::UnitOfWork};

use crate::{
    application::{ports::Messages as _, send_message::end_answer},
    domain::{
        message::Message,
        references::{ChatSessionId, MessageId},
    },
};

/// Where an answer is kept: beside what it answers, by the system, because of what a person wanted.
#[derive(Debug, Clone)]
pub(super) struct AnswerKeeper {
    uow: UnitOfWork,
    origin: Origin,
    session: ChatSessionId,
    answer: MessageId,
}

impl AnswerKeeper {
    pub(super) fn new(
        uow: UnitOfWork,
        origin: &Origin,
        session: ChatSessionId,
        answer: MessageId,
    ) -> Self {
        let origin = origin.clone().of(Actor::System("chat.answers".into()));
        Self { uow, origin, session, answer }
    }

    /// Keeps how it ended, unless it has ended before or is gone.
    pub(super) async fn close(
        &self,
        end: impl Fn(Message, DateTime<Utc>) -> Message + Send + Sync,
    ) -> Result<(), StorageError> {
        let (place, end) = ((self.session, self.answer), &end);
        let attempt = || {
            self.uow.run(self.origin.clone(), async move |tx| {
                let now = tx.now();
                end_answer(tx, place, |answer| end(answer, now)).await
            })
        };
        self.uow.retry(StorageError::is_retryable, attempt).await.map(drop)
    }
}

#[async_trait]
impl Keeper for AnswerKeeper {
    async fn keep(&mut self, so_far: &str) -> Result<bool, StorageError> {
        let keep = self
            .uow
            .run(self.origin.clone(), async |tx| tx.keep_content(self.answer, so_far).await);
        keep.await
    }

    async fn end(&mut self, told: &Told) -> Result<(), StorageError> {
        self.close(|answer, now| answer.ended(told.into(), now)).await
    }
}
