//! Messages on the wire, the mail server, and the mailbox that stands in for one.

use perme8_events::sql::Migrations;

pub(crate) mod mailbox_entry;
pub(crate) mod mailbox_store;
mod message;
pub(crate) mod smtp_gateway;
pub(crate) mod smtp_server;

/// The tables of mail, for both engines.
pub static MIGRATIONS: Migrations = perme8_events::migrations!(
    "mail",
    sqlite: "../../migrations/mail/sqlite",
    postgres: "../../migrations/mail/postgres"
);
