#![doc = include_str!("../README.md")]

mod application;
mod domain;
mod facade;
mod infrastructure;
#[cfg(any(test, feature = "testing"))]
pub mod testing;

// Language: for every layer of whoever writes mails.
pub use domain::base_url::{BaseUrl, InvalidBaseUrl};
pub use domain::correspondent::{Correspondent, InvalidAddress};
pub use domain::letter::{Letter, Link};
pub use domain::outgoing::{MailKind, Outgoing};
pub use domain::stationery::Stationery;

// Sending and the mailbox: for hosts and interfaces.
pub use application::purge_mailbox::{PurgeMailbox, PurgeMailboxError};
pub use application::send_mail::{SendMail, Sent};
pub use facade::Mailbox;
pub use infrastructure::MIGRATIONS;
pub use infrastructure::mailbox_entry::{MailId, MailboxEntry, MailboxSummary};
pub use infrastructure::smtp_gateway::SmtpSetupError;
pub use infrastructure::smtp_server::{InvalidSmtpServer, SmtpServer};
