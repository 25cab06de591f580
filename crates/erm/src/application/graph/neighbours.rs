//! Who is one step away.

use serde::Serialize;

use crate::{
    application::{
        graph::{
            Beside, BesidePage, Graph, GraphError, Room, Walked, check, is_there, nodes_by_id,
        },
        read_models::items::EntityDetails,
    },
    domain::{
        graph::{
            Budget,
            terms::{Direction, GraphLimit},
        },
        references::EntityId,
    },
};

/// Asks for the entities at the other ends of the edges of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Neighbours {
    /// Whose neighbours.
    pub entity: EntityId,
    /// Which way its edges lead.
    pub direction: Direction,
    /// Only along edges of this type.
    pub edge_type: Option<String>,
    /// Only entities of this type.
    pub entity_type: Option<String>,
    /// How many at most.
    pub limit: GraphLimit,
    /// So many are left out before.
    pub offset: u64,
}

impl Neighbours {
    /// Every neighbour of this entity, from the first on.
    #[must_use]
    pub fn of(entity: EntityId) -> Self {
        Self {
            entity,
            direction: Direction::default(),
            edge_type: None,
            entity_type: None,
            limit: GraphLimit::default(),
            offset: 0,
        }
    }
}

/// Some neighbours of an entity.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NeighboursPage {
    /// Those of the page, in the order of their ids; the entity itself is among them if an edge leads back to it.
    pub items: Vec<EntityDetails>,
    /// How many there are on all pages.
    pub total: u64,
}

impl Neighbours {
    pub(crate) async fn execute(
        self,
        graph: &dyn Graph,
        visited: usize,
    ) -> Result<Walked<NeighboursPage>, GraphError> {
        let Self { entity, direction, edge_type, entity_type, limit, offset } = self;
        check(edge_type.iter().chain(&entity_type))?;
        if !is_there(graph, entity).await? {
            return Err(GraphError::StartNotFound);
        }
        let mut budget = Budget::of(visited);
        let beside = Beside {
            node: entity,
            direction,
            edge_types: edge_type.as_slice(),
            entity_types: entity_type.as_slice(),
            limit,
            offset,
            nodes: budget.nodes(),
            edges: budget.edges(),
        };
        let BesidePage { nodes, total: visited, looked_at } = graph.beside(&beside).await?;
        budget.spend(looked_at, visited)?;
        let mut known = nodes_by_id(graph, &nodes, &mut Room::default()).await?;
        let items = nodes.iter().filter_map(|id| Some(known.remove(id)?.item)).collect();
        let total = u64::try_from(visited).unwrap_or(u64::MAX);
        Ok(Walked { answer: NeighboursPage { items, total }, visited })
    }
}
