//! The tables of this context.

use perme8_events::sql::Migrations;

pub(crate) mod note_queries;
pub(crate) mod note_store;

#[cfg(test)]
mod contract;

/// The tables of documents, for both engines.
pub static MIGRATIONS: Migrations = perme8_events::migrations!(
    "documents",
    sqlite: "../../migrations/documents/sqlite",
    postgres: "../../migrations/documents/postgres"
);
