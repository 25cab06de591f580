//! What a file would change, as far as it is looked at.

use std::collections::HashMap;

use crate::domain::{
    names::TypeName, quota::Quota, references::EntityId, schema::SchemaDefinition,
};

/// What would have been written by now.
#[derive(Debug)]
pub(crate) struct Rehearsal {
    /// The types that the workspace would know.
    pub(crate) definition: SchemaDefinition,
    /// The entities that would be there, and their types.
    pub(crate) entities: HashMap<EntityId, TypeName>,
    /// So many edges would be there.
    pub(crate) edges: u64,
}

impl Rehearsal {
    /// Of a file that begins to be looked at.
    pub(crate) fn of(definition: SchemaDefinition) -> Self {
        Self { definition, entities: HashMap::new(), edges: 0 }
    }

    /// What would be left of a quota.
    pub(crate) fn left_of(&self, Quota { entities, edges }: Quota) -> Quota {
        let written = self.entities.len().try_into().unwrap_or(u64::MAX);
        let entities = entities.saturating_sub(written);
        Quota { entities, edges: edges.saturating_sub(self.edges) }
    }
}
