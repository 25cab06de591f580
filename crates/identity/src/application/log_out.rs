//! Ending a session.

use perme8_events::StorageError;

use crate::{
    application::{acting::acting_in_person, ports::Sessions},
    domain::{events::UserLoggedOut, references::SessionId},
};

/// Ends a session of the person who acts.
///
/// Emits [`UserLoggedOut`].
#[derive(Debug, Clone)]
pub struct LogOut {
    /// Which.
    pub session_id: SessionId,
}

/// Why no session was ended.
#[derive(Debug, thiserror::Error)]
pub enum LogOutError {
    /// No person acts.
    #[error("only people have sessions")]
    Forbidden,
    /// The person has no such session.
    #[error("there is no such session")]
    SessionNotFound,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl LogOut {
    pub(crate) async fn execute(&self, tx: &mut impl Sessions) -> Result<(), LogOutError> {
        let user_id = acting_in_person(tx.origin()).ok_or(LogOutError::Forbidden)?;
        let session_id = self.session_id;
        if !tx.end_session(session_id, user_id).await? {
            return Err(LogOutError::SessionNotFound);
        }
        tx.emit(UserLoggedOut { user_id, session_id });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use perme8_events::Actor;

    use super::*;
    use crate::testing::{CountedTokens, GUEST, OWNER, company, log_in_as, report};

    async fn check(actor: Actor, expected: Expect) {
        let mut tx = company().of(actor);
        let session_id = log_in_as(&mut tx, OWNER, &CountedTokens::default()).await;
        let command = LogOut { session_id };
        let outcome = command.execute(&mut tx).await;
        expected.assert_eq(&report(&outcome, &tx));
        assert_eq!(tx.state.sessions.is_empty(), outcome.is_ok());
        assert!(command.execute(&mut tx).await.is_err());
    }

    #[tokio::test]
    async fn people_end_their_own_sessions_only() {
        check(Actor::User(OWNER.id()), expect![[r#"
            Ok(())
            identity.user_logged_out {"user_id":"00000000-0000-0000-0000-000000000002","session_id":"00000000-0000-0000-0000-000000000101"}
        "#]])
        .await;
        check(
            Actor::User(GUEST.id()),
            expect![[r#"
            Err(there is no such session)
        "#]],
        )
        .await;
        check(
            Actor::System("cleaner".into()),
            expect![[r#"
            Err(only people have sessions)
        "#]],
        )
        .await;
    }
}
