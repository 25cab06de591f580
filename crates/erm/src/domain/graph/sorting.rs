//! Finding out which of the nodes that were met are looked for.

use std::collections::HashSet;

use crate::domain::{graph::sweep::FRONTIER, references::EntityId};

/// Nodes of which some are of a type that is looked for.
#[derive(Debug, Default)]
pub(crate) struct Sorting {
    nodes: Vec<EntityId>,
    at: usize,
}

impl Sorting {
    /// Of these nodes.
    pub(crate) fn of(nodes: Vec<EntityId>) -> Self {
        Self { nodes, at: 0 }
    }

    /// Those to ask for next; none when every node is sorted.
    pub(crate) fn ask(&self) -> Option<&[EntityId]> {
        self.nodes[self.at..].chunks(FRONTIER).next()
    }

    /// Those of them that are wanted, in the order of the nodes.
    pub(crate) fn keep(&mut self, wanted: &[EntityId]) -> impl Iterator<Item = EntityId> {
        let wanted: HashSet<EntityId> = wanted.iter().copied().collect();
        let asked = self.ask().unwrap_or_default().to_vec();
        self.at += asked.len();
        asked.into_iter().filter(move |node| wanted.contains(node))
    }

    /// Every node, sorted or not.
    pub(crate) fn into_nodes(self) -> Vec<EntityId> {
        self.nodes
    }
}
