//! Asking for another e-mail address.

use perme8_events::StorageError;

use crate::{
    application::{
        acting::confirmed_in_person,
        fresh_session::is_fresh,
        ports::{Sessions, Users},
    },
    domain::{
        account_events::EmailChangeRequested,
        discreet::discreet,
        email::Email,
        fields::{FieldErrors, Problem},
        references::SessionId,
        user::User,
    },
};

/// Asks for another e-mail address of the person who acts; it counts once a link is followed that is sent there.
///
/// Whoever does so has logged in within the last 20 minutes. The present address is told, too.
///
/// Emits [`EmailChangeRequested`].
#[derive(Clone)]
pub struct RequestEmailChange {
    /// The session in which it is asked for.
    pub session_id: SessionId,
    /// The address that is wanted, in any letter case; at most 160 characters.
    pub email: String,
}

discreet! { RequestEmailChange { session_id } }

/// Why no link is sent.
#[derive(Debug, thiserror::Error)]
pub enum RequestEmailChangeError {
    /// No person acts, or one whose account is not confirmed.
    #[error("only people with a confirmed account have an address to change")]
    Forbidden,
    /// The address cannot be theirs; that of another confirmed account is among these reasons.
    #[error("{0}")]
    Invalid(FieldErrors),
    /// The log-in was too long ago.
    #[error("show once more who you are")]
    NotFresh,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl RequestEmailChange {
    pub(crate) async fn execute<T: Users + Sessions>(
        &self,
        tx: &mut T,
    ) -> Result<(), RequestEmailChangeError> {
        let user = confirmed_in_person(tx).await?.ok_or(RequestEmailChangeError::Forbidden)?;
        if !is_fresh(tx, self.session_id, user.id).await? {
            return Err(RequestEmailChangeError::NotFresh);
        }
        let refused = |problem| RequestEmailChangeError::Invalid(FieldErrors::of("email", problem));
        let email = Email::parse(&self.email).map_err(refused)?;
        if email == user.email {
            return Err(refused(Problem::Unchanged));
        }
        if tx.user_by_email(&email).await?.is_some_and(|other: User| other.is_confirmed()) {
            return Err(refused(Problem::Taken));
        }
        tx.emit(EmailChangeRequested {
            user_id: user.id,
            email: user.email.to_string().into(),
            new_email: email.to_string().into(),
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use expect_test::{Expect, expect};
    use perme8_events::{Actor, Transaction as _};

    use super::*;
    use crate::testing::{CountedTokens, GUEST, NEWCOMER, OWNER, company, log_in_as, report};

    async fn check(actor: Actor, minutes: i64, email: &str, expected: Expect) {
        let mut tx = company();
        let session_id = log_in_as(&mut tx, OWNER, &CountedTokens::default()).await;
        let later = tx.now() + TimeDelta::minutes(minutes);
        let mut tx = tx.of(actor).at(later);
        let command = RequestEmailChange { session_id, email: email.to_owned() };
        let outcome = command.execute(&mut tx).await;
        expected.assert_eq(&report(&outcome, &tx));
    }

    fn owner() -> Actor {
        Actor::User(OWNER.id())
    }

    #[tokio::test]
    async fn whoever_has_just_logged_in_may_ask_for_a_free_address() {
        check(owner(), 19, " Countess@Example.com", expect![[r#"
            Ok(())
            identity.email_change_requested {"user_id":"00000000-0000-0000-0000-000000000002","email":"owner@example.com","new_email":"countess@example.com"}
        "#]]).await;
        check(
            owner(),
            20,
            "countess@example.com",
            expect![[r#"
            Err(show once more who you are)
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn an_address_that_nobody_confirmed_is_free() {
        check(owner(), 0, NEWCOMER.email, expect![[r#"
            Ok(())
            identity.email_change_requested {"user_id":"00000000-0000-0000-0000-000000000002","email":"owner@example.com","new_email":"newcomer@example.com"}
        "#]]).await;
    }

    #[tokio::test]
    async fn addresses_of_others_and_the_own_one_are_refused() {
        check(
            owner(),
            0,
            "GUEST@example.com",
            expect![[r#"
            Err(email has already been taken)
        "#]],
        )
        .await;
        check(
            owner(),
            0,
            "OWNER@example.com",
            expect![[r#"
            Err(email did not change)
        "#]],
        )
        .await;
        check(
            owner(),
            0,
            "no address",
            expect![[r#"
            Err(email must have the @ sign and no spaces)
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn only_people_in_their_own_session_ask() {
        check(
            Actor::User(GUEST.id()),
            0,
            "countess@example.com",
            expect![[r#"
            Err(show once more who you are)
        "#]],
        )
        .await;
        check(
            Actor::Anonymous,
            0,
            "countess@example.com",
            expect![[r#"
            Err(only people with a confirmed account have an address to change)
        "#]],
        )
        .await;
    }
}
