//! Entries of knowledge in the tables of entities and edges, and the words by which they are found.

pub(crate) mod entry_queries;
pub(crate) mod relations;
pub(crate) mod words;
