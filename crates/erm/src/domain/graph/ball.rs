//! All that is at most so many steps from a node.

use std::collections::HashSet;

use crate::domain::{
    graph::{
        sweep::{Hop, Link, Sweep},
        terms::Direction,
    },
    references::EntityId,
};

/// Grows around a node, a step at a time.
#[derive(Debug)]
pub(crate) struct Ball {
    direction: Direction,
    seen: HashSet<EntityId>,
    radius: u8,
    /// The edges that lead one step farther.
    sweep: Sweep,
    /// How many nodes are at the surface.
    surface: usize,
    /// The nodes one step farther, as far as they are known.
    next: Vec<EntityId>,
}

impl Ball {
    /// A node alone.
    pub(crate) fn around(node: EntityId, direction: Direction) -> Self {
        Self {
            direction,
            seen: HashSet::from([node]),
            radius: 0,
            sweep: Sweep::over(vec![node], direction),
            surface: 1,
            next: Vec::new(),
        }
    }

    /// The next hop, which grows it.
    pub(crate) fn next<'w>(&'w self, edge_types: &'w [String]) -> Option<Hop<'w>> {
        self.sweep.next(edge_types)
    }

    /// Takes the edges of the hop; gives whether it has grown by a step.
    pub(crate) fn found(&mut self, links: &[Link]) -> bool {
        let way = self.sweep.found(links);
        let far = links.iter().map(|link| link.ends(way).1);
        self.next.extend(far.filter(|far| self.seen.insert(*far)));
        if self.sweep.next(&[]).is_some() {
            return false;
        }
        let surface = std::mem::take(&mut self.next);
        self.radius += 1;
        self.surface = surface.len();
        self.sweep = Sweep::over(surface, self.direction);
        true
    }

    /// How many steps away its surface is.
    pub(crate) fn radius(&self) -> u8 {
        self.radius
    }

    /// How many nodes are at its surface; none when it holds all that can be reached.
    pub(crate) fn surface(&self) -> usize {
        self.surface
    }

    /// How many nodes it holds.
    pub(crate) fn len(&self) -> usize {
        self.seen.len()
    }

    /// Whether a node is in both.
    pub(crate) fn meets(&self, other: &Self) -> bool {
        !self.seen.is_disjoint(&other.seen)
    }
}
