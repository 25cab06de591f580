//! What use cases, handlers and readers ask for.

pub(crate) mod clock;
pub(crate) mod deferred;
pub(crate) mod event_store;
pub(crate) mod handler;
pub(crate) mod job;
pub(crate) mod process;
pub(crate) mod repository;
pub(crate) mod retention;
pub(crate) mod rights;
pub(crate) mod schedule;
pub(crate) mod transaction;
