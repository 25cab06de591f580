//! What callers can wish for, and what it takes to fulfil it.

pub(crate) mod acting;
pub(crate) mod ports;
