//! Logging in with a password.

use perme8_events::{Load, StorageError, UserId};

use crate::{
    application::{
        ports::{Accounts, Passwords, Sessions, TokenSource, Users},
        read_models::{LoggedIn, UserProfile},
        shown_password::shown,
    },
    domain::{
        discreet::discreet,
        email::Email,
        events::{LogInMethod, UserLoggedIn},
        secret::{PasswordHash, Secret},
        session::Session,
        user::User,
    },
};

/// Begins a session by address and password.
///
/// Emits [`UserLoggedIn`].
#[derive(Clone)]
pub struct LogIn {
    /// The e-mail address, in any letter case.
    pub email: String,
    /// The password.
    pub password: Secret,
}

discreet! { LogIn { password } }

/// Why nobody was logged in.
#[derive(Debug, thiserror::Error)]
pub enum LogInError {
    /// The address is unknown or not confirmed, or the password is another one. The caller learns no more than that, in
    /// the same time.
    #[error("the e-mail address or the password is wrong")]
    Rejected,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// The password of an account was presented.
#[derive(Debug)]
pub(crate) struct PresentedPassword {
    pub(crate) user_id: UserId,
    email: Email,
    hash: PasswordHash,
}

impl LogIn {
    /// What can be done before the transaction: checks the password.
    ///
    /// Exactly one hash is computed whatever the outcome, so that the time tells nothing.
    pub(crate) async fn present(
        &self,
        accounts: &impl Accounts,
        passwords: &dyn Passwords,
    ) -> Result<PresentedPassword, LogInError> {
        let account = match Email::parse(&self.email) {
            Ok(email) => accounts.account_by_email(&email).await?.filter(User::is_confirmed),
            Err(_) => None,
        };
        let stored = account.as_ref().and_then(|user| user.password_hash.clone());
        match (account, shown(&self.password, stored, passwords).await) {
            (Some(User { id: user_id, email, .. }), Some(hash)) => {
                Ok(PresentedPassword { user_id, email, hash })
            }
            _ => Err(LogInError::Rejected),
        }
    }
}

impl PresentedPassword {
    pub(crate) async fn execute<T: Users + Sessions>(
        &self,
        tx: &mut T,
        tokens: &dyn TokenSource,
    ) -> Result<LoggedIn, LogInError> {
        // Whoever changes the password ends the sessions that are there, so none may begin beside that.
        tx.wait_for_turn(&self.email).await?;
        // It may have been changed while it was being checked.
        let user = Load::<User>::load(tx, self.user_id)
            .await?
            .filter(|user| user.is_confirmed() && user.has_password(&self.hash))
            .ok_or(LogInError::Rejected)?;
        Ok(begin_session(tx, tokens, UserProfile::from(&user), LogInMethod::Password).await?)
    }
}

/// Begins a session of somebody who has just shown who they are.
pub(crate) async fn begin_session<T: Sessions>(
    tx: &mut T,
    tokens: &dyn TokenSource,
    user: UserProfile,
    method: LogInMethod,
) -> Result<LoggedIn, StorageError> {
    let minted = tokens.mint();
    let session = Session::begin(tx.new_id(), user.id, minted.hash, tx.now());
    let session = session.by(tx.origin().client().cloned());
    tx.begin_session(&session).await?;
    tx.emit(UserLoggedIn { user_id: user.id, session_id: session.id, method });
    let Session { id: session_id, expires_at, .. } = session;
    Ok(LoggedIn { user, session_id, token: minted.plain, expires_at })
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::{
        application::ports::MockPasswords,
        testing::{CountedTokens, NEWCOMER, OWNER, company, plain_passwords, report},
    };

    async fn check(email: &str, password: &str, expected: Expect) {
        let mut tx = company();
        let command = LogIn { email: email.to_owned(), password: password.into() };
        let outcome = match command.present(&tx.state.clone(), &plain_passwords()).await {
            Ok(presented) => presented.execute(&mut tx, &CountedTokens::default()).await,
            Err(error) => Err(error),
        };
        let outcome = outcome.map(|login| (login.user.email, login.expires_at.to_string()));
        expected.assert_eq(&report(&outcome, &tx));
    }

    #[tokio::test]
    async fn the_password_begins_a_session_of_14_days() {
        check("Owner@Example.com", "of the owner", expect![[r#"
            Ok(("owner@example.com", "2026-01-19 09:00:00 UTC"))
            identity.user_logged_in {"user_id":"00000000-0000-0000-0000-000000000002","session_id":"00000000-0000-0000-0000-000000000101","method":"password"}
        "#]])
        .await;
    }

    #[tokio::test]
    async fn every_failure_gets_the_same_answer() {
        let rejected = || {
            expect![[r#"
            Err(the e-mail address or the password is wrong)
        "#]]
        };
        check(OWNER.email, "of the newcomer", rejected()).await;
        check("nobody@example.com", "of the owner", rejected()).await;
        check("no address", "of the owner", rejected()).await;
        check(NEWCOMER.email, "of the newcomer", rejected()).await;
        check("guest@example.com", "", rejected()).await;
    }

    #[tokio::test]
    async fn every_attempt_costs_one_hash() {
        for email in
            [OWNER.email, NEWCOMER.email, "guest@example.com", "nobody@example.com", "no address"]
        {
            let mut passwords = MockPasswords::new();
            passwords.expect_verify().times(1).returning(|_, _| false);
            let command = LogIn { email: email.to_owned(), password: "of the owner".into() };
            assert!(command.present(&company().state, &passwords).await.is_err());
        }
    }

    #[tokio::test]
    async fn a_password_that_changes_meanwhile_is_no_password() {
        let mut tx = company();
        let command = LogIn { email: OWNER.email.to_owned(), password: "of the owner".into() };
        let presented = command.present(&tx.state.clone(), &plain_passwords()).await.unwrap();
        tx.state.users[0].password_hash = Some(PasswordHash::new("another".to_owned()));
        let outcome = presented.execute(&mut tx, &CountedTokens::default()).await;
        assert!(matches!(outcome, Err(LogInError::Rejected)));
        assert_eq!(tx.transcript(), "");
    }
}
