//! Going over the edges of some nodes, hop by hop.

use crate::domain::{
    graph::terms::Direction,
    references::{EdgeId, EntityId},
};

/// A hop begins at so many nodes at most.
pub(crate) const FRONTIER: usize = 500;

/// A hop finds so many edges at most: enough that asking again costs little, and few enough that not much is read in vain when
/// somebody has enough of them.
pub(crate) const ROWS: usize = 2_000;

/// The first one finds so many even if fewer are needed.
const LEAST: usize = 100;

/// At which of their ends edges are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// At their source: edges that lead away from a node.
    Out,
    /// At their target: edges that lead to a node.
    In,
}

/// An edge, as a walk sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) id: EdgeId,
    pub(crate) edge_type: String,
    pub(crate) source: EntityId,
    pub(crate) target: EntityId,
}

impl Link {
    /// Where it is looked for, and where it leads.
    pub(crate) fn ends(&self, way: Way) -> (EntityId, EntityId) {
        match way {
            Way::Out => (self.source, self.target),
            Way::In => (self.target, self.source),
        }
    }
}

/// A place among the edges of one node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) edge_type: String,
    /// The other end.
    pub(crate) far: EntityId,
    pub(crate) id: EdgeId,
}

/// Asks for the edges at some nodes.
///
/// They are wanted in the order of the node, their type, their other end and their id; as many as [`rows`](Self::rows), and
/// fewer only when there are no more.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hop<'w> {
    /// In the order of their ids, no more than [`FRONTIER`].
    pub(crate) from: &'w [EntityId],
    pub(crate) way: Way,
    /// Only edges of these types; of any when there are none.
    pub(crate) edge_types: &'w [String],
    /// Only edges behind this place; then there is one node.
    pub(crate) after: Option<&'w Place>,
    pub(crate) rows: usize,
}

/// Every edge at some nodes, in as many hops as it takes.
#[derive(Debug)]
pub(crate) struct Sweep {
    nodes: Vec<EntityId>,
    way: Way,
    /// The other way comes when this one is done.
    both: bool,
    /// The first node of which not every edge is known.
    at: usize,
    /// As far as the edges of that node are known.
    after: Option<Place>,
    frontier: usize,
    rows: usize,
    /// The next hop finds so many even if fewer are needed.
    least: usize,
}

impl Sweep {
    /// Over the edges that can be followed from these nodes.
    pub(crate) fn over(nodes: Vec<EntityId>, direction: Direction) -> Self {
        Self::in_steps(nodes, direction, FRONTIER, ROWS)
    }

    fn in_steps(
        mut nodes: Vec<EntityId>,
        direction: Direction,
        frontier: usize,
        rows: usize,
    ) -> Self {
        nodes.sort_unstable();
        let (way, both) = match direction {
            Direction::In => (Way::In, false),
            Direction::Out => (Way::Out, false),
            Direction::Both => (Way::Out, true),
        };
        Self { nodes, way, both, at: 0, after: None, frontier, rows, least: LEAST }
    }

    /// From now on no more edges are looked at in a hop than somebody needs who would have enough with so many of them.
    pub(crate) fn need(&mut self, edges: usize) {
        self.rows = edges.clamp(self.least, ROWS);
    }

    /// The next hop; none when every edge is known.
    pub(crate) fn next<'w>(&'w self, edge_types: &'w [String]) -> Option<Hop<'w>> {
        let left = self.nodes.get(self.at..).unwrap_or_default();
        let from = left.get(..self.step()).filter(|from| !from.is_empty())?;
        let (way, rows) = (self.way, self.rows);
        Some(Hop { from, way, edge_types, after: self.after.as_ref(), rows })
    }

    /// How many nodes the next hop begins at.
    fn step(&self) -> usize {
        let most = if self.after.is_some() { 1 } else { self.frontier };
        most.min(self.nodes.len() - self.at)
    }

    /// Goes on behind what the hop found; gives which way that was.
    pub(crate) fn found(&mut self, links: &[Link]) -> Way {
        let way = self.way;
        // Where that was not enough most edges lead to what was met, and there are many.
        self.least = ROWS.min(self.rows * 2);
        if let Some(last) = links.last().filter(|_| links.len() >= self.rows) {
            // There may be more of the last node; those before it are done.
            let (near, far) = last.ends(way);
            let step = self.nodes[self.at..][..self.step()].binary_search(&near);
            self.at += step.unwrap_or_default();
            self.after = Some(Place { edge_type: last.edge_type.clone(), far, id: last.id });
            return way;
        }
        self.at += self.step();
        self.after = None;
        if self.both && self.way == Way::Out && self.at == self.nodes.len() {
            (self.at, self.way) = (0, Way::In);
        }
        way
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::graph::oracle::{Picture, pictures};

    proptest! {
        #[test]
        fn every_edge_at_the_nodes_is_met_once_however_small_the_steps(
            picture in pictures(),
            frontier in 1_usize..4,
            rows in 1_usize..4,
            needs in proptest::collection::vec(1_usize..4, 1..4),
        ) {
            let nodes: Vec<EntityId> = picture.nodes().take(4).collect();
            for (direction, ways) in [
                (Direction::Out, &[Way::Out][..]),
                (Direction::In, &[Way::In]),
                (Direction::Both, &[Way::Out, Way::In]),
            ] {
                let sweep = Sweep { least: 1, ..Sweep::in_steps(nodes.clone(), direction, frontier, rows) };
                let mut met = everything(&picture, sweep, &needs);
                let mut there: Vec<(Way, EdgeId)> = Vec::new();
                for way in ways {
                    let at = picture.links.iter().filter(|link| nodes.contains(&link.ends(*way).0));
                    there.extend(at.map(|link| (*way, link.id)));
                }
                let order = |(way, id): &(Way, EdgeId)| (*way == Way::In, *id);
                met.sort_by_key(order);
                there.sort_by_key(order);
                prop_assert_eq!(met, there);
            }
        }
    }

    fn everything(picture: &Picture, mut sweep: Sweep, needs: &[usize]) -> Vec<(Way, EdgeId)> {
        let (mut met, mut needs) = (Vec::new(), needs.iter().cycle());
        while let Some(hop) = sweep.next(&[]) {
            let links = picture.hop(&hop);
            let way = sweep.found(&links);
            met.extend(links.iter().map(|link| (way, link.id)));
            sweep.need(*needs.next().unwrap());
        }
        met
    }
}
