//! The one way in.

use std::sync::Arc;

use mail::Stationery;
use perme8_events::{
    Origin, UserId,
    sql::{Db, UnitOfWork},
};

use crate::{
    application::{
        accept_invitation::AcceptInvitationError,
        acting::{acting_in_person, acting_user},
        archive_workspace::ArchiveWorkspaceError,
        change_email::ChangeEmailError,
        change_member_role::ChangeMemberRoleError,
        change_password::ChangePasswordError,
        choose_preferences::ChoosePreferencesError,
        confirm_user::ConfirmUserError,
        create_api_key::CreateApiKeyError,
        create_workspace::CreateWorkspaceError,
        decline_invitation::DeclineInvitationError,
        delete_account::DeleteAccountError,
        delete_workspace::DeleteWorkspaceError,
        expire_invitations::ExpireInvitationsError,
        invite_member::InviteMemberError,
        invite_members::InviteMembersError,
        issue_api_key::IssueApiKeyError,
        issue_confirmation::IssueConfirmationError,
        issue_magic_link::IssueMagicLinkError,
        issue_password_reset::IssuePasswordResetError,
        issue_ticket::IssueTicketError,
        leave_workspace::LeaveWorkspaceError,
        log_in::LogInError,
        log_in_by_link::LogInByLinkError,
        log_out::LogOutError,
        mailer::Mailer,
        ports::{Passwords, TokenSource},
        purge_expired::PurgeExpiredError,
        read_models::QueryError,
        reauthenticate::ReauthenticateError,
        redeem_ticket::RedeemTicketError,
        register_user::RegisterUserError,
        remove_member::RemoveMemberError,
        request_email_change::RequestEmailChangeError,
        request_magic_link::RequestMagicLinkError,
        request_password_reset::RequestPasswordResetError,
        resend_invitation::ResendInvitationError,
        reset_password::ResetPasswordError,
        restore_workspace::RestoreWorkspaceError,
        revoke_api_key::RevokeApiKeyError,
        revoke_invitation::RevokeInvitationError,
        rotate_api_key::RotateApiKeyError,
        transfer_ownership::TransferOwnershipError,
        update_api_key::UpdateApiKeyError,
        update_profile::UpdateProfileError,
        update_workspace::UpdateWorkspaceError,
    },
    infrastructure::{
        directory::Directory, passwords::Argon2Passwords, queries::Queries, tokens::RandomTokens,
    },
};

/// People, workspaces, members and invitations.
///
/// Each method takes the [`Origin`] of the wish and authorises from it. A command that loses a race is repeated; what is
/// returned as `Storage` afterwards is nothing the caller could have avoided.
#[derive(Debug, Clone)]
pub struct Identity {
    db: Db,
    uow: UnitOfWork,
    queries: Queries,
    passwords: Arc<dyn Passwords>,
    tokens: Arc<dyn TokenSource>,
}

/// Whether a refusal is one that may not come up again. Every error of a use case has a variant `Storage`, so that a macro can
/// say for all of them that only a lost race is worth another try.
trait Refusal {
    fn is_passing(&self) -> bool;
}

macro_rules! refusals {
    ($($Error:ident),+ $(,)?) => {$(
        impl Refusal for $Error {
            fn is_passing(&self) -> bool {
                matches!(self, Self::Storage(error) if error.is_retryable())
            }
        }
    )+};
}

refusals!(
    AcceptInvitationError,
    ArchiveWorkspaceError,
    ChangeEmailError,
    ChangeMemberRoleError,
    ChangePasswordError,
    ChoosePreferencesError,
    ConfirmUserError,
    CreateApiKeyError,
    CreateWorkspaceError,
    DeclineInvitationError,
    DeleteAccountError,
    DeleteWorkspaceError,
    ExpireInvitationsError,
    InviteMemberError,
    InviteMembersError,
    IssueApiKeyError,
    IssueConfirmationError,
    IssueMagicLinkError,
    IssuePasswordResetError,
    IssueTicketError,
    LeaveWorkspaceError,
    LogInByLinkError,
    LogInError,
    LogOutError,
    PurgeExpiredError,
    ReauthenticateError,
    RedeemTicketError,
    RegisterUserError,
    RemoveMemberError,
    RequestEmailChangeError,
    RequestMagicLinkError,
    RequestPasswordResetError,
    ResendInvitationError,
    ResetPasswordError,
    RestoreWorkspaceError,
    RevokeApiKeyError,
    RevokeInvitationError,
    RotateApiKeyError,
    TransferOwnershipError,
    UpdateApiKeyError,
    UpdateProfileError,
    UpdateWorkspaceError,
);

/// Runs a use case in a transaction of its own, and again while it loses races.
macro_rules! transact {
    ($self:ident, $origin:expr, $tx:ident => $execute:expr) => {{
        let origin: Origin = $origin;
        $self
            .uow
            .retry(Refusal::is_passing, || {
                $self.uow.run(origin.clone(), async |$tx| $execute.await)
            })
            .await
    }};
}

// The methods stand below `transact!`, because macros are visible only after their definition.
mod accounts;
mod invitations;
mod keys;
pub(crate) mod link_requests;
mod people;
mod workspaces;

impl Identity {
    /// On this database.
    #[must_use]
    pub fn new(db: Db) -> Self {
        Self::with_passwords(db, Argon2Passwords::new())
    }

    /// The same, with passwords that are cheap to hash and to guess, so that tests are fast.
    #[cfg(any(test, feature = "testing"))]
    #[must_use]
    pub fn with_cheap_passwords(db: Db) -> Self {
        Self::with_passwords(db, Argon2Passwords::cheap())
    }

    fn with_passwords(db: Db, passwords: Argon2Passwords) -> Self {
        Self {
            uow: UnitOfWork::new(db.clone()),
            queries: Queries::new(db.clone()),
            db,
            passwords: Arc::new(passwords),
            tokens: Arc::new(RandomTokens),
        }
    }

    /// The handler that writes the mails of this context.
    #[must_use]
    pub fn mailer(&self, stationery: Stationery) -> Mailer {
        Mailer::new(stationery, Arc::clone(&self.tokens))
    }

    /// Answers the questions of other contexts.
    #[must_use]
    pub fn directory(&self) -> Directory {
        Directory::new(self.db.clone())
    }
}

/// The person who asks, in person or by a key.
fn person(origin: &Origin) -> Result<UserId, QueryError> {
    acting_user(origin).ok_or(QueryError::Forbidden)
}

/// The person who asks, if no program does so by a key.
fn in_person(origin: &Origin) -> Result<UserId, QueryError> {
    acting_in_person(origin).ok_or(QueryError::Forbidden)
}

#[cfg(test)]
mod matrix;
#[cfg(test)]
mod stories;
#[cfg(test)]
mod tests;
