//! Tables, argon2 and randomness.

use perme8_events::sql::Migrations;

pub(crate) mod directory;
pub(crate) mod estates;
pub(crate) mod export_queries;
pub(crate) mod invitation_store;
pub(crate) mod key_queries;
pub(crate) mod key_rows;
pub(crate) mod key_store;
pub(crate) mod member_queries;
pub(crate) mod member_store;
pub(crate) mod passwords;
pub(crate) mod preference_store;
pub(crate) mod queries;
pub(crate) mod rows;
pub(crate) mod session_store;
pub(crate) mod ticket_store;
pub(crate) mod tokens;
pub(crate) mod user_store;
pub(crate) mod workspace_store;

#[cfg(test)]
mod contract;

/// The tables of identity, for both engines.
pub static MIGRATIONS: Migrations = perme8_events::migrations!(
    "identity",
    sqlite: "../../migrations/identity/sqlite",
    postgres: "../../migrations/identity/postgres"
);
