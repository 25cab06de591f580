//! Questions that are answered by walking through a graph, and what they ask of whatever holds it.

use std::collections::HashMap;

use async_trait::async_trait;
use perme8_events::StorageError;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    application::{
        acting::from_not_acting_of_questions,
        read_models::items::{EdgeDetails, EntityDetails},
    },
    domain::{
        graph::{
            Ask, GraphBound, TooLarge, Walk,
            sweep::{FRONTIER, Hop, Link},
            terms::{Direction, GraphLimit},
        },
        names::{InvalidTypeName, TypeName},
        references::{EdgeId, EntityId},
    },
};

pub(crate) mod find_paths;
pub(crate) mod neighbours;
pub(crate) mod traverse;

#[cfg(test)]
mod tests;

/// So many edges are told at most among the nodes that were found.
const EDGES: usize = 10_000;

/// So many bytes of properties are told at most by one answer.
const BYTES: usize = 16 * 1024 * 1024;

// What is told at once can be asked for at once.
const _: () = assert!(GraphLimit::MAX as usize <= FRONTIER);

/// Which graph of a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GraphName {
    /// What was written there: the entities and edges of its schema.
    #[default]
    Own,
    /// What other contexts keep there: its projects, documents and members.
    Workspace,
}

/// The graph of one workspace, as far as whoever asks may see it.
///
/// What is deleted, or hidden from whoever asks, is not there: no answer names it. No question names more than [`FRONTIER`]
/// nodes or edges, so any store with an index by node can answer it; whatever walks farther asks again.
#[async_trait]
pub(crate) trait Graph: Send + Sync {
    /// The edges at some nodes, in the order and as many as the hop says.
    async fn hop(&self, hop: &Hop<'_>) -> Result<Vec<Link>, StorageError>;

    /// Those of these nodes that are there and of one of these types; of any type when there are none.
    async fn those_of(
        &self,
        nodes: &[EntityId],
        types: &[String],
    ) -> Result<Vec<EntityId>, StorageError>;

    /// Some of the nodes that are one step from a node.
    async fn beside(&self, beside: &Beside<'_>) -> Result<BesidePage, StorageError>;

    /// What is known of these nodes, in the order of their ids, without those that are not there; nothing of those before
    /// which there is more than `room` already.
    async fn nodes(
        &self,
        ids: &[EntityId],
        room: usize,
    ) -> Result<Vec<Weighed<EntityDetails>>, StorageError>;

    /// The same of edges.
    async fn edges(
        &self,
        ids: &[EdgeId],
        room: usize,
    ) -> Result<Vec<Weighed<EdgeDetails>>, StorageError>;

    /// What is known of the edges whose both ends are among these nodes, in the order of their ids.
    async fn among(&self, among: &Among<'_>) -> Result<Vec<Weighed<EdgeDetails>>, StorageError>;
}

/// Asks for the nodes that are one step from a node: the node itself is one if an edge leads back to it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Beside<'a> {
    pub(crate) node: EntityId,
    pub(crate) direction: Direction,
    /// Only along edges of these types; of any when there are none.
    pub(crate) edge_types: &'a [String],
    /// Only nodes of these types; of any when there are none.
    pub(crate) entity_types: &'a [String],
    /// How many at most.
    pub(crate) limit: GraphLimit,
    /// So many are left out before.
    pub(crate) offset: u64,
    /// No more nodes are counted than this and one.
    pub(crate) nodes: usize,
    /// No more edges are looked at each way than this and one.
    pub(crate) edges: usize,
}

/// A page of the nodes that are one step from a node.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct BesidePage {
    /// In the order of their ids.
    pub(crate) nodes: Vec<EntityId>,
    /// How many there are on all pages, as far as they are counted.
    pub(crate) total: usize,
    /// How many edges were looked at.
    pub(crate) looked_at: usize,
}

/// Asks for the edges among some nodes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Among<'a> {
    pub(crate) nodes: &'a [EntityId],
    /// Only edges of these types; of any when there are none.
    pub(crate) edge_types: &'a [String],
    /// How many at most; which ones, when there are more, is not said.
    pub(crate) limit: usize,
    /// Nothing is told of edges before which there is more than this already.
    pub(crate) room: usize,
}

/// What is known of something, and how many bytes its properties are as JSON.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Weighed<T> {
    pub(crate) item: T,
    pub(crate) bytes: usize,
}

/// How many bytes of properties may still be told.
#[derive(Debug)]
struct Room(usize);

impl Default for Room {
    fn default() -> Self {
        Self(BYTES)
    }
}

impl Room {
    /// Leaves less of it.
    fn fill(&mut self, bytes: usize) -> Result<(), TooLarge> {
        self.0 =
            self.0.checked_sub(bytes).ok_or(TooLarge { of: GraphBound::Bytes, limit: BYTES })?;
        Ok(())
    }
}

/// Why a walk through a graph gave nothing.
#[derive(Debug, thiserror::Error)]
pub enum GraphError {
    /// There is no such workspace, or whoever asks is a stranger there.
    #[error("there is no such workspace")]
    WorkspaceNotFound,
    /// Nobody asks.
    #[error("only members look at the graph of a workspace")]
    Forbidden,
    /// Nothing can be of a type that is called so.
    #[error(transparent)]
    InvalidType(#[from] InvalidTypeName),
    /// The walk begins nowhere.
    #[error("there is no entity to begin at")]
    StartNotFound,
    /// The walk leads nowhere.
    #[error("there is no entity to arrive at")]
    TargetNotFound,
    /// The answer would take more than it may.
    #[error("more than {limit} {of}; ask for less")]
    TooLarge {
        /// Of this.
        of: GraphBound,
        /// It may take so much.
        limit: usize,
    },
    /// The walk took longer than it may.
    #[error("the walk took too long")]
    TimedOut,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

from_not_acting_of_questions!(GraphError);

impl From<TooLarge> for GraphError {
    fn from(TooLarge { of, limit }: TooLarge) -> Self {
        Self::TooLarge { of, limit }
    }
}

/// An answer, and what it took.
#[derive(Debug)]
pub(crate) struct Walked<T> {
    pub(crate) answer: T,
    /// How many nodes were met on the way.
    pub(crate) visited: usize,
}

/// Goes to the end of a walk; only nodes of these types are looked for, if there are any.
async fn go(graph: &dyn Graph, walk: &mut dyn Walk, types: &[String]) -> Result<(), GraphError> {
    loop {
        match walk.ask() {
            None => return Ok(()),
            Some(Ask::Hop(hop)) => {
                let links = graph.hop(&hop).await?;
                walk.found(&links)?;
            }
            Some(Ask::Sort(nodes)) => {
                let wanted = graph.those_of(nodes, types).await?;
                walk.sorted(&wanted);
            }
        }
    }
}

/// Refuses what no type is called.
fn check<'t>(types: impl IntoIterator<Item = &'t String>) -> Result<(), InvalidTypeName> {
    types.into_iter().try_for_each(|name| TypeName::parse(name).map(drop))
}

/// Whether a node is there.
async fn is_there(graph: &dyn Graph, node: EntityId) -> Result<bool, StorageError> {
    Ok(!graph.those_of(&[node], &[]).await?.is_empty())
}

/// What is known of these nodes, by their ids.
async fn nodes_by_id(
    graph: &dyn Graph,
    ids: &[EntityId],
    room: &mut Room,
) -> Result<HashMap<EntityId, Weighed<EntityDetails>>, GraphError> {
    let mut nodes = HashMap::with_capacity(ids.len());
    for some in ids.chunks(FRONTIER) {
        for node in graph.nodes(some, room.0).await? {
            room.fill(node.bytes)?;
            nodes.insert(node.item.id, node);
        }
    }
    Ok(nodes)
}

/// What is known of these edges, by their ids.
async fn edges_by_id(
    graph: &dyn Graph,
    ids: &[EdgeId],
    room: &mut Room,
) -> Result<HashMap<EdgeId, Weighed<EdgeDetails>>, GraphError> {
    let mut edges = HashMap::with_capacity(ids.len());
    for some in ids.chunks(FRONTIER) {
        for edge in graph.edges(some, room.0).await? {
            room.fill(edge.bytes)?;
            edges.insert(edge.item.id, edge);
        }
    }
    Ok(edges)
}
