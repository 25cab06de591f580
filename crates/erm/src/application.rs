//! What can be done with the graph of a workspace.

pub(crate) mod acting;
pub(crate) mod bulks;
pub(crate) mod clearance;
pub(crate) mod dry_run_schema;
pub(crate) mod edges;
pub(crate) mod entities;
pub(crate) mod graph;
pub(crate) mod import;
pub(crate) mod knowledge;
pub(crate) mod known_schemas;
pub(crate) mod list_edges;
pub(crate) mod list_entities;
pub(crate) mod listing;
pub(crate) mod on_workspace_deleted;
pub(crate) mod ports;
pub(crate) mod projected;
pub(crate) mod purge_deleted;
pub(crate) mod put_schema;
pub(crate) mod read_models;
pub(crate) mod reindexing;
pub(crate) mod writing;
