//! How one gets from here to there.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    application::{
        graph::{Graph, GraphError, Room, Walked, check, edges_by_id, go, is_there, nodes_by_id},
        read_models::items::{EdgeDetails, EntityDetails},
    },
    domain::{
        graph::{
            Budget,
            paths::{Journey, PathMode, Paths},
            terms::{Depth, Direction, GraphLimit},
        },
        references::EntityId,
    },
};

/// Asks for the ways from one entity to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindPaths {
    /// From where.
    pub source: EntityId,
    /// To where; from an entity to itself there is no way to go.
    pub target: EntityId,
    /// How many edges at most, one after another.
    pub depth: Depth,
    /// Which way they are followed.
    pub direction: Direction,
    /// Only along edges of these types; of any when there are none.
    pub edge_types: Vec<String>,
    /// Which ways.
    pub mode: PathMode,
    /// How many at most, the shortest first.
    pub limit: GraphLimit,
}

impl FindPaths {
    /// The shortest ways between these two, if an edge joins them.
    #[must_use]
    pub fn between(source: EntityId, target: EntityId) -> Self {
        Self {
            source,
            target,
            depth: Depth::default(),
            direction: Direction::default(),
            edge_types: Vec::new(),
            mode: PathMode::default(),
            limit: GraphLimit::default(),
        }
    }
}

/// A way from one entity to another, which meets none twice; no other way meets the same ones in the same order.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct PathDetails {
    /// The entities in the order in which they are met, both ends among them.
    pub nodes: Vec<EntityDetails>,
    /// The edges between them, one fewer: where several join the same two entities, that whose id is the first, which is the
    /// oldest.
    pub edges: Vec<EdgeDetails>,
}

impl FindPaths {
    pub(crate) async fn execute(
        self,
        graph: &dyn Graph,
        visited: usize,
    ) -> Result<Walked<Vec<PathDetails>>, GraphError> {
        let Self { source, target, depth, direction, edge_types, mode, limit } = self;
        check(&edge_types)?;
        if !is_there(graph, source).await? {
            return Err(GraphError::StartNotFound);
        }
        if !is_there(graph, target).await? {
            return Err(GraphError::TargetNotFound);
        }
        let (depth, limit) = (depth.get(), limit.get().into());
        let journey = Journey { source, target, depth, direction, edge_types, mode, limit };
        let mut walk = Paths::new(journey, Budget::of(visited));
        go(graph, &mut walk, &[]).await?;
        let visited = walk.visited();
        let routes = walk.into_routes()?;
        let nodes: BTreeSet<_> = routes.iter().flat_map(|route| &route.nodes).copied().collect();
        let edges: BTreeSet<_> = routes.iter().flat_map(|route| &route.edges).copied().collect();
        let mut room = Room::default();
        let nodes = nodes_by_id(graph, &Vec::from_iter(nodes), &mut room).await?;
        let edges = edges_by_id(graph, &Vec::from_iter(edges), &mut room).await?;
        // What is on several ways is told with each of them, and fills as much room.
        let mut room = Room::default();
        let mut answer = Vec::with_capacity(routes.len());
        for route in &routes {
            let nodes: Option<Vec<_>> = route.nodes.iter().map(|id| nodes.get(id)).collect();
            let edges: Option<Vec<_>> = route.edges.iter().map(|id| edges.get(id)).collect();
            // A way of which something went in the meantime is none any more.
            let (Some(nodes), Some(edges)) = (nodes, edges) else { continue };
            room.fill(nodes.iter().map(|node| node.bytes).sum())?;
            room.fill(edges.iter().map(|edge| edge.bytes).sum())?;
            answer.push(PathDetails {
                nodes: nodes.into_iter().map(|node| node.item.clone()).collect(),
                edges: edges.into_iter().map(|edge| edge.item.clone()).collect(),
            });
        }
        Ok(Walked { answer, visited })
    }
}
