//! Calling a session something else.

use std::fmt;

use identity::{FieldErrors, Seen};
use perme8_events::{Save, StorageError};

use crate::{
    application::{acting::Acting, ports::Sessions},
    domain::{references::ChatSessionId, session::Session, title::LONGEST_TITLE},
};

/// Calls a session something else; what is said first does not change that any more.
///
/// Emits [`ChatSessionTitleChanged`](crate::ChatSessionTitleChanged).
#[derive(Clone)]
pub struct RenameSession {
    /// Which.
    pub session: ChatSessionId,
    /// What it is called; 1 to 255 characters.
    pub title: String,
    /// What was seen of it; if it has changed since, nothing happens.
    pub seen: Option<Seen>,
}

/// Leaves the title out.
impl fmt::Debug for RenameSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RenameSession").field("session", &self.session).finish_non_exhaustive()
    }
}

/// Why the session is called what it was called before.
#[derive(Debug, thiserror::Error)]
pub enum RenameSessionError {
    /// There is no such session of the person who acts.
    #[error("there is no such session")]
    SessionNotFound,
    /// No person acts.
    #[error("only people have sessions")]
    Forbidden,
    /// It has changed since it was seen.
    #[error("the session has changed since: look at it again")]
    OtherVersion,
    /// Some fields cannot be as they are.
    #[error("{0}")]
    Invalid(FieldErrors),
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl RenameSession {
    pub(crate) async fn execute<T: Sessions + Save<Session>>(
        &self,
        tx: &mut T,
        acting: &Acting,
    ) -> Result<Session, RenameSessionError> {
        let session = acting.session(tx, self.session, self.seen).await?;
        let mut errors = FieldErrors::default();
        let title = errors.line("title", &self.title, LONGEST_TITLE);
        let title = title.ok_or(RenameSessionError::Invalid(errors))?;
        match session.rename(title) {
            Some(renamed) => Ok(tx.save(renamed).await?),
            None => Ok(session),
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use perme8_events::UserId;

    use super::*;
    use crate::testing::{ADA, COMPANY, SESSION, STRANGER, acting, of_ada};

    async fn check(who: UserId, title: &str, seen: Option<i64>, expected: Expect) {
        let mut tx = of_ada(Some(COMPANY));
        let (title, seen) = (title.to_owned(), seen.map(Seen::from));
        let command = RenameSession { session: SESSION, title, seen };
        let outcome = command.execute(&mut tx, &acting(who)).await;
        let shown = |session: Session| (session.title, session.is_title_automatic, session.version);
        expected.assert_eq(&tx.report(&outcome.map(shown)));
    }

    #[tokio::test]
    async fn a_session_is_called_what_its_owner_likes() {
        check(ADA, " Looms ", Some(1), expect![[r#"
            Ok((Some("Looms"), false, 2))
            chat.chat_session_title_changed {"session_id":"00000000-0000-0000-0000-000000000014","user_id":"00000000-0000-0000-0000-000000000002","workspace_id":"00000000-0000-0000-0000-000000000001","automatic":false}
        "#]]).await;
    }

    #[tokio::test]
    async fn a_title_that_was_made_becomes_one_that_was_chosen() {
        check(ADA, "How do mills work?", None, expect![[r#"
            Ok((Some("How do mills work?"), false, 2))
            chat.chat_session_title_changed {"session_id":"00000000-0000-0000-0000-000000000014","user_id":"00000000-0000-0000-0000-000000000002","workspace_id":"00000000-0000-0000-0000-000000000001","automatic":false}
        "#]]).await;
    }

    #[tokio::test]
    async fn what_has_changed_since_and_what_is_others_stays() {
        check(
            ADA,
            "Looms",
            Some(7),
            expect![[r#"
            Err(the session has changed since: look at it again)
        "#]],
        )
        .await;
        check(
            STRANGER,
            "Looms",
            None,
            expect![[r#"
            Err(there is no such session)
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn a_title_is_a_line() {
        check(
            ADA,
            "  ",
            None,
            expect![[r#"
            Err(title can't be blank)
        "#]],
        )
        .await;
        check(
            ADA,
            "a\nb",
            None,
            expect![[r#"
            Err(title must be a single line without control characters)
        "#]],
        )
        .await;
    }
}
