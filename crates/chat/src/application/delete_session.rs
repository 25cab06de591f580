//! Deleting a session.

use identity::Seen;
use perme8_events::{Save, StorageError};

use crate::{
    application::{acting::Acting, ports::Sessions},
    domain::{references::ChatSessionId, session::Session},
};

/// Deletes a session for good, with all that was said in it.
///
/// Emits [`ChatSessionDeleted`](crate::ChatSessionDeleted).
#[derive(Debug, Clone)]
pub struct DeleteSession {
    /// Which.
    pub session: ChatSessionId,
    /// What was seen of it; if it has changed since, nothing happens.
    pub seen: Option<Seen>,
}

/// Why the session is still there.
#[derive(Debug, thiserror::Error)]
pub enum DeleteSessionError {
    /// There is no such session of the person who acts.
    #[error("there is no such session")]
    SessionNotFound,
    /// No person acts.
    #[error("only people have sessions")]
    Forbidden,
    /// It has changed since it was seen.
    #[error("the session has changed since: look at it again")]
    OtherVersion,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl DeleteSession {
    /// Deletes it, and gives what it was.
    pub(crate) async fn execute<T: Sessions + Save<Session>>(
        &self,
        tx: &mut T,
        acting: &Acting,
    ) -> Result<Session, DeleteSessionError> {
        let session = acting.session(tx, self.session, self.seen).await?;
        Ok(tx.save(session.delete()).await?)
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use perme8_events::{UserId, WorkspaceId};

    use super::*;
    use crate::testing::{ADA, COMPANY, ELSEWHERE, SESSION, STRANGER, acting, of_ada};

    async fn check(who: UserId, at: Option<WorkspaceId>, expected: Expect) {
        let mut tx = of_ada(at);
        let command = DeleteSession { session: SESSION, seen: Some(1.into()) };
        let outcome = command.execute(&mut tx, &acting(who)).await.map(drop);
        let left = (tx.state.sessions.len(), tx.state.messages.len());
        assert_eq!(left == (0, 0), outcome.is_ok());
        expected.assert_eq(&tx.report(&outcome));
    }

    #[tokio::test]
    async fn a_session_goes_with_what_was_said() {
        check(ADA, Some(COMPANY), expect![[r#"
            Ok(())
            chat.chat_session_deleted {"session_id":"00000000-0000-0000-0000-000000000014","user_id":"00000000-0000-0000-0000-000000000002","workspace_id":"00000000-0000-0000-0000-000000000001"}
        "#]]).await;
        check(ADA, None, expect![[r#"
            Ok(())
            chat.chat_session_deleted {"session_id":"00000000-0000-0000-0000-000000000014","user_id":"00000000-0000-0000-0000-000000000002","workspace_id":null}
        "#]]).await;
    }

    #[tokio::test]
    async fn that_of_others_and_of_workspaces_that_were_lost_is_not_there() {
        check(
            STRANGER,
            None,
            expect![[r#"
            Err(there is no such session)
        "#]],
        )
        .await;
        check(
            ADA,
            Some(ELSEWHERE),
            expect![[r#"
            Err(there is no such session)
        "#]],
        )
        .await;
    }
}
