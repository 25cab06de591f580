//! Setting another password with a link out of a mail.

use perme8_events::{Save, StorageError, UserId};

use crate::{
    application::{
        change_password::set_password,
        new_password::NewPassword,
        ports::{Accounts, EmailTokens, Passwords, Sessions, TokenSource, Users},
        presented_token::redeem,
    },
    domain::{
        email::Email,
        fields::FieldErrors,
        secret::{PasswordHash, Secret, TokenHash},
        session::TokenPurpose,
        user::User,
    },
};

/// Sets another password by the token of a link that was sent to the address of an account.
///
/// Every session ends, and every other link that was sent by mail dies. A password that cannot be set does not use the
/// token up.
///
/// Emits [`PasswordChanged`](crate::PasswordChanged).
#[derive(Debug, Clone)]
pub struct ResetPassword {
    /// The token from the mail.
    pub token: Secret,
    /// The new one: 12 to 256 characters that nobody guesses.
    pub password: Secret,
}

/// Why the password stayed.
#[derive(Debug, thiserror::Error)]
pub enum ResetPasswordError {
    /// The token is unknown, used, expired or of another address by now; the same in every case.
    #[error("the link is not valid any more; ask for a new one")]
    InvalidToken,
    /// The new password cannot be as it is.
    #[error("{0}")]
    Invalid(FieldErrors),
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// The new password, and the token that it is set with.
#[derive(Debug)]
pub(crate) struct PreparedReset {
    pub(crate) user_id: UserId,
    email: Email,
    token: TokenHash,
    hash: PasswordHash,
}

impl ResetPassword {
    /// What can be done before the transaction: looks whose token it is, and hashes the password.
    pub(crate) async fn prepare(
        &self,
        accounts: &impl Accounts,
        passwords: &dyn Passwords,
        tokens: &dyn TokenSource,
    ) -> Result<PreparedReset, ResetPasswordError> {
        let token = tokens.digest(&self.token).ok_or(ResetPasswordError::InvalidToken)?;
        let account = accounts.account_by_token(&token, TokenPurpose::ResetPassword).await?;
        let user = account.ok_or(ResetPasswordError::InvalidToken)?;
        let accepted = NewPassword::accept(&self.password, &user.about(), passwords).await;
        let password = accepted
            .map_err(|problem| ResetPasswordError::Invalid(FieldErrors::of("password", problem)))?;
        let hash = password.hash(passwords).await;
        Ok(PreparedReset { user_id: user.id, email: user.email, token, hash })
    }
}

impl PreparedReset {
    pub(crate) async fn execute<T>(&self, tx: &mut T) -> Result<(), ResetPasswordError>
    where
        T: Users + Save<User> + EmailTokens + Sessions,
    {
        let Self { user_id: _, email, token, hash } = self;
        let user = redeem(tx, email, token, TokenPurpose::ResetPassword).await?;
        let user = user.filter(User::is_confirmed).ok_or(ResetPasswordError::InvalidToken)?;
        Ok(set_password(tx, user, hash.clone(), None).await?)
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use expect_test::expect;
    use perme8_events::{Transaction as _, testing::FakeTx};

    use super::*;
    use crate::testing::{
        CountedTokens, OWNER, Tables, company, log_in_as, mail, plain_passwords, report,
    };

    /// The owner is logged in, and has a link of each kind; the second one sets another password.
    async fn mailed(tokens: &CountedTokens) -> FakeTx<Tables> {
        let mut tx = company();
        for purpose in [TokenPurpose::LogIn, TokenPurpose::ResetPassword] {
            mail(&mut tx, OWNER, OWNER.email, purpose, tokens).await;
        }
        log_in_as(&mut tx, OWNER, tokens).await;
        tx
    }

    async fn reset(
        tx: &mut FakeTx<Tables>,
        token: &str,
        password: &str,
    ) -> Result<(), ResetPasswordError> {
        let command = ResetPassword { token: token.into(), password: password.into() };
        let (passwords, tokens) = (plain_passwords(), CountedTokens::default());
        command.prepare(&tx.state.clone(), &passwords, &tokens).await?.execute(tx).await
    }

    #[tokio::test]
    async fn a_link_sets_a_password_once_and_ends_everything_else() {
        let mut tx = mailed(&CountedTokens::default()).await;
        let outcome = reset(&mut tx, "token 2", "something longer").await;
        expect![[r#"
            Ok(())
            identity.password_changed {"user_id":"00000000-0000-0000-0000-000000000002"}
        "#]]
        .assert_eq(&report(&outcome, &tx));
        assert!(tx.state.sessions.is_empty() && tx.state.tokens.is_empty());
        let again = reset(&mut tx, "token 2", "something longer").await;
        assert!(matches!(again, Err(ResetPasswordError::InvalidToken)));
    }

    #[tokio::test]
    async fn other_tokens_set_no_password() {
        let mut tx = mailed(&CountedTokens::default()).await;
        for token in ["token 1", "token 99", "nonsense"] {
            let refused = reset(&mut tx, token, "something longer").await;
            assert!(matches!(refused, Err(ResetPasswordError::InvalidToken)), "{token}");
        }
    }

    #[tokio::test]
    async fn a_password_that_is_refused_leaves_the_link_as_it_is() {
        let mut tx = mailed(&CountedTokens::default()).await;
        let refused = reset(&mut tx, "token 2", "password1234").await;
        assert!(matches!(refused, Err(ResetPasswordError::Invalid(_))));
        assert!(reset(&mut tx, "token 2", "something longer").await.is_ok());
    }

    #[tokio::test]
    async fn a_link_dies_after_an_hour() {
        for (minutes, fits) in [(59, true), (60, false)] {
            let tx = mailed(&CountedTokens::default()).await;
            let later = tx.now() + TimeDelta::minutes(minutes);
            let outcome = reset(&mut tx.at(later), "token 2", "something longer").await;
            assert_eq!(outcome.is_ok(), fits, "{minutes}");
        }
    }

    #[tokio::test]
    async fn a_link_dies_with_the_address_it_was_sent_to() {
        let mut tx = mailed(&CountedTokens::default()).await;
        tx.state.users[0].email = Email::parse("moved@example.com").unwrap();
        let outcome = reset(&mut tx, "token 2", "something longer").await;
        assert!(matches!(outcome, Err(ResetPasswordError::InvalidToken)));
    }
}
