//! Mails about accounts: links, and what people must know.

use chrono::{DateTime, Utc};
use mail::{Letter, MailKind, Outgoing};
use perme8_events::StorageError;

use super::Mailer;
use crate::{
    application::ports::{EmailTokens, Users},
    domain::{
        account_letters,
        email::Email,
        secret::Secret,
        session::{EmailToken, TokenPurpose},
        user::User,
    },
};

/// Where another password is set.
const RESET_PAGE: &str = "password-reset";

/// Where an account is moved to another address.
const EMAIL_PAGE: &str = "email";

/// What is to be mailed about an account.
#[derive(Debug)]
pub(super) enum Wish {
    /// A link for somebody who has just registered.
    Confirm,
    /// A link for somebody who asks for one.
    LogIn,
    /// A link for somebody who wants another password.
    ResetPassword,
    /// A word to somebody whose password was changed.
    TellOfPassword,
    /// A link for somebody who wants another address, and a word to the present one.
    ChangeEmail { from: String, to: String },
    /// A word to somebody who has a key of this name since then.
    TellOfKey { name: String },
    /// A word to somebody whose key of this name has another token since then.
    TellOfToken { name: String },
}

impl Mailer {
    /// None of these mails goes to an address that the account no longer has.
    pub(super) async fn of_account<T: Users + EmailTokens>(
        &self,
        tx: &mut T,
        user: User,
        wish: Wish,
    ) -> Result<Vec<Option<Outgoing>>, StorageError> {
        Ok(match wish {
            // Whoever was confirmed in the meantime, e.g. by an operator, needs nothing more.
            Wish::Confirm if user.is_confirmed() => vec![],
            Wish::Confirm | Wish::LogIn => vec![self.link(tx, user).await?],
            Wish::ResetPassword => vec![self.reset(tx, user).await?],
            Wish::TellOfPassword => vec![self.password_changed(&user)],
            Wish::ChangeEmail { from, to } if user.email.as_str() == from => {
                let Ok(to) = Email::parse(&to) else { return Ok(vec![]) };
                let told = self.email_change_requested(&user, &to);
                vec![self.email_change(tx, &user, to).await?, told]
            }
            Wish::ChangeEmail { .. } => vec![],
            Wish::TellOfKey { name } => vec![self.key_created(&user, &name)],
            Wish::TellOfToken { name } => vec![self.key_rotated(&user, &name)],
        })
    }

    /// The link that somebody wants who has forgotten the password.
    async fn reset<T: EmailTokens>(
        &self,
        tx: &mut T,
        user: User,
    ) -> Result<Option<Outgoing>, StorageError> {
        let (plain, worth_until) = self.token(tx, &user, TokenPurpose::ResetPassword).await?;
        let link = self.stationery.link(&[RESET_PAGE, plain.expose()]);
        let letter = account_letters::password_reset(&self.stationery, &user.first_name, link);
        Ok(self.mail_to(&user, account_letters::PASSWORD_RESET, &letter, Some(worth_until)))
    }

    /// What somebody must know whose password was changed, perhaps by somebody else.
    fn password_changed(&self, user: &User) -> Option<Outgoing> {
        let link = self.stationery.link(&[RESET_PAGE]);
        let letter = account_letters::password_changed(&self.stationery, &user.first_name, link);
        self.mail_to(user, account_letters::PASSWORD_CHANGED, &letter, None)
    }

    /// A fresh token for this person, and when it is worthless.
    pub(super) async fn token<T: EmailTokens>(
        &self,
        tx: &mut T,
        user: &User,
        purpose: TokenPurpose,
    ) -> Result<(Secret, DateTime<Utc>), StorageError> {
        self.token_to(tx, user, purpose, user.email.clone()).await
    }

    /// The same, sent to another address than that of the account.
    async fn token_to<T: EmailTokens>(
        &self,
        tx: &mut T,
        user: &User,
        purpose: TokenPurpose,
        to: Email,
    ) -> Result<(Secret, DateTime<Utc>), StorageError> {
        let minted = self.tokens.mint();
        let token = EmailToken::issue(purpose, minted.hash, user.id, to, tx.now());
        tx.keep_token(&token).await?;
        Ok((minted.plain, token.expires_at))
    }

    /// The link that moves an account to the address that it is sent to.
    async fn email_change<T: EmailTokens>(
        &self,
        tx: &mut T,
        user: &User,
        to: Email,
    ) -> Result<Option<Outgoing>, StorageError> {
        let purpose = TokenPurpose::ChangeEmail;
        let (plain, worth_until) = self.token_to(tx, user, purpose, to.clone()).await?;
        let link = self.stationery.link(&[EMAIL_PAGE, plain.expose()]);
        let letter = account_letters::email_change(&self.stationery, link);
        let kind = account_letters::EMAIL_CHANGE;
        // Whoever reads the new address may be somebody else, and learns no name.
        Ok(self.mail(kind, to.as_str(), "", &letter, Some(worth_until)))
    }

    fn email_change_requested(&self, user: &User, to: &Email) -> Option<Outgoing> {
        let (on, link) = (&self.stationery, self.stationery.link(&[RESET_PAGE]));
        let letter =
            account_letters::email_change_requested(on, &user.first_name, to.as_str(), link);
        self.mail_to(user, account_letters::EMAIL_CHANGE_REQUESTED, &letter, None)
    }

    /// Goes out whatever has become of the account: whoever has taken it away could delete it at once.
    pub(super) fn email_changed(
        &self,
        user: Option<&User>,
        from: &str,
        to: &str,
    ) -> Option<Outgoing> {
        let first_name = user.map(|user| user.first_name.as_str());
        let letter = account_letters::email_changed(&self.stationery, first_name, to);
        let name = user.map(User::full_name).unwrap_or_default();
        self.mail(account_letters::EMAIL_CHANGED, from, &name, &letter, None)
    }

    pub(super) fn account_deleted(&self, email: &str) -> Option<Outgoing> {
        let letter = account_letters::account_deleted(&self.stationery);
        self.mail(account_letters::ACCOUNT_DELETED, email, "", &letter, None)
    }

    fn key_created(&self, user: &User, name: &str) -> Option<Outgoing> {
        let (on, link) = (&self.stationery, self.stationery.link(&[RESET_PAGE]));
        let letter = account_letters::key_created(on, &user.first_name, name, link);
        self.mail_to(user, account_letters::KEY_CREATED, &letter, None)
    }

    fn key_rotated(&self, user: &User, name: &str) -> Option<Outgoing> {
        let (on, link) = (&self.stationery, self.stationery.link(&[RESET_PAGE]));
        let letter = account_letters::key_rotated(on, &user.first_name, name, link);
        self.mail_to(user, account_letters::KEY_ROTATED, &letter, None)
    }

    fn mail_to(
        &self,
        user: &User,
        kind: MailKind,
        letter: &Letter,
        worth_until: Option<DateTime<Utc>>,
    ) -> Option<Outgoing> {
        self.mail(kind, user.email.as_str(), &user.full_name(), letter, worth_until)
    }
}
