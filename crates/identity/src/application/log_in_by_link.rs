//! Logging in with a link out of a mail.

use perme8_events::{Save, StorageError};

use crate::{
    application::{
        confirm_user::confirm,
        log_in::begin_session,
        ports::{Accounts, EmailTokens, Passwords, Sessions, TokenSource, Users},
        presented_token::PresentedToken,
        read_models::{LoggedIn, UserProfile},
    },
    domain::{events::LogInMethod, secret::Secret, user::User},
};

/// Begins a session by the token of a link that was sent to the address of an account.
///
/// Where nobody has confirmed the address, that is done by it, as by [`ConfirmUser`](crate::ConfirmUser).
///
/// Emits [`UserLoggedIn`](crate::UserLoggedIn), and [`UserConfirmed`](crate::UserConfirmed) before it in that case.
#[derive(Debug, Clone)]
pub struct LogInByLink {
    /// The token from the mail.
    pub token: Secret,
    /// The password that was set with the registration, to keep it; of no meaning once the address is confirmed.
    pub password: Option<Secret>,
}

/// Why nobody was logged in.
#[derive(Debug, thiserror::Error)]
pub enum LogInByLinkError {
    /// The token is unknown, used, expired or of another address by now; the same in every case.
    #[error("the link is not valid any more; ask for a new one")]
    InvalidToken,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl LogInByLink {
    /// What can be done before the transaction.
    pub(crate) async fn present(
        &self,
        accounts: &impl Accounts,
        passwords: &dyn Passwords,
        tokens: &dyn TokenSource,
    ) -> Result<PresentedToken, LogInByLinkError> {
        let Self { token, password } = self;
        let presented =
            PresentedToken::look(token, password.as_ref(), accounts, passwords, tokens).await?;
        presented.ok_or(LogInByLinkError::InvalidToken)
    }

    pub(crate) async fn execute<T: Users + EmailTokens + Save<User> + Sessions>(
        presented: &PresentedToken,
        tx: &mut T,
        tokens: &dyn TokenSource,
    ) -> Result<LoggedIn, LogInByLinkError> {
        let user = presented.redeem(tx).await?.ok_or(LogInByLinkError::InvalidToken)?;
        let user = if user.is_confirmed() {
            UserProfile::from(&user)
        } else {
            confirm(tx, user, presented).await?
        };
        Ok(begin_session(tx, tokens, user, LogInMethod::MagicLink).await?)
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use expect_test::{Expect, expect};
    use perme8_events::{Transaction as _, testing::FakeTx};

    use super::*;
    use crate::{
        domain::{email::Email, session::TokenPurpose},
        testing::{
            CountedTokens, NEWCOMER, OWNER, Person, Tables, company, mail, plain_passwords, report,
        },
    };

    /// A company, and links for this person.
    async fn mailed<const N: usize>(
        person: Person,
        tokens: &CountedTokens,
    ) -> (FakeTx<Tables>, [Secret; N]) {
        let (mut tx, mut links) = (company(), Vec::new());
        for _ in 0..N {
            links.push(mail(&mut tx, person, person.email, TokenPurpose::LogIn, tokens).await);
        }
        (tx, links.try_into().expect("as many as were sent"))
    }

    async fn log_in(
        tx: &mut FakeTx<Tables>,
        tokens: &CountedTokens,
        token: &Secret,
        password: Option<&str>,
    ) -> Result<LoggedIn, LogInByLinkError> {
        let command = LogInByLink { token: token.clone(), password: password.map(Secret::from) };
        let presented = command.present(&tx.state.clone(), &plain_passwords(), tokens).await?;
        LogInByLink::execute(&presented, tx, tokens).await
    }

    async fn check(person: Person, password: Option<&str>, expected: Expect) {
        let tokens = CountedTokens::default();
        let (mut tx, [token]) = mailed(person, &tokens).await;
        let outcome = log_in(&mut tx, &tokens, &token, password).await;
        let outcome = outcome.map(|login| (login.user.email, login.user.has_password));
        expected.assert_eq(&report(&outcome, &tx));
    }

    #[tokio::test]
    async fn a_link_begins_a_session() {
        check(OWNER, None, expect![[r#"
            Ok(("owner@example.com", true))
            identity.user_logged_in {"user_id":"00000000-0000-0000-0000-000000000002","session_id":"00000000-0000-0000-0000-000000000101","method":"magic_link"}
        "#]])
        .await;
    }

    #[tokio::test]
    async fn the_first_link_confirms_the_address_as_well() {
        check(NEWCOMER, None, expect![[r#"
            Ok(("newcomer@example.com", false))
            identity.user_confirmed {"user_id":"00000000-0000-0000-0000-00000000000b","email":"newcomer@example.com"}
            identity.user_logged_in {"user_id":"00000000-0000-0000-0000-00000000000b","session_id":"00000000-0000-0000-0000-000000000101","method":"magic_link"}
        "#]])
        .await;
        check(NEWCOMER, Some("of the newcomer"), expect![[r#"
            Ok(("newcomer@example.com", true))
            identity.user_confirmed {"user_id":"00000000-0000-0000-0000-00000000000b","email":"newcomer@example.com"}
            identity.user_logged_in {"user_id":"00000000-0000-0000-0000-00000000000b","session_id":"00000000-0000-0000-0000-000000000101","method":"magic_link"}
        "#]])
        .await;
    }

    #[tokio::test]
    async fn a_link_keeps_no_password_from_a_confirmed_account_and_needs_none() {
        check(OWNER, Some("not the password"), expect![[r#"
            Ok(("owner@example.com", true))
            identity.user_logged_in {"user_id":"00000000-0000-0000-0000-000000000002","session_id":"00000000-0000-0000-0000-000000000101","method":"magic_link"}
        "#]])
        .await;
    }

    #[tokio::test]
    async fn a_link_works_once_and_leaves_the_others() {
        let tokens = CountedTokens::default();
        let (mut tx, [first, second]) = mailed(OWNER, &tokens).await;
        assert!(log_in(&mut tx, &tokens, &first, None).await.is_ok());
        for token in [first, "token 99".into(), "nonsense".into()] {
            let again = log_in(&mut tx, &tokens, &token, None).await;
            assert!(matches!(again, Err(LogInByLinkError::InvalidToken)));
        }
        assert!(log_in(&mut tx, &tokens, &second, None).await.is_ok());
        assert!(tx.state.tokens.is_empty());
    }

    #[tokio::test]
    async fn a_link_dies_after_a_quarter_of_an_hour() {
        for (minutes, fits) in [(14, true), (15, false)] {
            let tokens = CountedTokens::default();
            let (tx, [token]) = mailed(OWNER, &tokens).await;
            let later = tx.now() + TimeDelta::minutes(minutes);
            let outcome = log_in(&mut tx.at(later), &tokens, &token, None).await;
            assert_eq!(outcome.is_ok(), fits, "{minutes}");
        }
    }

    #[tokio::test]
    async fn a_link_dies_with_the_address_it_was_sent_to() {
        let tokens = CountedTokens::default();
        let (mut tx, [token]) = mailed(OWNER, &tokens).await;
        tx.state.users[0].email = Email::parse("moved@example.com").unwrap();
        let outcome = log_in(&mut tx, &tokens, &token, None).await;
        assert!(matches!(outcome, Err(LogInByLinkError::InvalidToken)));
    }
}
