//! The tables of this context, and its neighbours as it sees them.

use perme8_events::sql::Migrations;

pub(crate) mod agents_gateway;
pub(crate) mod documents_gateway;
pub(crate) mod identity_gateway;
pub(crate) mod message_queries;
pub(crate) mod message_store;
pub(crate) mod projects_gateway;
pub(crate) mod rows;
pub(crate) mod search_queries;
pub(crate) mod session_queries;
pub(crate) mod session_store;

#[cfg(test)]
mod contract;

/// The tables of chat, for both engines.
pub static MIGRATIONS: Migrations = perme8_events::migrations!(
    "chat",
    sqlite: "../../migrations/chat/sqlite",
    postgres: "../../migrations/chat/postgres"
);
