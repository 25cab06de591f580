//! The tables of this context, and other contexts as it sees them.
//!
//! Whatever is named by its id is looked up by that alone. Of the workspace it is only looked whether it is the right one, as
//! `+workspace_id = $1` says to SQLite and `(workspace_id = $1) IS TRUE` to PostgreSQL: engines that know little of a
//! workspace yet take it for small, and would rather read all that is there.
//!
//! What an engine has seen of a table may be long ago, when it was small. Where it would read all of it then, for each of what is
//! looked up, SQLite is told the index (`INDEXED BY`). PostgreSQL takes few things for equal to something that is no key by
//! itself if they are said to be between it and itself, too, whatever it has seen.

use perme8_events::sql::Migrations;

#[cfg(test)]
mod contract;
pub(crate) mod edge_queries;
pub(crate) mod edge_store;
pub(crate) mod entity_queries;
pub(crate) mod entity_store;
pub(crate) mod identity_gateway;
pub(crate) mod import_file;
pub(crate) mod item_queries;
pub(crate) mod item_rows;
pub(crate) mod knowledge;
pub(crate) mod listing;
pub(crate) mod projected_graph;
pub(crate) mod remains;
pub(crate) mod schema_queries;
pub(crate) mod schema_rows;
pub(crate) mod schema_store;
pub(crate) mod stock;
pub(crate) mod stored_graph;
pub(crate) mod things_gateway;
pub(crate) mod value_index;
pub(crate) mod value_store;
pub(crate) mod workspaces;

/// A number as a statement takes it; one that is larger than any there can be is as large as can be said.
fn most(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}

/// The tables of entities and edges, for both engines.
pub static MIGRATIONS: Migrations = perme8_events::migrations!(
    "erm",
    sqlite: "../../migrations/erm/sqlite",
    postgres: "../../migrations/erm/postgres"
);
