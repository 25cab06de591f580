//! What callers can wish for, and what it takes to fulfil it.

pub(crate) mod accept_invitation;
pub(crate) mod acting;
pub(crate) mod archive_workspace;
pub(crate) mod change_email;
pub(crate) mod change_member_role;
pub(crate) mod change_password;
pub(crate) mod confirm_user;
pub(crate) mod create_workspace;
pub(crate) mod decline_invitation;
pub(crate) mod delete_account;
pub(crate) mod delete_workspace;
pub(crate) mod expire_invitations;
pub(crate) mod fresh_session;
pub(crate) mod invite_member;
pub(crate) mod invite_members;
pub(crate) mod issue_confirmation;
pub(crate) mod issue_magic_link;
pub(crate) mod issue_password_reset;
pub(crate) mod issue_ticket;
pub(crate) mod leave_workspace;
pub(crate) mod log_in;
pub(crate) mod log_in_by_link;
pub(crate) mod log_out;
pub(crate) mod mailer;
pub(crate) mod new_password;
pub(crate) mod on_user_confirmed;
pub(crate) mod ports;
pub(crate) mod presented_token;
pub(crate) mod purge_expired;
pub(crate) mod read_models;
pub(crate) mod reauthenticate;
pub(crate) mod redeem_ticket;
pub(crate) mod register_user;
pub(crate) mod remove_member;
pub(crate) mod request_email_change;
pub(crate) mod request_magic_link;
pub(crate) mod request_password_reset;
pub(crate) mod resend_invitation;
pub(crate) mod reset_password;
pub(crate) mod restore_workspace;
pub(crate) mod revoke_invitation;
pub(crate) mod transfer_ownership;
pub(crate) mod update_profile;
pub(crate) mod update_workspace;

#[cfg(test)]
mod invariants;
