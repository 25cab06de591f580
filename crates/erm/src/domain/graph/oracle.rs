//! Small graphs that are looked at as a whole, for comparison with walks.

use std::collections::BTreeSet;

use proptest::prelude::*;

use crate::{
    domain::{
        graph::{
            Ask, TooLarge, Walk,
            sweep::{Hop, Link, Place, Way},
            terms::Direction,
        },
        references::{EdgeId, EntityId},
    },
    testing::id,
};

/// Types of nodes and edges alike.
const TYPES: [&str; 3] = ["A", "B", "C"];

/// An entity: its id, its type and its number.
type EntityRow<'p> = (EntityId, &'p str, u32);

/// An edge: its id, its type and its ends.
type EdgeRow<'p> = (EdgeId, &'p str, EntityId, EntityId);

/// A graph on paper.
#[derive(Debug, Clone)]
pub(crate) struct Picture {
    types: Vec<&'static str>,
    pub(crate) links: Vec<Link>,
}

impl Picture {
    /// So many nodes, and edges between their numbers.
    pub(crate) fn of(nodes: u8, edges: impl IntoIterator<Item = (u8, u8)>) -> Self {
        let edges = edges.into_iter().map(|(source, target)| (source, target, TYPES[0]));
        Self::with(vec![TYPES[0]; nodes.into()], edges)
    }

    fn with(
        types: Vec<&'static str>,
        edges: impl IntoIterator<Item = (u8, u8, &'static str)>,
    ) -> Self {
        let link = |(number, (source, target, edge_type)): (u128, (u8, u8, &str))| Link {
            id: id(0xE000 + number),
            edge_type: edge_type.to_owned(),
            source: id(source.into()),
            target: id(target.into()),
        };
        Self { types, links: (0..).zip(edges).map(link).collect() }
    }

    /// The node of a number.
    pub(crate) fn node(&self, number: usize) -> EntityId {
        id((number % self.types.len()) as u128)
    }

    pub(crate) fn nodes(&self) -> impl Iterator<Item = EntityId> {
        (0..self.types.len()).map(|number| self.node(number))
    }

    /// Whether a node is of one of these types; of any when there are none.
    pub(crate) fn is_of(&self, node: EntityId, types: &[String]) -> bool {
        let number = usize::try_from(node.uuid().as_u128()).unwrap();
        types.is_empty() || types.iter().any(|name| name == self.types[number])
    }

    /// Every step that can be made: from where to where, and along which edge.
    pub(crate) fn steps(
        &self,
        direction: Direction,
        types: &[String],
    ) -> impl Iterator<Item = (EntityId, EntityId, EdgeId)> {
        let links = self
            .links
            .iter()
            .filter(move |link| types.is_empty() || types.contains(&link.edge_type));
        links.flat_map(move |link| {
            let out = (link.source, link.target, link.id);
            let back = (link.target, link.source, link.id);
            match direction {
                Direction::Out => vec![out],
                Direction::In => vec![back],
                Direction::Both if link.source == link.target => vec![out],
                Direction::Both => vec![out, back],
            }
        })
    }

    /// Everybody one step from a node, in the order of their ids.
    pub(crate) fn beside(
        &self,
        node: EntityId,
        direction: Direction,
        edge_types: &[String],
        types: &[String],
    ) -> Vec<EntityId> {
        let steps = self.steps(direction, edge_types).filter(|(near, ..)| *near == node);
        let far = steps.map(|(_, far, _)| far).filter(|far| self.is_of(*far, types));
        Vec::from_iter(far.collect::<BTreeSet<_>>())
    }

    /// How many edges are at a node; one that leads back to it is at both of its ends.
    pub(crate) fn edges_at(
        &self,
        node: EntityId,
        direction: Direction,
        edge_types: &[String],
    ) -> usize {
        let ways: &[Way] = match direction {
            Direction::Out => &[Way::Out],
            Direction::In => &[Way::In],
            Direction::Both => &[Way::Out, Way::In],
        };
        let is_of_type =
            |link: &&Link| edge_types.is_empty() || edge_types.contains(&link.edge_type);
        let links = self.links.iter().filter(is_of_type);
        links.map(|link| ways.iter().filter(|way| link.ends(**way).0 == node).count()).sum()
    }

    /// The edges whose both ends are among these nodes, in the order of their ids.
    pub(crate) fn among(&self, nodes: &[EntityId], edge_types: &[String]) -> Vec<&Link> {
        let among = self.links.iter().filter(|link| {
            let is_of_type = edge_types.is_empty() || edge_types.contains(&link.edge_type);
            is_of_type && nodes.contains(&link.source) && nodes.contains(&link.target)
        });
        let mut among: Vec<&Link> = among.collect();
        among.sort_by_key(|link| link.id);
        among
    }

    /// Its entities and edges as rows.
    pub(crate) fn rows(&self) -> (Vec<EntityRow<'_>>, Vec<EdgeRow<'_>>) {
        let entities = (0..).zip(&self.types).map(|(number, of)| (id(number.into()), *of, number));
        let edges = self.links.iter().map(|Link { id, edge_type, source, target }| {
            (*id, edge_type.as_str(), *source, *target)
        });
        (entities.collect(), edges.collect())
    }

    /// Answers a hop.
    pub(crate) fn hop(&self, hop: &Hop<'_>) -> Vec<Link> {
        assert!(hop.from.is_sorted() && (hop.after.is_none() || hop.from.len() == 1));
        let place = |link: &Link| Place {
            edge_type: link.edge_type.clone(),
            far: link.ends(hop.way).1,
            id: link.id,
        };
        let order = |place: &Place| (place.edge_type.clone(), place.far, place.id);
        let mut links: Vec<Link> = self
            .links
            .iter()
            .filter(|link| {
                hop.from.contains(&link.ends(hop.way).0)
                    && (hop.edge_types.is_empty() || hop.edge_types.contains(&link.edge_type))
                    && hop.after.is_none_or(|after| order(&place(link)) > order(after))
            })
            .cloned()
            .collect();
        links.sort_by_key(|link| (link.ends(hop.way).0, order(&place(link))));
        links.truncate(hop.rows);
        links
    }

    /// Lets somebody walk to the end; only nodes of these types are wanted.
    pub(crate) fn go(&self, walk: &mut impl Walk, types: &[String]) -> Result<(), TooLarge> {
        loop {
            match walk.ask() {
                None => return Ok(()),
                Some(Ask::Hop(hop)) => {
                    let links = self.hop(&hop);
                    walk.found(&links)?;
                }
                Some(Ask::Sort(nodes)) => {
                    let wanted = nodes.iter().copied().filter(|node| self.is_of(*node, types));
                    let wanted: Vec<EntityId> = wanted.collect();
                    walk.sorted(&wanted);
                }
            }
        }
    }
}

/// Graphs with circles, edges that lead back to where they begin, and several edges between the same nodes.
pub(crate) fn pictures() -> impl Strategy<Value = Picture> {
    let types = prop::collection::vec(prop::sample::select(&TYPES), 1..8);
    types.prop_flat_map(|types| {
        let node = 0..u8::try_from(types.len()).expect("there are few");
        let edge = (node.clone(), node, prop::sample::select(&TYPES));
        let edges = prop::collection::vec(edge, 0..14);
        edges.prop_map(move |edges| Picture::with(types.clone(), edges))
    })
}

/// What is asked of a graph.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked {
    pub(crate) target: usize,
    pub(crate) depth: u8,
    pub(crate) direction: Direction,
    pub(crate) edge_types: Vec<String>,
    pub(crate) entity_types: Vec<String>,
    pub(crate) limit: usize,
}

pub(crate) fn asked() -> impl Strategy<Value = Asked> {
    let directions = prop::sample::select(vec![Direction::In, Direction::Out, Direction::Both]);
    let types = || prop::sample::subsequence(TYPES.map(str::to_owned).to_vec(), 0..=2);
    (0..8_usize, 1..6_u8, directions, types(), types(), 1..10_usize).prop_map(
        |(target, depth, direction, edge_types, entity_types, limit)| Asked {
            target,
            depth,
            direction,
            edge_types,
            entity_types,
            limit,
        },
    )
}
