//! What each event asks to be mailed.

use perme8_events::{Envelope, HandlerError, Personal, UserId};

use super::of_account::Wish;
use crate::domain::{
    account_events::{
        EmailChangeRequested, EmailChanged, PasswordChanged, PasswordResetRequested, UserDeleted,
    },
    api_key_events::{ApiKeyCreated, ApiKeyRotated},
    events::{InvitationCreated, InvitationResent, MagicLinkRequested, UserRegistered},
    references::InvitationId,
};

/// What an event asks for.
#[derive(Debug)]
pub(super) enum Wanted {
    /// Something about an account, while there is one.
    OfAccount(UserId, Wish),
    /// A word to the address that an account has no longer, whatever has become of the account.
    TellOfEmail {
        user: UserId,
        from: String,
        to: String,
    },
    /// A word to the address of an account that is gone.
    TellOfDeletion(String),
    Invitation(InvitationId),
}

pub(super) fn wanted(event: &Envelope) -> Result<Option<Wanted>, HandlerError> {
    if let Some(UserRegistered { user_id, .. }) = event.decode()? {
        return Ok(Some(Wanted::OfAccount(user_id, Wish::Confirm)));
    }
    if let Some(MagicLinkRequested { user_id }) = event.decode()? {
        return Ok(Some(Wanted::OfAccount(user_id, Wish::LogIn)));
    }
    if let Some(PasswordResetRequested { user_id }) = event.decode()? {
        return Ok(Some(Wanted::OfAccount(user_id, Wish::ResetPassword)));
    }
    if let Some(PasswordChanged { user_id }) = event.decode()? {
        return Ok(Some(Wanted::OfAccount(user_id, Wish::TellOfPassword)));
    }
    if let Some(EmailChangeRequested { user_id, email, new_email }) = event.decode()? {
        let (Some(email), Some(new)) = (email.known(), new_email.known()) else { return Ok(None) };
        let wish = Wish::ChangeEmail { from: email.clone(), to: new.clone() };
        return Ok(Some(Wanted::OfAccount(user_id, wish)));
    }
    if let Some(EmailChanged { user_id, previous_email, email }) = event.decode()? {
        let (Some(from), Some(to)) = (previous_email.known(), email.known()) else {
            return Ok(None);
        };
        let (from, to) = (from.clone(), to.clone());
        return Ok(Some(Wanted::TellOfEmail { user: user_id, from, to }));
    }
    if let Some(UserDeleted { email, .. }) = event.decode()? {
        let email = email.as_ref().and_then(Personal::known);
        return Ok(email.map(|email| Wanted::TellOfDeletion(email.clone())));
    }
    if let Some(ApiKeyCreated { user_id, name, .. }) = event.decode()? {
        let name = name.known().cloned();
        return Ok(name.map(|name| Wanted::OfAccount(user_id, Wish::TellOfKey { name })));
    }
    if let Some(ApiKeyRotated { user_id, name, .. }) = event.decode()? {
        let name = name.known().cloned();
        return Ok(name.map(|name| Wanted::OfAccount(user_id, Wish::TellOfToken { name })));
    }
    if let Some(InvitationCreated { invitation_id, .. }) = event.decode()? {
        return Ok(Some(Wanted::Invitation(invitation_id)));
    }
    let resent = event.decode::<InvitationResent>()?;
    Ok(resent.map(|InvitationResent { invitation_id, .. }| Wanted::Invitation(invitation_id)))
}
