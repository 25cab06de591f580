//! Walks through a graph: pure machines that ask for one hop at a time, are given edges, and stop at their bounds.

use std::fmt;

use crate::domain::references::EntityId;

pub(crate) mod ball;
pub(crate) mod paths;
pub(crate) mod reach;
pub(crate) mod routes;
pub(crate) mod sorting;
pub(crate) mod sweep;
pub(crate) mod terms;

#[cfg(test)]
pub(crate) mod oracle;

use sweep::{Hop, Link};

/// What a walk wants to know next.
#[derive(Debug)]
pub(crate) enum Ask<'w> {
    /// The edges at some nodes; to be answered by [`Walk::found`].
    Hop(Hop<'w>),
    /// Which of these nodes are of a type that is looked for; to be answered by [`Walk::sorted`].
    Sort(&'w [EntityId]),
}

/// Something that goes through a graph step by step.
pub(crate) trait Walk: Send + Sync {
    /// What it wants to know next; nothing once it is over.
    fn ask(&self) -> Option<Ask<'_>>;

    /// Takes the edges of the hop that was asked for, in their order.
    fn found(&mut self, links: &[Link]) -> Result<(), TooLarge>;

    /// Takes those of the nodes that are of a type that is looked for.
    fn sorted(&mut self, wanted: &[EntityId]);
}

/// What an answer may hold only so much of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GraphBound {
    /// Entities that a walk meets.
    Entities,
    /// Edges that a walk looks at.
    Edges,
    /// Edges among the entities that were found.
    EdgesAmong,
    /// Steps that are tried one after the other in search of ways.
    Steps,
    /// Bytes of properties that are told.
    Bytes,
}

impl fmt::Display for GraphBound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Entities => "entities would be visited",
            Self::Edges => "edges would be looked at",
            Self::EdgesAmong => "edges are among the entities that were found",
            Self::Steps => "steps would be tried",
            Self::Bytes => "bytes of properties would be told",
        })
    }
}

/// An answer would take more than it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooLarge {
    /// Of this.
    pub(crate) of: GraphBound,
    /// It may take so much.
    pub(crate) limit: usize,
}

/// So many edges may be looked at for each node that may be visited.
const EDGES_PER_NODE: usize = 5;

/// How much of a graph a walk may touch.
#[derive(Debug, Clone)]
pub(crate) struct Budget {
    nodes: usize,
    edges: usize,
    /// So many edges were looked at.
    looked_at: usize,
}

impl Budget {
    /// As many nodes, and some times as many edges.
    pub(crate) fn of(nodes: usize) -> Self {
        Self { nodes, edges: nodes.saturating_mul(EDGES_PER_NODE), looked_at: 0 }
    }

    /// How many nodes may be visited.
    pub(crate) fn nodes(&self) -> usize {
        self.nodes
    }

    /// How many edges may be looked at.
    pub(crate) fn edges(&self) -> usize {
        self.edges
    }

    /// Accounts for edges that were looked at, `visited` nodes being known since then.
    pub(crate) fn spend(&mut self, edges: usize, visited: usize) -> Result<(), TooLarge> {
        self.looked_at = self.looked_at.saturating_add(edges);
        let Self { nodes, edges, looked_at } = *self;
        if visited > nodes {
            return Err(TooLarge { of: GraphBound::Entities, limit: nodes });
        }
        if looked_at > edges {
            Err(TooLarge { of: GraphBound::Edges, limit: edges })
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_says_which_part_of_it_is_spent() {
        let mut budget = Budget::of(10);
        assert_eq!(budget.spend(50, 10), Ok(()));
        let entities = TooLarge { of: GraphBound::Entities, limit: 10 };
        assert_eq!(budget.clone().spend(0, 11), Err(entities));
        let edges = TooLarge { of: GraphBound::Edges, limit: 50 };
        assert_eq!(budget.spend(1, 10), Err(edges));
    }
}
