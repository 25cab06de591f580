//! People for the tests of other crates, and the tables in memory for the tests of this one.

use perme8_events::{Origin, UserId};

use crate::{
    ConfirmUser, Identity, IssueConfirmation, LogIn, LoggedIn, RegisterUser, Secret,
    infrastructure::passwords::Argon2Passwords,
};

#[cfg(test)]
mod acts;
#[cfg(test)]
mod company;
#[cfg(test)]
mod estates;
#[cfg(test)]
mod fake_secrets;
#[cfg(test)]
mod invitation_table;
#[cfg(test)]
mod key_table;
#[cfg(test)]
mod letters;
#[cfg(test)]
mod preference_table;
#[cfg(test)]
mod tables;
#[cfg(test)]
mod ticket_table;

#[cfg(test)]
pub(crate) use acts::{Act, PEOPLE, Who, stories};
#[cfg(test)]
pub(crate) use company::{
    ADMIN, COMPANY, GUEST, INVITEE, MEMBER, NEWCOMER, OWNER, Person, archived, company, confirm,
    confirmed_event, elsewhere, happened, invited, invited_by, log_in_as, logged_in, mail, report,
};
#[cfg(test)]
pub(crate) use fake_secrets::{CountedTokens, plain_passwords};
#[cfg(test)]
pub(crate) use key_table::{another, key_of, texts};
#[cfg(test)]
pub(crate) use letters::{stationery, written};
#[cfg(test)]
pub(crate) use tables::Tables;

/// The password of [`user_with_password`].
pub const PASSWORD: &str = "correct horse battery staple";

/// Registers and confirms somebody without a password.
///
/// # Panics
///
/// The address is taken or malformed, or the storage fails.
pub async fn confirmed_user(
    identity: &Identity,
    email: &str,
    first_name: &str,
    last_name: &str,
) -> UserId {
    register_and_confirm(identity, email, first_name, last_name, None).await
}

/// Registers and confirms somebody who logs in with [`PASSWORD`].
///
/// # Panics
///
/// The address is taken or malformed, or the storage fails.
pub async fn user_with_password(
    identity: &Identity,
    email: &str,
    first_name: &str,
    last_name: &str,
) -> UserId {
    register_and_confirm(identity, email, first_name, last_name, Some(PASSWORD.into())).await
}

/// Logs somebody in with [`PASSWORD`].
///
/// # Panics
///
/// Nobody has the address and that password, or the storage fails.
pub async fn log_in(identity: &Identity, email: &str) -> LoggedIn {
    let command = LogIn { email: email.to_owned(), password: PASSWORD.into() };
    identity.log_in(Origin::anonymous(), command).await.expect("that is the password")
}

/// What no log-in can do without: comparing [`PASSWORD`] with a hash of it, as dear as in production. For measurements.
pub fn bare_comparison() -> impl Fn() -> bool + Clone + Send + Sync + 'static {
    Argon2Passwords::new().bare(PASSWORD)
}

async fn register_and_confirm(
    identity: &Identity,
    email: &str,
    first_name: &str,
    last_name: &str,
    password: Option<Secret>,
) -> UserId {
    let register = RegisterUser {
        email: email.to_owned(),
        first_name: first_name.to_owned(),
        last_name: last_name.to_owned(),
        password: password.clone(),
    };
    identity.register_user(Origin::anonymous(), register).await.expect("the address is free");
    let issue = IssueConfirmation { email: email.to_owned() };
    let mailer = Origin::system("identity.testing");
    let token = identity.issue_confirmation(mailer, issue).await.expect("nobody has confirmed it");
    identity
        .confirm_user(Origin::anonymous(), ConfirmUser { token, password })
        .await
        .expect("the token is fresh")
        .id
}
