//! The tables of this context, and identity as it sees it.

use perme8_events::sql::Migrations;

pub(crate) mod directory;
pub(crate) mod identity_gateway;
pub(crate) mod people;
pub(crate) mod project_queries;
pub(crate) mod project_store;
pub(crate) mod rows;
pub(crate) mod workspaces;

#[cfg(test)]
mod contract;

/// The tables of projects, for both engines.
pub static MIGRATIONS: Migrations = perme8_events::migrations!(
    "projects",
    sqlite: "../../migrations/projects/sqlite",
    postgres: "../../migrations/projects/postgres"
);
