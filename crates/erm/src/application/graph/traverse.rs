//! What is some steps away.

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    application::{
        graph::{Among, EDGES, Graph, GraphError, Room, Walked, check, go, is_there, nodes_by_id},
        read_models::items::{EdgeDetails, EntityDetails},
    },
    domain::{
        graph::{
            Budget, GraphBound, TooLarge,
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
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Subgraph {
    /// Its entities, that which it began at first and then the nearest.
    pub nodes: Vec<EntityDetails>,
    /// Every edge among them, whichever way it leads, of the types that were followed; in the order of their ids.
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
            edge_types: edge_types.clone(),
            is_picky: !entity_types.is_empty(),
            limit: limit.get().into(),
        };
        let mut walk = Reach::new(course, Budget::of(visited));
        go(graph, &mut walk, &entity_types).await?;
        let visited = walk.visited();
        let found = walk.into_nodes();
        let mut room = Room::default();
        let mut known = nodes_by_id(graph, &found, &mut room).await?;
        let nodes = found.iter().filter_map(|id| Some(known.remove(id)?.item));
        let nodes: Vec<EntityDetails> = nodes.collect();
        // What went in the meantime goes together: no edge is told without its ends.
        let there: Vec<EntityId> = nodes.iter().map(|node| node.id).collect();
        let (limit, room_left) = (EDGES + 1, room.0);
        let among = Among { nodes: &there, edge_types: &edge_types, limit, room: room_left };
        let found = graph.among(&among).await?;
        if found.len() > EDGES {
            return Err(TooLarge { of: GraphBound::EdgesAmong, limit: EDGES }.into());
        }
        let mut edges = Vec::with_capacity(found.len());
        for edge in found {
            room.fill(edge.bytes)?;
            edges.push(edge.item);
        }
        Ok(Walked { answer: Subgraph { nodes, edges }, visited })
    }
}
