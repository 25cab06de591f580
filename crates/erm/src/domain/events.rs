//! What happens to the graphs of workspaces.

pub(crate) mod traversals;
