//! What conversations are, and what may happen to them.

pub(crate) mod events;
pub(crate) mod excerpt;
pub(crate) mod message;
pub(crate) mod prompt;
pub(crate) mod references;
pub(crate) mod session;
pub(crate) mod title;
