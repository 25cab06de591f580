//! Proving to own an e-mail address.

use perme8_events::{Save, StorageError};

use crate::{
    application::{
        ports::{Accounts, EmailTokens, Passwords, TokenSource, Users},
        presented_token::PresentedToken,
        read_models::UserProfile,
    },
    domain::{secret::Secret, user::User},
};

/// Confirms the e-mail address of an account by a token that was sent there.
///
/// Anybody can register an address that is not theirs, with a password of their own. So a password that was set before
/// stays only if it is presented here, too; otherwise it is cleared, and every other token of the account dies.
///
/// Emits [`UserConfirmed`](crate::UserConfirmed).
#[derive(Debug, Clone)]
pub struct ConfirmUser {
    /// The token from the mail.
    pub token: Secret,
    /// The password that was set with the registration, to keep it.
    pub password: Option<Secret>,
}

/// Why nothing was confirmed.
#[derive(Debug, thiserror::Error)]
pub enum ConfirmUserError {
    /// The token is unknown, used, expired or of another address by now; the same in every case.
    #[error("the token is not valid any more")]
    InvalidToken,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl ConfirmUser {
    /// What can be done before the transaction.
    pub(crate) async fn present(
        &self,
        accounts: &impl Accounts,
        passwords: &dyn Passwords,
        tokens: &dyn TokenSource,
    ) -> Result<PresentedToken, ConfirmUserError> {
        let Self { token, password } = self;
        let presented =
            PresentedToken::look(token, password.as_ref(), accounts, passwords, tokens).await?;
        presented.ok_or(ConfirmUserError::InvalidToken)
    }

    pub(crate) async fn execute<T: Users + EmailTokens + Save<User>>(
        presented: &PresentedToken,
        tx: &mut T,
    ) -> Result<UserProfile, ConfirmUserError> {
        let user = presented.redeem(tx).await?.filter(|user| !user.is_confirmed());
        let user = user.ok_or(ConfirmUserError::InvalidToken)?;
        Ok(confirm(tx, user, presented).await?)
    }
}

/// Confirms the address of somebody who has just shown to read its mail; every other token of the account dies.
pub(crate) async fn confirm<T: Users + EmailTokens + Save<User>>(
    tx: &mut T,
    user: User,
    presented: &PresentedToken,
) -> Result<UserProfile, StorageError> {
    let now = tx.now();
    let user = tx.save(user.confirm(presented.password.as_ref(), now)).await?;
    tx.forget_tokens(user.id).await?;
    Ok(UserProfile::from(&user))
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use expect_test::{Expect, expect};
    use perme8_events::{Actor, Transaction as _, testing::FakeTx};

    use super::*;
    use crate::{
        application::issue_confirmation::IssueConfirmation,
        domain::email::Email,
        testing::{CountedTokens, NEWCOMER, Tables, company, plain_passwords, report},
    };

    /// Two tokens for the newcomer, who registered with the password `of the newcomer`.
    async fn issued(tokens: &CountedTokens) -> (FakeTx<Tables>, Secret, Secret) {
        let mut tx = company().of(Actor::System("mailer".into()));
        let command = IssueConfirmation { email: NEWCOMER.email.to_owned() };
        let first = command.execute(&mut tx, tokens).await.unwrap();
        let second = command.execute(&mut tx, tokens).await.unwrap();
        (tx, first, second)
    }

    async fn confirm(
        tx: &mut FakeTx<Tables>,
        tokens: &CountedTokens,
        token: &Secret,
        password: Option<&str>,
    ) -> Result<UserProfile, ConfirmUserError> {
        let command = ConfirmUser { token: token.clone(), password: password.map(Secret::from) };
        let presented = command.present(&tx.state.clone(), &plain_passwords(), tokens).await?;
        ConfirmUser::execute(&presented, tx).await
    }

    async fn check(password: Option<&str>, expected: Expect) {
        let tokens = CountedTokens::default();
        let (mut tx, token, _) = issued(&tokens).await;
        let outcome = confirm(&mut tx, &tokens, &token, password).await;
        expected.assert_eq(&report(&outcome.map(|user| (user.email, user.has_password)), &tx));
    }

    #[tokio::test]
    async fn whoever_presents_the_password_keeps_it() {
        check(Some("of the newcomer"), expect![[r#"
            Ok(("newcomer@example.com", true))
            identity.user_confirmed {"user_id":"00000000-0000-0000-0000-00000000000b","email":"newcomer@example.com"}
        "#]])
        .await;
    }

    #[tokio::test]
    async fn a_password_that_a_stranger_may_have_set_is_cleared() {
        for password in [None, Some("of somebody else")] {
            check(password, expect![[r#"
                Ok(("newcomer@example.com", false))
                identity.user_confirmed {"user_id":"00000000-0000-0000-0000-00000000000b","email":"newcomer@example.com"}
            "#]])
            .await;
        }
    }

    #[tokio::test]
    async fn a_token_works_once_and_takes_the_others_with_it() {
        let tokens = CountedTokens::default();
        let (mut tx, first, second) = issued(&tokens).await;
        assert!(confirm(&mut tx, &tokens, &first, None).await.is_ok());
        for token in [first, second, "not a token".into()] {
            let again = confirm(&mut tx, &tokens, &token, None).await;
            assert!(matches!(again, Err(ConfirmUserError::InvalidToken)));
        }
        assert!(tx.state.tokens.is_empty());
    }

    #[tokio::test]
    async fn a_token_dies_after_a_quarter_of_an_hour() {
        for (minutes, fits) in [(14, true), (15, false)] {
            let tokens = CountedTokens::default();
            let (tx, token, _) = issued(&tokens).await;
            let later = tx.now() + TimeDelta::minutes(minutes);
            assert_eq!(
                confirm(&mut tx.at(later), &tokens, &token, None).await.is_ok(),
                fits,
                "{minutes}"
            );
        }
    }

    #[tokio::test]
    async fn a_token_confirms_the_address_that_it_was_sent_to() {
        let tokens = CountedTokens::default();
        let (mut tx, token, _) = issued(&tokens).await;
        let newcomer = tx.state.users.iter_mut().find(|user| user.id == NEWCOMER.id()).unwrap();
        newcomer.email = Email::parse("moved@example.com").unwrap();
        let outcome = confirm(&mut tx, &tokens, &token, None).await;
        assert!(matches!(outcome, Err(ConfirmUserError::InvalidToken)));
    }
}
