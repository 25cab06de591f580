//! Walks through a graph: pure machines that ask for one hop at a time, are given edges, and stop at their bounds.

use crate::domain::references::EntityId;

pub(crate) mod around;
pub(crate) mod ball;
pub(crate) mod paths;
pub(crate) mod reach;
pub(crate) mod routes;
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

/// A walk would touch more of the graph than it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooLarge {
    /// So many nodes were found so far.
    pub(crate) visited: usize,
}

/// So many edges may be looked at for each node that may be visited.
const EDGES_PER_NODE: usize = 5;

/// How much of a graph a walk may touch.
#[derive(Debug, Clone)]
pub(crate) struct Budget {
    nodes: usize,
    edges: usize,
}

impl Budget {
    /// As many nodes, and some times as many edges.
    pub(crate) fn of(nodes: usize) -> Self {
        Self { nodes, edges: nodes.saturating_mul(EDGES_PER_NODE) }
    }

    /// Accounts for edges that were looked at, `visited` nodes being known since then.
    fn spend(&mut self, edges: usize, visited: usize) -> Result<(), TooLarge> {
        self.edges = self.edges.checked_sub(edges).ok_or(TooLarge { visited })?;
        if visited > self.nodes { Err(TooLarge { visited }) } else { Ok(()) }
    }
}
