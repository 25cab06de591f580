//! What asks and what is asked.

pub(crate) mod close_abandoned;
pub(crate) mod ports;
pub(crate) mod read_models;
