//! What a workspace knows, and the rules that it sets itself.

pub(crate) mod knowledge;
pub(crate) mod policy;
pub(crate) mod references;
