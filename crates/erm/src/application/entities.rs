//! Writing entities one by one.

pub(crate) mod create_entity;
pub(crate) mod delete_entity;
pub(crate) mod put_entity_by_key;
pub(crate) mod replace_entity;
pub(crate) mod restore_entity;

#[cfg(test)]
mod tests;
