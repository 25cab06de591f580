//! What callers can wish for, and what it takes to fulfil it.

pub(crate) mod acting;
pub(crate) mod cancel_answer;
pub(crate) mod clearance;
pub(crate) mod close_interrupted;
pub(crate) mod create_session;
pub(crate) mod delete_message;
pub(crate) mod delete_session;
pub(crate) mod on_gone;
pub(crate) mod ports;
pub(crate) mod read_models;
pub(crate) mod reconcile;
pub(crate) mod rename_session;
pub(crate) mod searching;
pub(crate) mod send_message;
