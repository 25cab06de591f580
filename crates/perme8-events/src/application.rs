//! What use cases, handlers and readers ask for.

pub(crate) mod clock;
pub(crate) mod event_store;
pub(crate) mod handler;
pub(crate) mod repository;
pub(crate) mod rights;
pub(crate) mod transaction;
