//! What agents are, where they are, and who may do what with them.

pub(crate) mod agent;
pub(crate) mod events;
pub(crate) mod policy;
pub(crate) mod query;
pub(crate) mod temperature;
pub(crate) mod visibility;
