//! What use cases ask of the storage about entities and edges, many at once.

use chrono::{DateTime, Utc};
use perme8_events::{Save, StorageError, Transaction, WorkspaceId};
use uuid::Uuid;

use crate::{
    application::ports::{Schemas, Workspaces},
    domain::{
        bulk::Batch,
        claims::{KeyOfType, OnlyEdge, UniqueValue},
        edge::Edge,
        entity::Entity,
        names::TypeName,
        quota::Usage,
        references::{EdgeId, EntityId},
    },
};

/// Whose values they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Holder {
    /// Those of entities.
    Entity,
    /// Those of edges.
    Edge,
}

impl Holder {
    /// What the index of values calls it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Entity => "entity",
            Self::Edge => "edge",
        }
    }
}

/// What there is of live entities and edges, for whoever decides whether one more may be there. True until the transaction
/// ends, for those whose turn it is in the workspace.
pub(crate) trait Holdings: Transaction {
    /// How much the workspace holds.
    fn usage(
        &mut self,
        workspace: WorkspaceId,
    ) -> impl Future<Output = Result<Usage, StorageError>> + Send;

    /// Who has these values; values that nobody has are left out.
    fn holders_of_values(
        &mut self,
        workspace: WorkspaceId,
        holder: Holder,
        values: &[UniqueValue],
    ) -> impl Future<Output = Result<Vec<(UniqueValue, Uuid)>, StorageError>> + Send;
}

/// Entities of a workspace, and of no other.
///
/// A batch of ids is one of live entities that are deleted.
pub(crate) trait Entities:
    Save<Entity> + Save<Batch<Entity>> + Save<Batch<EntityId>> + Holdings
{
    /// Those of these that there are, deleted or not, in no order.
    fn entities(
        &mut self,
        workspace: WorkspaceId,
        ids: &[EntityId],
    ) -> impl Future<Output = Result<Vec<Entity>, StorageError>> + Send;

    /// Those of these that live, and their types.
    fn live_entities(
        &mut self,
        workspace: WorkspaceId,
        ids: &[EntityId],
    ) -> impl Future<Output = Result<Vec<(EntityId, TypeName)>, StorageError>> + Send;

    /// Those of these that are deleted, and since when.
    fn deleted_entities(
        &mut self,
        workspace: WorkspaceId,
        ids: &[EntityId],
    ) -> impl Future<Output = Result<Vec<(EntityId, DateTime<Utc>)>, StorageError>> + Send;

    /// The live entities that are called so elsewhere.
    fn entities_by_keys(
        &mut self,
        workspace: WorkspaceId,
        keys: &[KeyOfType],
    ) -> impl Future<Output = Result<Vec<(KeyOfType, EntityId)>, StorageError>> + Send;
}

/// So many edges that went with an entity are loaded at once.
pub(crate) const MOST_EDGES: u32 = 1000;
/// With so much that is known of them, unless that is known of a single one.
pub(crate) const MOST_BYTES: u32 = 4 << 20;

/// Edges of a workspace, and of no other.
pub(crate) trait Edges: Save<Edge> + Save<Batch<Edge>> + Holdings {
    /// Those of these that there are, deleted or not, in no order.
    fn edges(
        &mut self,
        workspace: WorkspaceId,
        ids: &[EdgeId],
    ) -> impl Future<Output = Result<Vec<Edge>, StorageError>> + Send;

    /// Which live edges are these.
    fn only_edges(
        &mut self,
        workspace: WorkspaceId,
        asked: &[OnlyEdge],
    ) -> impl Future<Output = Result<Vec<(OnlyEdge, EdgeId)>, StorageError>> + Send;

    /// Deletes the live edges that begin or end at these entities, which are to be deleted; gives how many.
    fn delete_edges_at(
        &mut self,
        workspace: WorkspaceId,
        entities: &[EntityId],
    ) -> impl Future<Output = Result<u64, StorageError>> + Send;

    /// The first edges that went with this entity: at most [`MOST_EDGES`], or as many as make [`MOST_BYTES`] together; none if
    /// there is none any more.
    fn edges_gone_with(
        &mut self,
        workspace: WorkspaceId,
        entity: EntityId,
    ) -> impl Future<Output = Result<Vec<Edge>, StorageError>> + Send;

    /// Whether there is an edge that went with this entity; it is not loaded.
    fn has_edges_gone_with(
        &mut self,
        workspace: WorkspaceId,
        entity: EntityId,
    ) -> impl Future<Output = Result<bool, StorageError>> + Send;

    /// Writes edges that come back with an entity, or that wait for their other end from now on, or for nobody; the event of the
    /// entity tells of them.
    fn write_edges_of_restored(
        &mut self,
        edges: Vec<Edge>,
    ) -> impl Future<Output = Result<(), StorageError>> + Send;
}

/// Everything that it takes to write in a graph.
pub(crate) trait Graphs: Workspaces + Schemas + Entities + Edges {}

impl<T: Workspaces + Schemas + Entities + Edges> Graphs for T {}
