//! The mails of this context.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use mail::{Correspondent, Letter, MailKind, Outgoing, Stationery};
use perme8_events::{
    Effects, Envelope, EventHandler, HandlerError, HandlerOptions, Load, NewJob, Start,
    StorageError, Subscriber, Subscription,
};

use self::wanted::{Wanted, wanted};
use crate::{
    application::ports::{EmailTokens, Invitations, TokenSource, Users, Workspaces},
    domain::{
        account_events::{
            EmailChangeRequested, EmailChanged, PasswordChanged, PasswordResetRequested,
            UserDeleted,
        },
        api_key_events::{ApiKeyCreated, ApiKeyRotated},
        events::{InvitationCreated, InvitationResent, MagicLinkRequested, UserRegistered},
        invitation::Invitation,
        letters,
        references::InvitationId,
        session::TokenPurpose,
        user::User,
        workspace::Workspace,
    },
};

/// Writes the mails of this context: links that confirm, log in and set passwords, invitations, and what people must know of
/// their account.
///
/// A token is made here and nowhere else, in the transaction that also enqueues its mail and moves the checkpoint: an event that
/// is delivered twice makes neither a second token nor a second mail. Of the token the tables keep the hash; the mail holds
/// it until it is sent.
///
/// Hears [`UserRegistered`], [`MagicLinkRequested`], [`PasswordResetRequested`], [`PasswordChanged`],
/// [`EmailChangeRequested`], [`EmailChanged`], [`UserDeleted`], [`ApiKeyCreated`], [`ApiKeyRotated`], [`InvitationCreated`]
/// and [`InvitationResent`].
#[derive(Debug, Clone)]
pub struct Mailer {
    stationery: Stationery,
    tokens: Arc<dyn TokenSource>,
}

const NAME: &str = "identity.mailer";

impl Mailer {
    pub(crate) fn new(stationery: Stationery, tokens: Arc<dyn TokenSource>) -> Self {
        Self { stationery, tokens }
    }

    /// The link that somebody wants who has registered, or asks for one.
    async fn link<T: Users + EmailTokens>(
        &self,
        tx: &mut T,
        user: User,
    ) -> Result<Option<Outgoing>, StorageError> {
        let (plain, worth_until) = self.token(tx, &user, TokenPurpose::LogIn).await?;
        let segments = ["login", plain.expose()];
        let (kind, name, letter) = if user.is_confirmed() {
            let link = self.stationery.link(&segments);
            let letter = letters::log_in(&self.stationery, &user.first_name, link);
            (letters::LOG_IN, user.full_name(), letter)
        } else {
            // The page behind the link asks for the password where there is one to keep.
            let link = match user.password_hash {
                Some(_) => self.stationery.link_with(&segments, "password", "keep"),
                None => self.stationery.link(&segments),
            };
            (letters::CONFIRMATION, String::new(), letters::confirmation(&self.stationery, link))
        };
        Ok(self.mail(kind, user.email.as_str(), &name, &letter, Some(worth_until)))
    }

    async fn invitation<T: Users + Workspaces + Invitations>(
        &self,
        tx: &mut T,
        id: InvitationId,
    ) -> Result<Option<Outgoing>, StorageError> {
        let now = tx.now();
        let invitation = Load::<Invitation>::load(tx, id).await?.filter(|i| i.is_open(now));
        let Some(Invitation { workspace_id, email, role, invited_by, expires_at, .. }) = invitation
        else {
            return Ok(None);
        };
        let workspace = Load::<Workspace>::load(tx, workspace_id).await?;
        let inviter = Load::<User>::load(tx, invited_by).await?;
        let (Some(workspace), Some(inviter)) = (workspace, inviter) else { return Ok(None) };
        if workspace.is_archived() {
            return Ok(None);
        }
        let known = tx.user_by_email(&email).await?.filter(User::is_confirmed);
        let (workspace, inviter) = (workspace.name.as_str(), inviter.full_name());
        let offer = letters::Offer { workspace, inviter: &inviter, role, expires_at };
        let link = self.stationery.link(&["invitations", &id.to_string()]);
        let (name, letter) = match known {
            Some(user) => (
                user.full_name(),
                letters::invitation(&self.stationery, &offer, &user.first_name, link),
            ),
            None => {
                (String::new(), letters::invitation_to_register(&self.stationery, &offer, link))
            }
        };
        Ok(self.mail(letters::INVITATION, email.as_str(), &name, &letter, Some(expires_at)))
    }

    /// Nothing for an address that a mail cannot go to.
    fn mail(
        &self,
        kind: MailKind,
        address: &str,
        name: &str,
        letter: &Letter,
        worth_until: Option<DateTime<Utc>>,
    ) -> Option<Outgoing> {
        let Ok(to) = Correspondent::new(address, name) else {
            tracing::warn!(kind = kind.as_str(), "an address takes no mail: nothing is sent");
            return None;
        };
        Some(self.stationery.mail(kind, to, letter, worth_until))
    }
}

impl Subscriber for Mailer {
    fn name(&self) -> &'static str {
        NAME
    }

    fn subscriptions(&self) -> &[Subscription] {
        const {
            &[
                Subscription::to::<UserRegistered>(),
                Subscription::to::<MagicLinkRequested>(),
                Subscription::to::<PasswordResetRequested>(),
                Subscription::to::<PasswordChanged>(),
                Subscription::to::<EmailChangeRequested>(),
                Subscription::to::<EmailChanged>(),
                Subscription::to::<UserDeleted>(),
                Subscription::to::<ApiKeyCreated>(),
                Subscription::to::<ApiKeyRotated>(),
                Subscription::to::<InvitationCreated>(),
                Subscription::to::<InvitationResent>(),
            ]
        }
    }

    /// What happened before there was a mailer is no reason to write to people.
    fn options(&self) -> HandlerOptions {
        HandlerOptions { start: Start::Now, effects: Effects::Outside, ..HandlerOptions::DEFAULT }
    }
}

#[async_trait]
impl<T> EventHandler<T> for Mailer
where
    T: Users + Workspaces + Invitations + EmailTokens,
{
    type Facts = ();

    async fn gather(&self, _event: &Envelope) -> Result<(), HandlerError> {
        Ok(())
    }

    async fn handle(&self, tx: &mut T, event: &Envelope, (): ()) -> Result<(), HandlerError> {
        let mails = match wanted(event)? {
            Some(Wanted::Invitation(id)) => vec![self.invitation(tx, id).await?],
            Some(Wanted::OfAccount(id, wish)) => match Load::<User>::load(tx, id).await? {
                Some(user) => self.of_account(tx, user, wish).await?,
                None => vec![],
            },
            Some(Wanted::TellOfEmail { user, from, to }) => {
                let user = Load::<User>::load(tx, user).await?;
                vec![self.email_changed(user.as_ref(), &from, &to)]
            }
            Some(Wanted::TellOfDeletion(email)) => vec![self.account_deleted(&email)],
            None => vec![],
        };
        // No idempotency key: the checkpoint keeps deliveries apart, and whoever has one repeated wants its mail again.
        for mail in mails.into_iter().flatten() {
            tx.enqueue(NewJob::new(mail));
        }
        Ok(())
    }
}

mod of_account;
mod wanted;

#[cfg(test)]
mod tests;
