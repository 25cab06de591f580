//! The tables of this context, and identity as it sees it.

use perme8_events::sql::Migrations;

pub(crate) mod agent_queries;
pub(crate) mod agent_store;
pub(crate) mod directory;
pub(crate) mod estate_queries;
pub(crate) mod estates;
pub(crate) mod identity_gateway;
pub(crate) mod query_rows;
pub(crate) mod query_store;
pub(crate) mod readings_gateway;
pub(crate) mod rows;

#[cfg(test)]
mod contract;

/// The tables of agents, for both engines.
pub static MIGRATIONS: Migrations = perme8_events::migrations!(
    "agents",
    sqlite: "../../migrations/agents/sqlite",
    postgres: "../../migrations/agents/postgres"
);
