//! What asks and what is asked.

pub(crate) mod ports;
