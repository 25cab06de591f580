//! What asks and what is asked.

pub(crate) mod holders;
pub(crate) mod locks;
pub(crate) mod permit;
pub(crate) mod ports;
pub(crate) mod read_models;
pub(crate) mod upkeep;
