//! What a file would change, as far as it is looked at.

use std::{collections::HashMap, sync::Arc};

use crate::{
    application::{
        acting::{Acting, NotActing},
        bulks::BulkError,
        ports::{Schemas, Workspaces},
    },
    domain::{
        names::TypeName, policy::Action, quota::Quota, references::EntityId,
        schema::SchemaDefinition,
    },
};

/// What would have been written by now.
#[derive(Debug)]
pub(crate) struct Rehearsal {
    /// The types that the workspace would know.
    pub(crate) definition: Arc<SchemaDefinition>,
    /// The entities that would be there, and their types.
    pub(crate) entities: HashMap<EntityId, TypeName>,
    /// So many edges would be there.
    pub(crate) edges: u64,
}

impl Rehearsal {
    /// Of a file that begins to be looked at.
    pub(crate) fn of(definition: SchemaDefinition) -> Self {
        Self { definition: Arc::new(definition), entities: HashMap::new(), edges: 0 }
    }

    /// Whoever writes waits for the turn; whoever only looks keeps nobody waiting.
    pub(crate) async fn enter(
        rehearsal: Option<&Self>,
        tx: &mut impl Workspaces,
        acting: &Acting,
    ) -> Result<(), NotActing> {
        match rehearsal {
            None => acting.enter(tx, Action::Write).await,
            Some(_) => acting.look(tx, Action::Write).await,
        }
    }

    /// The types that lines are looked at with: those that the workspace would know, or if all is written, those that it knows.
    pub(crate) async fn types_of(
        rehearsal: Option<&Self>,
        tx: &mut impl Schemas,
        acting: &Acting,
    ) -> Result<Arc<SchemaDefinition>, BulkError> {
        if let Some(planned) = rehearsal {
            return Ok(Arc::clone(&planned.definition));
        }
        Ok(acting.schema(tx).await?.ok_or(BulkError::NoSchema)?.definition)
    }

    /// What would be left of a quota.
    pub(crate) fn left_of(&self, Quota { entities, edges }: Quota) -> Quota {
        let written = self.entities.len().try_into().unwrap_or(u64::MAX);
        let entities = entities.saturating_sub(written);
        Quota { entities, edges: edges.saturating_sub(self.edges) }
    }
}
