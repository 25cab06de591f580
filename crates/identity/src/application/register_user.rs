//! Making an account.

use perme8_events::{Save, StorageError};

use crate::{
    application::{
        new_password::NewPassword,
        ports::{EmailTokens, Passwords, Users},
        read_models::UserProfile,
    },
    domain::{
        discreet::discreet,
        email::Email,
        fields::{FieldErrors, Problem},
        secret::Secret,
        user::{MAX_NAME, NewUser, User},
    },
};

/// Makes an account, which can be used once its e-mail address is confirmed.
///
/// An account that nobody has confirmed keeps nobody else from registering its address: names and password are replaced, and
/// the tokens sent until then die, because whoever asked for them may be somebody else. It stays the same account, of which
/// [`UserRegistered`](crate::UserRegistered) has told already; so nothing is told again but that a new link is wanted, and what
/// others may rely on, the confirmed address, comes with [`UserConfirmed`](crate::UserConfirmed).
///
/// Emits [`UserRegistered`](crate::UserRegistered) of a new account, and [`MagicLinkRequested`](crate::MagicLinkRequested)
/// of one that nobody has confirmed.
#[derive(Clone)]
pub struct RegisterUser {
    /// The e-mail address, in any letter case; at most 160 characters.
    pub email: String,
    /// The first name; 1 to 100 characters.
    pub first_name: String,
    /// The last name; 1 to 100 characters.
    pub last_name: String,
    /// A password of 12 to 256 characters that nobody guesses, if one is wanted. It stays only if it is presented again with
    /// the first confirmation.
    pub password: Option<Secret>,
}

discreet! { RegisterUser { password } }

/// Why there is no new account.
#[derive(Debug, thiserror::Error)]
pub enum RegisterUserError {
    /// Some fields cannot be as they are; the address of a confirmed account is among these reasons.
    #[error("{0}")]
    Invalid(FieldErrors),
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl RegisterUser {
    /// What can be done before the transaction: looks at the fields, and hashes the password.
    pub(crate) async fn prepare(
        &self,
        passwords: &dyn Passwords,
    ) -> Result<NewUser, RegisterUserError> {
        let mut errors = FieldErrors::default();
        let email = errors.check("email", Email::parse(&self.email));
        let first_name = errors.line("first_name", &self.first_name, MAX_NAME);
        let last_name = errors.line("last_name", &self.last_name, MAX_NAME);
        let password = match &self.password {
            Some(password) => {
                let about = [&*self.email, &*self.first_name, &*self.last_name];
                let accepted = NewPassword::accept(password, &about, passwords).await;
                errors.check("password", accepted.map(Some))
            }
            None => Some(None),
        };
        let (Some(email), Some(first_name), Some(last_name), Some(password)) =
            (email, first_name, last_name, password)
        else {
            return Err(RegisterUserError::Invalid(errors));
        };
        let password_hash = match password {
            Some(password) => Some(password.hash(passwords).await),
            None => None,
        };
        Ok(NewUser { email, first_name, last_name, password_hash })
    }

    pub(crate) async fn execute(
        new: &NewUser,
        tx: &mut (impl Users + EmailTokens + Save<User>),
    ) -> Result<UserProfile, RegisterUserError> {
        tx.wait_for_turn(&new.email).await?;
        let unsaved = match tx.user_by_email(&new.email).await? {
            Some(user) if user.is_confirmed() => {
                return Err(RegisterUserError::Invalid(FieldErrors::of("email", Problem::Taken)));
            }
            Some(user) => {
                tx.forget_tokens(user.id).await?;
                user.register_anew(new.clone())
            }
            None => {
                let (id, now) = (tx.new_id(), tx.now());
                User::register(id, new.clone(), now)
            }
        };
        let user = tx.save(unsaved).await?;
        Ok(UserProfile::from(&user))
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use perme8_events::Actor;

    use super::*;
    use crate::{
        application::issue_confirmation::IssueConfirmation,
        testing::{CountedTokens, NEWCOMER, company, plain_passwords, report},
    };

    fn ada() -> RegisterUser {
        RegisterUser {
            email: "Ada@Example.com".to_owned(),
            first_name: " Ada ".to_owned(),
            last_name: "Lovelace".to_owned(),
            password: Some("correct horse battery".into()),
        }
    }

    async fn check(command: RegisterUser, expected: Expect) {
        let mut tx = company();
        let outcome = match command.prepare(&plain_passwords()).await {
            Ok(new) => RegisterUser::execute(&new, &mut tx).await,
            Err(error) => Err(error),
        };
        expected.assert_eq(&report(
            &outcome.map(|user| (user.email, user.first_name, user.has_password)),
            &tx,
        ));
    }

    #[tokio::test]
    async fn people_register_with_or_without_a_password() {
        check(ada(), expect![[r#"
            Ok(("ada@example.com", "Ada", true))
            identity.user_registered {"user_id":"00000000-0000-0000-0000-000000000101","email":"ada@example.com","first_name":"Ada","last_name":"Lovelace"}
        "#]])
        .await;
        check(RegisterUser { password: None, ..ada() }, expect![[r#"
            Ok(("ada@example.com", "Ada", false))
            identity.user_registered {"user_id":"00000000-0000-0000-0000-000000000101","email":"ada@example.com","first_name":"Ada","last_name":"Lovelace"}
        "#]])
        .await;
    }

    #[tokio::test]
    async fn an_address_is_taken_in_every_letter_case() {
        check(
            RegisterUser { email: "OWNER@example.COM".to_owned(), ..ada() },
            expect![[r#"
            Err(email has already been taken)
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn an_account_that_nobody_confirmed_is_made_anew() {
        let mut tx = company().of(Actor::System("mailer".into()));
        let issue = IssueConfirmation { email: NEWCOMER.email.to_owned() };
        issue.execute(&mut tx, &CountedTokens::default()).await.unwrap();
        let mut tx = tx.of(Actor::Anonymous);
        let people = tx.state.users.len();
        let command = RegisterUser { email: "NEWCOMER@example.com".to_owned(), ..ada() };
        let new = command.prepare(&plain_passwords()).await.unwrap();
        let outcome = RegisterUser::execute(&new, &mut tx).await;
        expect![[r#"
            Ok((true, "newcomer@example.com", "Ada"))
            identity.magic_link_requested {"user_id":"00000000-0000-0000-0000-00000000000b"}
        "#]]
        .assert_eq(&report(
            &outcome.map(|user| (user.id == NEWCOMER.id(), user.email, user.first_name)),
            &tx,
        ));
        assert_eq!((tx.state.users.len(), tx.state.tokens.len()), (people, 0));
        let user = tx.state.users.iter().find(|user| user.id == NEWCOMER.id()).unwrap();
        assert_eq!(user.password_hash, new.password_hash);
    }

    #[tokio::test]
    async fn every_wrong_field_is_named() {
        let command = RegisterUser {
            email: "ada".to_owned(),
            first_name: "  ".to_owned(),
            last_name: "x".repeat(101),
            password: Some("12345678901".into()),
        };
        check(command, expect![[r#"
            Err(email must have the @ sign and no spaces; first_name can't be blank; last_name should be at most 100 character(s); password should be at least 12 character(s))
        "#]])
        .await;
    }

    #[tokio::test]
    async fn a_password_that_everybody_guesses_is_refused() {
        let command = RegisterUser { password: Some("password1234".into()), ..ada() };
        check(command, expect![[r#"
            Err(password is too easy to guess: take more words, and none that have to do with each other or with you)
        "#]])
        .await;
    }
}
