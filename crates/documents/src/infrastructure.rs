//! The tables of this context, and other contexts as it sees them.

use perme8_events::sql::Migrations;

pub(crate) mod directory;
pub(crate) mod document_queries;
pub(crate) mod document_store;
pub(crate) mod identity_gateway;
pub(crate) mod note_queries;
pub(crate) mod note_store;
pub(crate) mod projects_gateway;
pub(crate) mod rows;
pub(crate) mod search_index;
pub(crate) mod search_queries;
pub(crate) mod tombstones;

#[cfg(test)]
mod contract;

/// The tables of documents, for both engines.
pub static MIGRATIONS: Migrations = perme8_events::migrations!(
    "documents",
    sqlite: "../../migrations/documents/sqlite",
    postgres: "../../migrations/documents/postgres"
);
