//! The neighbours of a node.

use std::collections::HashSet;

use crate::domain::{
    graph::{
        Ask, Budget, TooLarge, Walk,
        sweep::{FRONTIER, Link, Sweep},
        terms::Direction,
    },
    references::EntityId,
};

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

/// One step from a node, along every edge.
#[derive(Debug)]
pub(crate) struct Around {
    edge_types: Vec<String>,
    /// Whether only nodes of some types are looked for.
    is_picky: bool,
    budget: Budget,
    sweep: Sweep,
    seen: HashSet<EntityId>,
    sorting: Sorting,
    neighbours: Vec<EntityId>,
}

impl Around {
    /// Begins at a node; edges are of these types, or of any when there are none.
    pub(crate) fn new(
        node: EntityId,
        direction: Direction,
        edge_types: Vec<String>,
        is_picky: bool,
        budget: Budget,
    ) -> Self {
        Self {
            edge_types,
            is_picky,
            budget,
            sweep: Sweep::over(vec![node], direction),
            seen: HashSet::new(),
            sorting: Sorting::default(),
            neighbours: Vec::new(),
        }
    }

    /// Whoever is at the other end of an edge, the node itself if an edge leads back to it; in the order of their ids.
    pub(crate) fn into_neighbours(self) -> Vec<EntityId> {
        self.neighbours
    }

    /// How many nodes were found.
    pub(crate) fn visited(&self) -> usize {
        self.seen.len()
    }
}

impl Walk for Around {
    fn ask(&self) -> Option<Ask<'_>> {
        let hop = self.sweep.next(&self.edge_types).map(Ask::Hop);
        hop.or_else(|| self.sorting.ask().map(Ask::Sort))
    }

    fn found(&mut self, links: &[Link]) -> Result<(), TooLarge> {
        let way = self.sweep.found(links);
        self.seen.extend(links.iter().map(|link| link.ends(way).1));
        self.budget.spend(links.len(), self.seen.len())?;
        if self.sweep.next(&self.edge_types).is_none() {
            let mut nodes: Vec<EntityId> = self.seen.iter().copied().collect();
            nodes.sort_unstable();
            if self.is_picky {
                self.sorting = Sorting::of(nodes);
            } else {
                self.neighbours = nodes;
            }
        }
        Ok(())
    }

    fn sorted(&mut self, wanted: &[EntityId]) {
        self.neighbours.extend(self.sorting.keep(wanted));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::domain::graph::oracle::{asked, pictures};

    proptest! {
        #[test]
        fn neighbours_are_at_the_other_ends_of_edges(picture in pictures(), asked in asked()) {
            let node = picture.node(0);
            let types = asked.edge_types.clone();
            let picky = !asked.entity_types.is_empty();
            let mut walk = Around::new(node, asked.direction, types, picky, Budget::of(100));
            picture.go(&mut walk, &asked.entity_types).unwrap();
            let steps = picture.steps(asked.direction, &asked.edge_types);
            let there: BTreeSet<EntityId> = steps
                .filter(|(near, far, _)| *near == node && picture.is_of(*far, &asked.entity_types))
                .map(|(_, far, _)| far)
                .collect();
            prop_assert_eq!(walk.into_neighbours(), there.into_iter().collect::<Vec<_>>());
        }
    }
}
