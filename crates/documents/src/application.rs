//! What callers can wish for, and what it takes to fulfil it.

pub(crate) mod acting;
pub(crate) mod contents;
pub(crate) mod create_document;
pub(crate) mod notes;
pub(crate) mod ports;
pub(crate) mod present;
pub(crate) mod purge_document;
pub(crate) mod purge_trash;
pub(crate) mod read_models;
pub(crate) mod restore_document;
pub(crate) mod trash_document;
pub(crate) mod update_document;
