//! The event log: appending, and reading in commit-safe order.

pub(crate) mod append;
mod origins;
pub(crate) mod reader;
mod row;
pub(crate) mod store;
mod times;
