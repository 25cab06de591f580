//! The tables of this context, and identity as it sees it.

use perme8_events::sql::Migrations;

pub(crate) mod accesses;
pub(crate) mod answers;
pub(crate) mod digest_store;
pub(crate) mod documents_gateway;
pub(crate) mod identity_gateway;
pub(crate) mod notification_queries;
pub(crate) mod notification_store;
pub(crate) mod people;
pub(crate) mod preference_store;
pub(crate) mod projects_gateway;
pub(crate) mod row;

#[cfg(test)]
mod contract;

/// The tables of notifications, for both engines.
pub static MIGRATIONS: Migrations = perme8_events::migrations!(
    "notifications",
    sqlite: "../../migrations/notifications/sqlite",
    postgres: "../../migrations/notifications/postgres"
);
