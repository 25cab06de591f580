//! How one gets from here to there.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::{
    application::{
        graph::{Graph, GraphError, Walked, check, edges_by_id, go, is_there, nodes_by_id},
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

/// A way from one entity to another, which meets none twice.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PathDetails {
    /// The entities in the order in which they are met, both ends among them.
    pub nodes: Vec<EntityDetails>,
    /// The edges between them, one fewer.
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
        let nodes = nodes_by_id(graph, &Vec::from_iter(nodes)).await?;
        let edges = edges_by_id(graph, &Vec::from_iter(edges)).await?;
        // A way of which something went in the meantime is none any more.
        let answer = routes.iter().filter_map(|route| {
            let nodes: Option<_> = route.nodes.iter().map(|id| nodes.get(id).cloned()).collect();
            let edges: Option<_> = route.edges.iter().map(|id| edges.get(id).cloned()).collect();
            Some(PathDetails { nodes: nodes?, edges: edges? })
        });
        Ok(Walked { answer: answer.collect(), visited })
    }
}
