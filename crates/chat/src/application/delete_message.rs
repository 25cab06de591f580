//! Deleting a message.

use perme8_events::{Save, StorageError};

use crate::{
    application::{
        acting::Acting,
        ports::{Messages, Sessions},
    },
    domain::{
        message::Message,
        references::{ChatSessionId, MessageId},
        session::Session,
    },
};

/// Deletes one message of a session for good, whoever said it. What was said before and after stays, and its numbers do.
///
/// Emits [`ChatMessageDeleted`](crate::ChatMessageDeleted).
#[derive(Debug, Clone)]
pub struct DeleteMessage {
    /// Of which session.
    pub session: ChatSessionId,
    /// Which.
    pub message: MessageId,
}

/// Why the message is still there.
#[derive(Debug, thiserror::Error)]
pub enum DeleteMessageError {
    /// There is no such session of the person who acts.
    #[error("there is no such session")]
    SessionNotFound,
    /// The session has no such message.
    #[error("there is no such message")]
    MessageNotFound,
    /// No person acts.
    #[error("only people have sessions")]
    Forbidden,
    /// It is being answered, or written.
    #[error("an answer is being written: cancel it first")]
    AnswerInProgress,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl DeleteMessage {
    pub(crate) async fn execute<T: Sessions + Messages + Save<Session>>(
        &self,
        tx: &mut T,
        acting: &Acting,
    ) -> Result<(), DeleteMessageError> {
        let session = acting.session(tx, self.session, None).await?;
        let message = tx.message(session.id, self.message).await?;
        let message = message.ok_or(DeleteMessageError::MessageNotFound)?;
        if let Some(answer) = session.answer_id {
            let answer = tx.message(session.id, answer).await?;
            let is_part =
                |answer: &Message| answer.id == message.id || answer.answers == Some(message.id);
            if answer.as_ref().is_some_and(is_part) {
                return Err(DeleteMessageError::AnswerInProgress);
            }
        }
        tx.remove_message(message.id).await?;
        tx.save(session.without(&message)).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use perme8_events::{UserId, testing::FakeTx};

    use super::*;
    use crate::testing::{
        ADA, ANSWER, COMPANY, QUESTION, SESSION, STRANGER, Tables, acting, id, of_ada,
    };

    async fn outcome(mut tx: FakeTx<Tables>, who: UserId, message: MessageId, expected: Expect) {
        let outcome =
            DeleteMessage { session: SESSION, message }.execute(&mut tx, &acting(who)).await;
        let session = &tx.state.sessions[0];
        let left = (session.message_count, &session.summary, session.summarised_to);
        let report = format!("{left:?}\n{}", tx.report(&outcome));
        assert_eq!(i64::try_from(tx.state.messages.len()).unwrap(), session.message_count);
        expected.assert_eq(&report);
    }

    #[tokio::test]
    async fn a_message_goes_and_what_it_was_summarised_to() {
        let summarised = || {
            let mut tx = of_ada(Some(COMPANY));
            tx.state.sessions[0].summary = Some("Mills.".to_owned());
            tx.state.sessions[0].summarised_to = 1;
            tx
        };
        outcome(summarised(), ADA, QUESTION, expect![[r#"
            (1, None, 0)
            Ok(())
            chat.chat_message_deleted {"message_id":"00000000-0000-0000-0000-000000000015","session_id":"00000000-0000-0000-0000-000000000014","user_id":"00000000-0000-0000-0000-000000000002","workspace_id":"00000000-0000-0000-0000-000000000001"}
        "#]]).await;
        outcome(summarised(), ADA, ANSWER, expect![[r#"
            (1, Some("Mills."), 1)
            Ok(())
            chat.chat_message_deleted {"message_id":"00000000-0000-0000-0000-000000000016","session_id":"00000000-0000-0000-0000-000000000014","user_id":"00000000-0000-0000-0000-000000000002","workspace_id":"00000000-0000-0000-0000-000000000001"}
        "#]]).await;
    }

    #[tokio::test]
    async fn what_is_being_written_stays_and_what_it_answers() {
        for message in [QUESTION, ANSWER] {
            let mut tx = of_ada(Some(COMPANY));
            tx.state.sessions[0].answer_id = Some(ANSWER);
            let command = DeleteMessage { session: SESSION, message };
            let refused = command.execute(&mut tx, &acting(ADA)).await;
            assert!(matches!(refused, Err(DeleteMessageError::AnswerInProgress)));
            assert_eq!(tx.state.messages.len(), 2);
        }
    }

    #[tokio::test]
    async fn what_is_not_there_or_others_is_not_deleted() {
        outcome(
            of_ada(Some(COMPANY)),
            ADA,
            id(99),
            expect![[r#"
            (2, None, 0)
            Err(there is no such message)
        "#]],
        )
        .await;
        outcome(
            of_ada(Some(COMPANY)),
            STRANGER,
            QUESTION,
            expect![[r#"
            (2, None, 0)
            Err(there is no such session)
        "#]],
        )
        .await;
    }
}
