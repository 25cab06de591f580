//! What people do with what they are told, and what the handlers tell them.

pub(crate) mod announcement;
pub(crate) mod clearance;
pub(crate) mod delete_notification;
pub(crate) mod mark_all_read;
pub(crate) mod mark_read;
pub(crate) mod on_access_lost;
pub(crate) mod on_digest_due;
pub(crate) mod on_invitation;
pub(crate) mod on_user_deleted;
pub(crate) mod on_workspace_activity;
pub(crate) mod ports;
pub(crate) mod preference_list;
pub(crate) mod present;
pub(crate) mod purge_notifications;
pub(crate) mod read_models;
pub(crate) mod registry;
pub(crate) mod set_preferences;
pub(crate) mod tell;

#[cfg(test)]
mod laws;
