#![doc = include_str!("../README.md")]
//!
//! ## In these pages
//!
//! - [`Identity`] is the facade. Each of its methods takes a command, which says what it emits, or answers a question; its error
//!   says why not. A person begins with [`RegisterUser`], [`ConfirmUser`] and [`LogIn`], a workspace with [`CreateWorkspace`], a
//!   membership with [`InviteMember`] and [`AcceptInvitation`], a program with [`CreateApiKey`].
//! - [`EVENTS`] are those of people ([`UserRegistered`] to [`UserDeleted`]), of keys ([`ApiKeyCreated`] to [`ApiKeyRevoked`]), of
//!   workspaces ([`WorkspaceCreated`] to [`WorkspaceDeleted`]), of members ([`MemberJoined`] to [`MemberLeft`]) and of
//!   invitations ([`InvitationCreated`] to [`InvitationExpired`]). [`Departure`] is what two of them have in common.
//! - [`Mailer`], [`OnUserConfirmed`] and [`OnWorkspaceRestored`] hear them; [`LinkRequests`] looks up who wants a link. A host
//!   registers all four.
//! - [`Directory`] answers the gateways of other contexts: who is who, and who belongs where as what.

mod application;
mod domain;
mod facade;
mod infrastructure;

#[cfg(any(test, feature = "testing"))]
pub mod testing;

// Facade: api, web, the host and tests.
pub use application::mailer::Mailer;
pub use application::on_user_confirmed::OnUserConfirmed;
pub use application::on_workspace_restored::OnWorkspaceRestored;
pub use facade::Identity;
pub use facade::link_requests::LinkRequests;
pub use infrastructure::MIGRATIONS;

// Commands and their errors: for whoever may use the facade.
pub use application::accept_invitation::{AcceptInvitation, AcceptInvitationError};
pub use application::archive_workspace::{ArchiveWorkspace, ArchiveWorkspaceError};
pub use application::change_email::{ChangeEmail, ChangeEmailError};
pub use application::change_member_role::{ChangeMemberRole, ChangeMemberRoleError};
pub use application::change_password::{ChangePassword, ChangePasswordError};
pub use application::choose_preferences::{ChoosePreferences, ChoosePreferencesError};
pub use application::confirm_user::{ConfirmUser, ConfirmUserError};
pub use application::create_api_key::{CreateApiKey, CreateApiKeyError, Permissions};
pub use application::create_workspace::{CreateWorkspace, CreateWorkspaceError};
pub use application::decline_invitation::{DeclineInvitation, DeclineInvitationError};
pub use application::delete_account::{DeleteAccount, DeleteAccountError};
pub use application::delete_workspace::{DeleteWorkspace, DeleteWorkspaceError};
pub use application::expire_invitations::{ExpireInvitations, ExpireInvitationsError};
pub use application::export_account::{ExportAccount, ExportAccountError};
pub use application::invite_member::{InviteMember, InviteMemberError};
pub use application::invite_members::{InviteMembers, InviteMembersError, InviteRow, RowOutcome};
pub use application::issue_api_key::{IssueApiKey, IssueApiKeyError};
pub use application::issue_confirmation::{IssueConfirmation, IssueConfirmationError};
pub use application::issue_magic_link::{IssueMagicLink, IssueMagicLinkError};
pub use application::issue_password_reset::{IssuePasswordReset, IssuePasswordResetError};
pub use application::issue_ticket::{IssueTicket, IssueTicketError};
pub use application::leave_workspace::{LeaveWorkspace, LeaveWorkspaceError};
pub use application::log_in::{LogIn, LogInError};
pub use application::log_in_by_link::{LogInByLink, LogInByLinkError};
pub use application::log_out::{LogOut, LogOutError};
pub use application::purge_expired::{PurgeExpired, PurgeExpiredError};
pub use application::reauthenticate::{Proof, Reauthenticate, ReauthenticateError};
pub use application::redeem_ticket::{RedeemTicket, RedeemTicketError};
pub use application::register_user::{RegisterUser, RegisterUserError};
pub use application::remove_member::{RemoveMember, RemoveMemberError};
pub use application::request_email_change::{RequestEmailChange, RequestEmailChangeError};
pub use application::request_magic_link::{LinkRequest, RequestMagicLink, RequestMagicLinkError};
pub use application::request_password_reset::{RequestPasswordReset, RequestPasswordResetError};
pub use application::resend_invitation::{ResendInvitation, ResendInvitationError};
pub use application::reset_password::{ResetPassword, ResetPasswordError};
pub use application::restore_workspace::{RestoreWorkspace, RestoreWorkspaceError};
pub use application::revoke_api_key::{RevokeApiKey, RevokeApiKeyError};
pub use application::revoke_invitation::{RevokeInvitation, RevokeInvitationError};
pub use application::rotate_api_key::{RotateApiKey, RotateApiKeyError};
pub use application::transfer_ownership::{TransferOwnership, TransferOwnershipError};
pub use application::update_api_key::{Expiry, UpdateApiKey, UpdateApiKeyError};
pub use application::update_profile::{UpdateProfile, UpdateProfileError};
pub use application::update_workspace::{UpdateWorkspace, UpdateWorkspaceError};
pub use domain::secret::Secret;

// Read models of the facade, and why it did not answer.
pub use application::key_read_models::{ApiKeySummary, AuthenticatedKey, IssuedApiKey};
pub use application::read_models::{
    AccountExport, Authenticated, ExportedInvitation, InvitationOffer, InvitationSummary,
    IssuedTicket, ListMembers, ListWorkspaces, LoggedIn, MemberPlace, MemberSummary, MembersPage,
    OwnedWorkspace, QueryError, SelectedAgent, SessionSummary, UserProfile, WorkspaceDetails,
    WorkspacePreferences,
};

// Queries: for the gateways of other contexts.
pub use infrastructure::directory::{
    Directory, InvitationEntry, MemberEntry, UserEntry, WorkspaceEntry,
};

// Events: for the handlers of other contexts.
pub use domain::account_events::{
    Change, EmailChangeRequested, EmailChanged, PasswordChanged, PasswordResetRequested,
    PreferenceChanges, PreferencesChanged, ProfileChanges, ProfileUpdated, UserDeleted,
    UserReauthenticated,
};
pub use domain::api_key_events::{
    ApiKeyChanges, ApiKeyCreated, ApiKeyRevoked, ApiKeyRotated, ApiKeyUpdated,
};
pub use domain::departure::Departure;
pub use domain::events::{
    EVENTS, InvitationCreated, InvitationDeclined, InvitationExpired, InvitationResent,
    InvitationRevoked, InvitationUnannounced, LogInMethod, MagicLinkRequested, MemberInvited,
    MemberJoined, MemberLeft, MemberRemoved, MemberRoleChanged, UserConfirmed, UserLoggedIn,
    UserLoggedOut, UserRegistered, WorkspaceCreated,
};
pub use domain::workspace_events::{
    OwnershipTransferred, WorkspaceArchived, WorkspaceChanges, WorkspaceDeleted, WorkspaceRestored,
    WorkspaceUpdated,
};

// Language: for every layer of other contexts.
pub use domain::email::folded_email;
pub use domain::fields::{FieldError, FieldErrors, Problem};
pub use domain::folded::folded;
pub use domain::key_scopes::KeyScope;
pub use domain::references::{
    Agent, AgentId, ApiKeyId, InvitationId, InvitationRef, MemberRef, SessionId, UserApiKey,
    UserSession, WorkspaceInvitation, WorkspaceRef,
};
pub use domain::role::{Role, UnknownRole};
pub use domain::seen::Seen;
pub use domain::slug::Slug;
