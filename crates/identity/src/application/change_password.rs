//! Setting another password while logged in.

use perme8_events::{Load, Save, StorageError, UserId};

use crate::{
    application::{
        fresh_session::is_fresh,
        new_password::NewPassword,
        ports::{Accounts, EmailTokens, Passwords, Sessions, Users},
        shown_password::shown,
    },
    domain::{
        email::Email,
        fields::{FieldErrors, Problem},
        references::SessionId,
        secret::{PasswordHash, Secret},
        user::User,
    },
};

/// Gives the person who acts another password, or the first one.
///
/// Whoever does so shows the present password, or has logged in within the last 20 minutes. Every other session ends, and
/// every link that was sent by mail dies.
///
/// Emits [`PasswordChanged`](crate::PasswordChanged).
#[derive(Debug, Clone)]
pub struct ChangePassword {
    /// The session that goes on.
    pub session_id: SessionId,
    /// The new one: 12 to 256 characters that nobody guesses.
    pub password: Secret,
    /// The present one.
    pub current_password: Option<Secret>,
}

/// Why the password stayed.
#[derive(Debug, thiserror::Error)]
pub enum ChangePasswordError {
    /// No person acts, or one whose account is not confirmed.
    #[error("only people with a confirmed account have a password")]
    Forbidden,
    /// Some fields cannot be as they are; a wrong present password is among these reasons.
    #[error("{0}")]
    Invalid(FieldErrors),
    /// The log-in was too long ago.
    #[error("show the current password, or who you are once more")]
    NotFresh,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// The new password, and how it was shown who sets it.
#[derive(Debug)]
pub(crate) struct PreparedPassword {
    user_id: UserId,
    email: Email,
    session_id: SessionId,
    shown: Option<PasswordHash>,
    hash: PasswordHash,
}

impl ChangePassword {
    /// What can be done before the transaction: checks the present password, and hashes the new one.
    pub(crate) async fn prepare(
        &self,
        acting: Option<UserId>,
        accounts: &impl Accounts,
        passwords: &dyn Passwords,
    ) -> Result<PreparedPassword, ChangePasswordError> {
        let user_id = acting.ok_or(ChangePasswordError::Forbidden)?;
        let account = accounts.account(user_id).await?.filter(User::is_confirmed);
        let user = account.ok_or(ChangePasswordError::Forbidden)?;
        let mut errors = FieldErrors::default();
        let shown = match &self.current_password {
            Some(password) => {
                let shown = shown(password, user.password_hash.clone(), passwords).await;
                errors.check("current_password", shown.map(Some).ok_or(Problem::Wrong))
            }
            None => Some(None),
        };
        let accepted = NewPassword::accept(&self.password, &user.about(), passwords).await;
        let (Some(shown), Some(password)) = (shown, errors.check("password", accepted)) else {
            return Err(ChangePasswordError::Invalid(errors));
        };
        let hash = password.hash(passwords).await;
        Ok(PreparedPassword {
            user_id,
            email: user.email,
            session_id: self.session_id,
            shown,
            hash,
        })
    }
}

impl PreparedPassword {
    pub(crate) async fn execute<T>(&self, tx: &mut T) -> Result<(), ChangePasswordError>
    where
        T: Users + Save<User> + Sessions + EmailTokens,
    {
        let Self { user_id, email, session_id, shown, hash } = self;
        // Log-ins take turns with this, so that none begins with the old password beside it.
        tx.wait_for_turn(email).await?;
        let user = Load::<User>::load(tx, *user_id).await?.filter(User::is_confirmed);
        let user = user.ok_or(ChangePasswordError::Forbidden)?;
        // The password may have been changed while it was being checked.
        let is_shown = match shown {
            Some(shown) => user.has_password(shown),
            None => is_fresh(tx, *session_id, *user_id).await?,
        };
        if !is_shown {
            return Err(ChangePasswordError::NotFresh);
        }
        Ok(set_password(tx, user, hash.clone(), Some(*session_id)).await?)
    }
}

/// Sets a password, and ends what was begun with the old one, but perhaps for one session.
pub(crate) async fn set_password<T>(
    tx: &mut T,
    user: User,
    hash: PasswordHash,
    except: Option<SessionId>,
) -> Result<(), StorageError>
where
    T: Save<User> + Sessions + EmailTokens,
{
    let user = tx.save(user.set_password(hash)).await?;
    tx.forget_tokens(user.id).await?;
    tx.end_sessions(user.id, except).await
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use expect_test::{Expect, expect};
    use perme8_events::{Actor, Transaction as _, testing::FakeTx};

    use super::*;
    use crate::{
        application::acting::acting_in_person,
        domain::session::TokenPurpose,
        testing::{
            CountedTokens, GUEST, OWNER, Person, Tables, company, log_in_as, mail, plain_passwords,
            report,
        },
    };

    /// A company in which this person acts in the first of two sessions, and has a link to log in.
    async fn logged_in(person: Person) -> (FakeTx<Tables>, SessionId) {
        let (mut tx, tokens) = (company().of(Actor::User(person.id())), CountedTokens::default());
        let session_id = log_in_as(&mut tx, person, &tokens).await;
        log_in_as(&mut tx, person, &tokens).await;
        mail(&mut tx, person, person.email, TokenPurpose::LogIn, &tokens).await;
        (tx, session_id)
    }

    async fn change(
        tx: &mut FakeTx<Tables>,
        session_id: SessionId,
        current_password: Option<&str>,
        password: &str,
    ) -> Result<(), ChangePasswordError> {
        let current_password = current_password.map(Secret::from);
        let command = ChangePassword { session_id, password: password.into(), current_password };
        let acting = acting_in_person(tx.origin());
        let prepared = command.prepare(acting, &tx.state.clone(), &plain_passwords()).await?;
        prepared.execute(tx).await
    }

    async fn check(minutes: i64, current_password: Option<&str>, password: &str, expected: Expect) {
        let (tx, session_id) = logged_in(OWNER).await;
        let later = tx.now() + TimeDelta::minutes(minutes);
        let mut tx = tx.at(later);
        let outcome = change(&mut tx, session_id, current_password, password).await;
        expected.assert_eq(&report(&outcome, &tx));
        let left = if outcome.is_ok() { (1, 0) } else { (2, 1) };
        assert_eq!((tx.state.sessions.len(), tx.state.tokens.len()), left);
        assert!(tx.state.sessions.iter().any(|session| session.id == session_id));
    }

    #[tokio::test]
    async fn the_current_password_is_enough_however_old_the_session_is() {
        check(
            60,
            Some("of the owner"),
            "something longer",
            expect![[r#"
            Ok(())
            identity.password_changed {"user_id":"00000000-0000-0000-0000-000000000002"}
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn whoever_has_just_logged_in_needs_no_current_password() {
        check(
            19,
            None,
            "something longer",
            expect![[r#"
            Ok(())
            identity.password_changed {"user_id":"00000000-0000-0000-0000-000000000002"}
        "#]],
        )
        .await;
        check(
            20,
            None,
            "something longer",
            expect![[r#"
            Err(show the current password, or who you are once more)
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn every_wrong_field_is_named() {
        check(0, Some("of the guest"), "password1234", expect![[r#"
            Err(current_password is wrong; password is too easy to guess: take more words, and none that have to do with each other or with you)
        "#]]).await;
    }

    #[tokio::test]
    async fn a_first_password_is_set_by_whoever_has_just_logged_in() {
        let (mut tx, session_id) = logged_in(GUEST).await;
        let wrong = change(&mut tx, session_id, Some("anything at all"), "something longer").await;
        assert!(matches!(wrong, Err(ChangePasswordError::Invalid(_))));
        change(&mut tx, session_id, None, "something longer").await.unwrap();
        let mut tx = tx.of(Actor::User(OWNER.id()));
        let of_another = change(&mut tx, session_id, None, "something longer").await;
        assert!(matches!(of_another, Err(ChangePasswordError::NotFresh)));
    }

    #[tokio::test]
    async fn only_people_have_passwords() {
        for actor in [Actor::Anonymous, Actor::System("cleaner".into())] {
            let (tx, session_id) = logged_in(OWNER).await;
            let refused = change(&mut tx.of(actor), session_id, None, "something longer").await;
            assert!(matches!(refused, Err(ChangePasswordError::Forbidden)));
        }
    }
}
