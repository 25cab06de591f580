//! Writing edges one by one.

pub(crate) mod create_edge;
pub(crate) mod delete_edge;
pub(crate) mod replace_edge;
pub(crate) mod restore_edge;

#[cfg(test)]
mod tests;
