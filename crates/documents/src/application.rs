//! What callers can wish for, and what it takes to fulfil it.

pub(crate) mod acting;
pub(crate) mod append_edits;
pub(crate) mod bursts;
pub(crate) mod clearance;
pub(crate) mod compact_note;
pub(crate) mod contents;
pub(crate) mod create_document;
pub(crate) mod edit_note;
pub(crate) mod notes;
pub(crate) mod on_burst_over;
pub(crate) mod on_deleted;
pub(crate) mod paging;
pub(crate) mod ports;
pub(crate) mod present;
pub(crate) mod purge_document;
pub(crate) mod purge_trash;
pub(crate) mod read_models;
pub(crate) mod restore_document;
pub(crate) mod restore_version;
pub(crate) mod searching;
pub(crate) mod surroundings;
pub(crate) mod trash_document;
pub(crate) mod update_document;
pub(crate) mod versions;
