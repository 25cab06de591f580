//! What callers can wish for, and what it takes to fulfil it.

pub(crate) mod acting;
pub(crate) mod add_agent_to_workspace;
pub(crate) mod ask_agent;
pub(crate) mod clearance;
pub(crate) mod clone_agent;
pub(crate) mod create_agent;
pub(crate) mod delete_agent;
pub(crate) mod on_access_lost;
pub(crate) mod ports;
pub(crate) mod prompt;
pub(crate) mod query_read_models;
pub(crate) mod query_upkeep;
pub(crate) mod read_models;
pub(crate) mod remove_agent_from_workspace;
pub(crate) mod sync_agent_workspaces;
pub(crate) mod update_agent;
