//! The wire to a provider, and the accounts.

use perme8_events::sql::Migrations;

mod accounts;
pub(crate) mod completions_gateway;
mod frames;
mod hearing;
pub(crate) mod usage_queries;
mod wire;

/// The tables of language models, for both engines.
pub static MIGRATIONS: Migrations = perme8_events::migrations!(
    "llm",
    sqlite: "../../migrations/llm/sqlite",
    postgres: "../../migrations/llm/postgres"
);
