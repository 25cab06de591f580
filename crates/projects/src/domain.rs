//! What projects are, what may happen to them, and who may do it.

pub(crate) mod events;
pub(crate) mod policy;
pub(crate) mod project;
pub(crate) mod references;
