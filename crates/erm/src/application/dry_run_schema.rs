//! What a schema would change, and what of that which is there it would not allow.

use perme8_events::{StorageError, WorkspaceId};
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use crate::{
    application::{
        acting::{Acting, from_not_acting_of_questions},
        ports::Stock,
    },
    domain::{
        policy::Action,
        properties::PropertyError,
        schema::{
            SchemaDefinition,
            changes::SchemaChanges,
            comparison::Comparison,
            draft::{SchemaDraft, SchemaError},
        },
    },
};

/// How many entities or edges are read at a time.
const BATCH: u32 = 500;
/// How many that do not conform are shown.
const SHOWN: usize = 100;

/// Compares what is there with a schema that somebody may put in force; changes nothing.
#[derive(Debug, Clone)]
pub(crate) struct DryRunSchema {
    pub(crate) draft: SchemaDraft,
}

/// What a schema would mean.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, JsonSchema)]
pub struct DryRun {
    /// What is different from the schema in force.
    pub changes: SchemaChanges,
    /// How many entities were compared.
    pub entities: u64,
    /// How many edges were compared.
    pub edges: u64,
    /// How many of the entities do not conform.
    pub nonconforming_entities: u64,
    /// How many of the edges do not conform.
    pub nonconforming_edges: u64,
    /// The first hundred of both, the oldest entities first.
    pub nonconforming: Vec<Nonconforming>,
}

/// An entity or an edge that does not conform to a schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Nonconforming {
    /// What it is.
    pub kind: ItemKind,
    /// Which.
    pub id: Uuid,
    /// Of which type.
    #[serde(rename = "type")]
    pub item_type: String,
    /// What is wrong with it: its properties, its `type`, its `source_id` or its `target_id`.
    pub errors: Vec<PropertyError>,
}

/// What a graph is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ItemKind {
    /// A node.
    Entity,
    /// What leads from one to another.
    Edge,
}

/// Why nobody knows what a schema would mean.
#[derive(Debug, thiserror::Error)]
pub enum DryRunSchemaError {
    /// There is no such workspace, or the person who asks is a stranger there.
    #[error("there is no such workspace")]
    WorkspaceNotFound,
    /// No person asks, or one who does not manage the workspace.
    #[error("only those who manage a workspace try a schema")]
    Forbidden,
    /// It is no schema, for all these reasons.
    #[error("it is no schema, for {} reason(s)", .0.len())]
    Invalid(Vec<SchemaError>),
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

from_not_acting_of_questions!(DryRunSchemaError);

impl DryRunSchema {
    pub(crate) async fn execute(
        &self,
        stock: &impl Stock,
        acting: &Acting,
    ) -> Result<DryRun, DryRunSchemaError> {
        acting.may(Action::TrySchema)?;
        let new = self.draft.check().map_err(DryRunSchemaError::Invalid)?;
        let workspace = acting.workspace_id();
        let old = stock.definition(workspace).await?.unwrap_or_default();
        let changes = SchemaChanges::between(&old, &new);
        Ok(compare(stock, workspace, &new, DryRun { changes, ..DryRun::default() }).await?)
    }
}

/// Everything that is there, batch by batch, so that nobody waits for it.
async fn compare(
    stock: &impl Stock,
    workspace: WorkspaceId,
    with: &SchemaDefinition,
    mut found: DryRun,
) -> Result<DryRun, StorageError> {
    let mut comparison = Comparison::new(with);
    let mut after = None;
    loop {
        let entities = stock.entities(workspace, after, BATCH).await?;
        let Some((last, _)) = entities.last() else { break };
        after = Some(*last);
        for (place, facts) in entities {
            found.entities += 1;
            let item_type = facts.entity_type.clone();
            let errors = comparison.entity(facts);
            found.nonconforming_entities += u64::from(!errors.is_empty());
            found.note(ItemKind::Entity, place.id, item_type, errors);
        }
    }
    let mut after = None;
    loop {
        let edges = stock.edges(workspace, after, BATCH).await?;
        let Some((last, _)) = edges.last() else { break };
        after = Some(*last);
        for (place, facts) in edges {
            found.edges += 1;
            let item_type = facts.edge_type.clone();
            let errors = comparison.edge(facts);
            found.nonconforming_edges += u64::from(!errors.is_empty());
            found.note(ItemKind::Edge, place.id, item_type, errors);
        }
    }
    Ok(found)
}

impl DryRun {
    fn note(&mut self, kind: ItemKind, id: Uuid, item_type: String, errors: Vec<PropertyError>) {
        if !errors.is_empty() && self.nonconforming.len() < SHOWN {
            self.nonconforming.push(Nonconforming { kind, id, item_type, errors });
        }
    }
}
