//! What callers can wish for, and what it takes to fulfil it.

pub(crate) mod acting;
pub(crate) mod create_session;
pub(crate) mod delete_message;
pub(crate) mod delete_session;
pub(crate) mod ports;
pub(crate) mod read_models;
pub(crate) mod rename_session;
pub(crate) mod searching;
