//! What asks and what is asked.

pub(crate) mod close_abandoned;
pub(crate) mod holders;
pub(crate) mod locks;
pub(crate) mod permit;
pub(crate) mod ports;
pub(crate) mod read_models;
