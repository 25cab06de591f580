//! Sending mails, and forgetting those that were kept for development.

pub(crate) mod ports;
pub(crate) mod purge_mailbox;
pub(crate) mod send_mail;
