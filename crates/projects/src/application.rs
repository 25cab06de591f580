//! What callers can wish for, and what it takes to fulfil it.

pub(crate) mod acting;
pub(crate) mod archive_project;
pub(crate) mod clearance;
pub(crate) mod create_project;
pub(crate) mod delete_project;
pub(crate) mod on_user_deleted;
pub(crate) mod on_workspace_deleted;
pub(crate) mod ports;
pub(crate) mod read_models;
pub(crate) mod restore_project;
pub(crate) mod update_project;
