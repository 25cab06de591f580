//! The ways from one node to another: what lies between them is found from both ends at once.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::domain::{
    graph::{
        Ask, Budget, TooLarge, Walk,
        ball::Ball,
        routes::{Map, Route},
        sweep::Link,
        terms::Direction,
    },
    references::{EdgeId, EntityId},
};

/// Which ways are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PathMode {
    /// The shortest ones, all of the same length.
    #[default]
    Shortest,
    /// Every one that meets no node twice, the shortest first.
    AllSimple,
}

/// From where to where, how far at most, along which edges.
#[derive(Debug, Clone)]
pub(crate) struct Journey {
    pub(crate) source: EntityId,
    pub(crate) target: EntityId,
    pub(crate) depth: u8,
    pub(crate) direction: Direction,
    /// Edges of any type when there are none.
    pub(crate) edge_types: Vec<String>,
    pub(crate) mode: PathMode,
    pub(crate) limit: usize,
}

/// Lets a ball grow around either end until they hold every edge of every way.
///
/// A way of no more than `a + b` edges leads `a` of them through the ball around the source, whose radius is `a`, and the rest
/// through that around the target, whose radius is `b`; so every edge of it was looked at.
#[derive(Debug)]
pub(crate) struct Paths {
    journey: Journey,
    budget: Budget,
    /// Around the source and around the target.
    balls: [Ball; 2],
    /// Which of them grows; none when the edges are known.
    growing: Option<usize>,
    links: HashMap<EdgeId, (EntityId, EntityId)>,
}

impl Paths {
    /// Begins at both ends; from a node to itself there is no way to go.
    pub(crate) fn new(journey: Journey, budget: Budget) -> Self {
        let direction = journey.direction;
        let around_target = Ball::around(journey.target, direction.reversed());
        let balls = [Ball::around(journey.source, direction), around_target];
        let growing = (journey.source != journey.target).then_some(0);
        Self { journey, budget, balls, growing, links: HashMap::new() }
    }

    /// How many nodes were found; some of them from both ends.
    pub(crate) fn visited(&self) -> usize {
        self.balls.iter().map(Ball::len).sum()
    }

    /// The ways, the shortest first, in an order that is always the same.
    pub(crate) fn into_routes(self) -> Result<Vec<Route>, TooLarge> {
        let Journey { source, target, depth, direction, mode, limit, .. } = self.journey;
        if source == target {
            return Ok(Vec::new());
        }
        let map = Map::draw(self.links, direction);
        map.routes((source, target), depth, mode, limit)
    }

    /// The ball that grows next, if any has to.
    fn choose(&self) -> Option<usize> {
        let [source, target] = &self.balls;
        let is_met = self.journey.mode == PathMode::Shortest && source.meets(target);
        let is_far = source.radius() + target.radius() >= self.journey.depth;
        let is_all = source.surface() == 0 || target.surface() == 0;
        if is_met || is_far || is_all {
            return None;
        }
        Some(usize::from(target.surface() < source.surface()))
    }
}

impl Walk for Paths {
    fn ask(&self) -> Option<Ask<'_>> {
        self.balls[self.growing?].next(&self.journey.edge_types).map(Ask::Hop)
    }

    fn found(&mut self, links: &[Link]) -> Result<(), TooLarge> {
        let Some(growing) = self.growing else { return Ok(()) };
        // An edge from a node to itself is on no way.
        let leading = links.iter().filter(|link| link.source != link.target);
        self.links.extend(leading.map(|link| (link.id, (link.source, link.target))));
        if self.balls[growing].found(links) {
            self.growing = self.choose();
        }
        self.budget.spend(links.len(), self.visited())
    }

    fn sorted(&mut self, _: &[EntityId]) {}
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::graph::{
        GraphBound,
        oracle::{Asked, Picture, asked, pictures},
    };

    fn found(picture: &Picture, asked: &Asked, mode: PathMode, limit: usize) -> Vec<Route> {
        let journey = Journey {
            source: picture.node(0),
            target: picture.node(asked.target),
            depth: asked.depth,
            direction: asked.direction,
            edge_types: asked.edge_types.clone(),
            mode,
            limit,
        };
        let mut walk = Paths::new(journey, Budget::of(1_000));
        picture.go(&mut walk, &[]).unwrap();
        walk.into_routes().unwrap()
    }

    /// Every way, by trying every step; of those that meet the same nodes the one along the first edges.
    fn tried(picture: &Picture, asked: &Asked) -> Vec<Route> {
        let (source, target) = (picture.node(0), picture.node(asked.target));
        let steps: Vec<_> = picture.steps(asked.direction, &asked.edge_types).collect();
        let mut ways = vec![Route { nodes: vec![source], edges: vec![] }];
        let mut arrived = Vec::new();
        for _ in 0..asked.depth {
            let mut longer = Vec::new();
            for way in ways {
                let last = way.nodes[way.nodes.len() - 1];
                for (_, far, id) in steps.iter().filter(|(near, ..)| *near == last) {
                    if !way.nodes.contains(far) {
                        let mut next = way.clone();
                        next.nodes.push(*far);
                        next.edges.push(*id);
                        longer.push(next);
                    }
                }
            }
            let (there, under_way) =
                longer.into_iter().partition(|way| way.nodes.contains(&target));
            arrived.extend::<Vec<_>>(there);
            ways = under_way;
        }
        let mut arrived = if source == target { Vec::new() } else { sorted(arrived) };
        arrived.dedup_by(|one, other| one.nodes == other.nodes);
        arrived
    }

    fn sorted(mut routes: Vec<Route>) -> Vec<Route> {
        routes.sort_by(|one, other| {
            (one.edges.len(), &one.nodes, &one.edges).cmp(&(
                other.edges.len(),
                &other.nodes,
                &other.edges,
            ))
        });
        routes
    }

    proptest! {
        #[test]
        fn every_simple_way_is_found(picture in pictures(), asked in asked()) {
            let all = tried(&picture, &asked);
            let found = found(&picture, &asked, PathMode::AllSimple, usize::MAX);
            prop_assert!(found.is_sorted_by_key(|route| route.edges.len()));
            prop_assert_eq!(sorted(found), all);
        }

        #[test]
        fn the_shortest_ways_are_the_shortest_of_all(picture in pictures(), asked in asked()) {
            let mut all = tried(&picture, &asked);
            let shortest = all.first().map_or(0, |route| route.edges.len());
            all.retain(|route| route.edges.len() == shortest);
            prop_assert_eq!(sorted(found(&picture, &asked, PathMode::Shortest, usize::MAX)), all);
        }

        #[test]
        fn as_many_ways_as_are_enough_are_the_first_ones(picture in pictures(), asked in asked()) {
            for mode in [PathMode::Shortest, PathMode::AllSimple] {
                let mut all = found(&picture, &asked, mode, usize::MAX);
                all.truncate(asked.limit);
                prop_assert_eq!(found(&picture, &asked, mode, asked.limit), all);
            }
        }
    }

    #[test]
    fn ways_without_number_are_too_many() {
        // Everybody knows everybody, except the one at the end, whom nobody knows but somebody far away.
        let all = (0..40).flat_map(|one| (0..one).map(move |other| (other, one)));
        let picture = Picture::of(43, all.chain([(40, 41), (41, 42)]));
        let asked = Asked { depth: 10, target: 39, ..Asked::default() };
        assert_eq!(found(&picture, &asked, PathMode::AllSimple, 50).len(), 50);
        assert_eq!(found(&picture, &asked, PathMode::Shortest, 50).len(), 1);
        let journey = Journey {
            source: picture.node(0),
            target: picture.node(39),
            depth: 10,
            direction: Direction::Both,
            edge_types: Vec::new(),
            mode: PathMode::AllSimple,
            limit: usize::MAX,
        };
        let mut walk = Paths::new(journey, Budget::of(1_000));
        picture.go(&mut walk, &[]).unwrap();
        assert_eq!(walk.into_routes(), Err(TooLarge { of: GraphBound::Steps, limit: 1_000_000 }));
    }
}
