//! What a workspace knows, and the rules that it sets itself.

pub(crate) mod bulk;
pub(crate) mod claims;
pub(crate) mod edge;
pub(crate) mod entity;
pub(crate) mod events;
pub(crate) mod filter;
pub(crate) mod graph;
pub(crate) mod knowledge;
pub(crate) mod lines;
pub(crate) mod names;
pub(crate) mod patterns;
pub(crate) mod policy;
pub(crate) mod projected;
pub(crate) mod properties;
pub(crate) mod quota;
pub(crate) mod references;
pub(crate) mod schema;
pub(crate) mod sort;
pub(crate) mod values;
