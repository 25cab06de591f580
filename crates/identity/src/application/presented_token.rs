//! A token out of a mail, on its way to prove something.

use perme8_events::{Load, StorageError, UserId};

use crate::{
    application::ports::{Accounts, EmailTokens, Passwords, TokenSource, Users},
    domain::{
        email::Email,
        secret::{PasswordHash, Secret, TokenHash},
        session::TokenPurpose,
        user::User,
    },
};

/// A token that was sent to an address, and the password hash that was proven along with it.
#[derive(Debug)]
pub(crate) struct PresentedToken {
    pub(crate) user_id: UserId,
    pub(crate) password: Option<PasswordHash>,
    email: Email,
    hash: TokenHash,
}

impl PresentedToken {
    /// What can be done before the transaction: looks whose token it is, and checks the password; nothing if the token is
    /// none.
    pub(crate) async fn look(
        token: &Secret,
        password: Option<&Secret>,
        accounts: &impl Accounts,
        passwords: &dyn Passwords,
        tokens: &dyn TokenSource,
    ) -> Result<Option<Self>, StorageError> {
        let Some(hash) = tokens.digest(token) else { return Ok(None) };
        let account = accounts.account_by_token(&hash, TokenPurpose::LogIn).await?;
        let Some(user) = account else { return Ok(None) };
        // Of a confirmed account the password is nobody's business here.
        let stored = user.password_hash.filter(|_| user.confirmed_at.is_none());
        let password = match (stored, password.cloned()) {
            (Some(stored), Some(password)) => {
                passwords.verify(password, Some(stored.clone())).await.then_some(stored)
            }
            _ => None,
        };
        Ok(Some(Self { user_id: user.id, password, email: user.email, hash }))
    }

    /// Uses the token up: the person who reads the mail, if the token is still good and the address still theirs.
    pub(crate) async fn redeem<T: Users + EmailTokens>(
        &self,
        tx: &mut T,
    ) -> Result<Option<User>, StorageError> {
        redeem(tx, &self.email, &self.hash, TokenPurpose::LogIn).await
    }
}

/// Uses a token up that was sent to this address: the person who reads the mail, if the token is still good for that and the
/// address still theirs.
pub(crate) async fn redeem<T: Users + EmailTokens>(
    tx: &mut T,
    email: &Email,
    hash: &TokenHash,
    purpose: TokenPurpose,
) -> Result<Option<User>, StorageError> {
    // The turn comes before the token: whoever registers the address anew takes both in this order, too.
    tx.wait_for_turn(email).await?;
    let Some(token) = tx.take_token(hash, purpose).await? else { return Ok(None) };
    let user = Load::<User>::load(tx, token.user_id).await?;
    Ok(user.filter(|user| user.email == *email && user.email == token.sent_to))
}
