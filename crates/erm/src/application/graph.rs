//! Questions that are answered by walking through a graph, and what they ask of whatever holds it.

use std::collections::HashMap;

use async_trait::async_trait;
use perme8_events::StorageError;
use serde::{Deserialize, Serialize};

use crate::{
    application::{
        acting::from_not_acting_of_questions,
        read_models::items::{EdgeDetails, EntityDetails},
    },
    domain::{
        graph::{
            Ask, TooLarge, Walk,
            sweep::{FRONTIER, Hop, Link},
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

/// Which graph of a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
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
/// What is deleted, or hidden from whoever asks, is not there: no answer names it. No answer is about more than
/// [`FRONTIER`] nodes or edges, so any store with an index by node can give it; whatever walks farther asks again.
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

    /// What is known of these nodes, in any order, without those that are not there.
    async fn nodes(&self, ids: &[EntityId]) -> Result<Vec<EntityDetails>, StorageError>;

    /// What is known of these edges, in any order, without those that are not there.
    async fn edges(&self, ids: &[EdgeId]) -> Result<Vec<EdgeDetails>, StorageError>;
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
    /// The walk would touch more of the graph than it may.
    #[error("more than {visited} entities would be visited; ask for less")]
    TooLarge {
        /// So many were, before it ended.
        visited: usize,
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
    fn from(TooLarge { visited }: TooLarge) -> Self {
        Self::TooLarge { visited }
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
) -> Result<HashMap<EntityId, EntityDetails>, StorageError> {
    let mut nodes = HashMap::with_capacity(ids.len());
    for some in ids.chunks(FRONTIER) {
        nodes.extend(graph.nodes(some).await?.into_iter().map(|node| (node.id, node)));
    }
    Ok(nodes)
}

/// What is known of these edges, by their ids.
async fn edges_by_id(
    graph: &dyn Graph,
    ids: &[EdgeId],
) -> Result<HashMap<EdgeId, EdgeDetails>, StorageError> {
    let mut edges = HashMap::with_capacity(ids.len());
    for some in ids.chunks(FRONTIER) {
        edges.extend(graph.edges(some).await?.into_iter().map(|edge| (edge.id, edge)));
    }
    Ok(edges)
}
