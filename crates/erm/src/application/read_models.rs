//! What callers of the facade get to read.

pub(crate) mod items;
pub(crate) mod schema;
