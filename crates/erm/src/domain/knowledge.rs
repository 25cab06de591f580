//! What a workspace has learnt: entries of knowledge and how they relate, kept as entities and edges of its graph.

pub(crate) mod category;
pub(crate) mod changes;
pub(crate) mod entry;
pub(crate) mod layout;
pub(crate) mod relation;
pub(crate) mod searched;
pub(crate) mod types;

/// The type of the entities that are entries.
pub(crate) const ENTRY: &str = "KnowledgeEntry";
