//! What is some steps away.

use serde::Serialize;

use crate::{
    application::{
        graph::{Graph, GraphError, Walked, check, edges_by_id, go, is_there, nodes_by_id},
        read_models::items::{EdgeDetails, EntityDetails},
    },
    domain::{
        graph::{
            Budget,
            reach::{Course, Reach},
            terms::{Depth, Direction, GraphLimit},
        },
        references::EntityId,
    },
};

/// Asks for all that is near an entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Traverse {
    /// Where to begin.
    pub start: EntityId,
    /// How many steps away at most.
    pub depth: Depth,
    /// Which way edges are followed.
    pub direction: Direction,
    /// Only along edges of these types; of any when there are none.
    pub edge_types: Vec<String>,
    /// Only entities of these types, and that to begin at, are told; those between are gone through all the same.
    pub entity_types: Vec<String>,
    /// How many entities at most, the nearest first.
    pub limit: GraphLimit,
}

impl Traverse {
    /// What is one step away from this entity, as much of it as can be asked for.
    #[must_use]
    pub fn from(start: EntityId) -> Self {
        Self {
            start,
            depth: Depth::default(),
            direction: Direction::default(),
            edge_types: Vec::new(),
            entity_types: Vec::new(),
            limit: GraphLimit::ALL,
        }
    }
}

/// A part of a graph.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Subgraph {
    /// Its entities, that which it began at first and then the nearest.
    pub nodes: Vec<EntityDetails>,
    /// Every edge among them, whichever way it leads, of the types that were followed.
    pub edges: Vec<EdgeDetails>,
}

impl Traverse {
    pub(crate) async fn execute(
        self,
        graph: &dyn Graph,
        visited: usize,
    ) -> Result<Walked<Subgraph>, GraphError> {
        let Self { start, depth, direction, edge_types, entity_types, limit } = self;
        check(edge_types.iter().chain(&entity_types))?;
        if !is_there(graph, start).await? {
            return Err(GraphError::StartNotFound);
        }
        let course = Course {
            start,
            depth: depth.get(),
            direction,
            edge_types,
            is_picky: !entity_types.is_empty(),
            limit: limit.get().into(),
        };
        let mut walk = Reach::new(course, Budget::of(visited));
        go(graph, &mut walk, &entity_types).await?;
        let visited = walk.visited();
        let (node_ids, edge_ids) = walk.into_found();
        let mut nodes_found = nodes_by_id(graph, &node_ids).await?;
        let mut edges_found = edges_by_id(graph, &edge_ids).await?;
        // What went in the meantime goes together: no edge is told without its ends.
        edges_found.retain(|_, edge| {
            [edge.source_id, edge.target_id].iter().all(|end| nodes_found.contains_key(end))
        });
        let nodes = node_ids.iter().filter_map(|id| nodes_found.remove(id)).collect();
        let edges = edge_ids.iter().filter_map(|id| edges_found.remove(id)).collect();
        Ok(Walked { answer: Subgraph { nodes, edges }, visited })
    }
}
