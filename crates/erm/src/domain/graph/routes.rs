//! The ways through a map whose edges are all known.

use std::collections::{HashMap, VecDeque};

use crate::domain::{
    graph::{GraphBound, TooLarge, paths::PathMode, terms::Direction},
    references::{EdgeId, EntityId},
};

/// So many steps are tried at most.
const STEPS: usize = 1_000_000;

/// A way from one node to another: one more node than edges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) nodes: Vec<EntityId>,
    pub(crate) edges: Vec<EdgeId>,
}

/// From each node the nodes to which a step leads, and along which edge.
type Steps = Vec<Vec<(usize, EdgeId)>>;

/// Edges, and where they lead; nodes are numbered.
#[derive(Debug)]
pub(crate) struct Map {
    nodes: Vec<EntityId>,
    numbers: HashMap<EntityId, usize>,
    /// One step to each node, however many edges lead there: along the edge whose id is the first.
    onwards: Steps,
    /// To each node.
    backwards: Vec<Vec<usize>>,
}

impl Map {
    /// Of these edges, which can be followed in this direction.
    pub(crate) fn draw(links: HashMap<EdgeId, (EntityId, EntityId)>, direction: Direction) -> Self {
        let mut nodes: Vec<EntityId> = links.values().flat_map(|(from, to)| [*from, *to]).collect();
        nodes.sort_unstable();
        nodes.dedup();
        let numbers = nodes.iter().enumerate().map(|(number, node)| (*node, number)).collect();
        let count = nodes.len();
        let (onwards, backwards) = (vec![Vec::new(); count], vec![Vec::new(); count]);
        let mut map = Self { nodes, numbers, onwards, backwards };
        for (id, (source, target)) in links {
            let (source, target) = (map.numbers[&source], map.numbers[&target]);
            if direction != Direction::In {
                map.onwards[source].push((target, id));
            }
            if direction != Direction::Out {
                map.onwards[target].push((source, id));
            }
        }
        for (from, steps) in map.onwards.iter_mut().enumerate() {
            steps.sort_unstable();
            steps.dedup_by_key(|(to, _)| *to);
            for (to, _) in &*steps {
                map.backwards[*to].push(from);
            }
        }
        map
    }

    /// The ways between two nodes, the shortest first, as many as are enough; no two of them meet the same nodes in the same
    /// order.
    pub(crate) fn routes(
        &self,
        ends: (EntityId, EntityId),
        depth: u8,
        mode: PathMode,
        enough: usize,
    ) -> Result<Vec<Route>, TooLarge> {
        let routes = self.routes_in_steps(ends, depth, mode, enough, STEPS);
        routes.ok_or(TooLarge { of: GraphBound::Steps, limit: STEPS })
    }

    /// The same, and nothing when more steps would have to be tried.
    fn routes_in_steps(
        &self,
        (source, target): (EntityId, EntityId),
        depth: u8,
        mode: PathMode,
        enough: usize,
        steps: usize,
    ) -> Option<Vec<Route>> {
        let numbers = (self.numbers.get(&source), self.numbers.get(&target));
        let (Some(&source), Some(&target)) = numbers else { return Some(Vec::new()) };
        let depth = usize::from(depth);
        let count = self.nodes.len();
        let before = |node: usize| self.backwards[node].iter().copied();
        let to_target = distances(target, count, depth, before);
        let Some(shortest) = to_target[source] else { return Some(Vec::new()) };
        let longest = match mode {
            PathMode::Shortest => shortest,
            PathMode::AllSimple => depth,
        };
        let leading = self.leading((source, target), &to_target, longest);
        let mut search = Search {
            map: self,
            leading: &leading,
            target,
            to_target: &to_target,
            nodes: vec![source],
            edges: Vec::new(),
            enough,
            steps,
            routes: Vec::new(),
        };
        for length in shortest..=longest {
            search.go(source, length)?;
        }
        Some(search.routes)
    }

    /// The steps that can be part of a way which is no longer than this, those first that come nearest to the target.
    ///
    /// Of the shortest ways that is every step that is part of one, and no other.
    fn leading(
        &self,
        (source, target): (usize, usize),
        to_target: &[Option<usize>],
        longest: usize,
    ) -> Steps {
        let beside = |node: usize| self.onwards[node].iter().map(|(to, _)| *to);
        let from_source = distances(source, self.nodes.len(), longest, beside);
        let mut leading = vec![Vec::new(); self.nodes.len()];
        for (near, steps) in self.onwards.iter().enumerate() {
            let Some(gone) = from_source[near].filter(|_| near != target) else { continue };
            let fits = |left: usize| gone + 1 + left <= longest;
            let steps = steps.iter().filter(|(far, _)| to_target[*far].is_some_and(fits));
            leading[near].extend(steps.filter(|(far, _)| *far != source));
        }
        while drop_dead_ends(&mut leading, (source, target)) {}
        for steps in &mut leading {
            steps.sort_unstable_by_key(|(far, _)| (to_target[*far], *far));
        }
        leading
    }
}

/// How many steps it takes to each node, if no more than `depth`.
fn distances<I: Iterator<Item = usize>>(
    from: usize,
    nodes: usize,
    depth: usize,
    beside: impl Fn(usize) -> I,
) -> Vec<Option<usize>> {
    let mut distances = vec![None; nodes];
    distances[from] = Some(0);
    let mut queue = VecDeque::from([(from, 0)]);
    while let Some((node, distance)) = queue.pop_front().filter(|(_, far)| *far < depth) {
        for next in beside(node) {
            if distances[next].is_none() {
                distances[next] = Some(distance + 1);
                queue.push_back((next, distance + 1));
            }
        }
    }
    distances
}

/// Drops the steps to and from nodes from which one can only go back to where one came from, as from most that are beside a
/// node with very many edges; whether there were any.
fn drop_dead_ends(steps: &mut Steps, (source, target): (usize, usize)) -> bool {
    // From how many nodes one comes to each, and from which.
    let mut before = vec![(0_usize, source); steps.len()];
    for (near, onwards) in steps.iter().enumerate() {
        for (far, _) in onwards {
            before[*far] = (before[*far].0 + 1, near);
        }
    }
    let leads_on = |node: usize| match before[node] {
        (0, _) => false,
        (1, from) => steps[node].iter().any(|(far, _)| *far != from),
        _ => !steps[node].is_empty(),
    };
    let leads_on: Vec<bool> =
        (0..steps.len()).map(|node| node == source || node == target || leads_on(node)).collect();
    let mut dropped = 0;
    for (near, onwards) in steps.iter_mut().enumerate() {
        let there = onwards.len();
        onwards.retain(|(far, _)| leads_on[near] && leads_on[*far]);
        dropped += there - onwards.len();
    }
    dropped > 0
}

/// Tries one step after another.
struct Search<'m> {
    map: &'m Map,
    leading: &'m Steps,
    target: usize,
    to_target: &'m [Option<usize>],
    nodes: Vec<usize>,
    edges: Vec<EdgeId>,
    enough: usize,
    steps: usize,
    routes: Vec<Route>,
}

impl Search<'_> {
    /// Every way on from a node that takes exactly so many steps; nothing when that takes too long.
    fn go(&mut self, node: usize, length: usize) -> Option<()> {
        let Some(left) = length.checked_sub(1) else {
            let nodes = self.nodes.iter().map(|number| self.map.nodes[*number]).collect();
            self.routes.push(Route { nodes, edges: self.edges.clone() });
            return Some(());
        };
        let (leading, to_target, target) = (self.leading, self.to_target, self.target);
        let is_near = |far: usize| to_target[far].is_some_and(|distance| distance <= left);
        let near_enough = leading[node].iter().take_while(|(far, _)| is_near(*far));
        for &(far, edge) in near_enough.filter(|(far, _)| *far != target || left == 0) {
            if self.routes.len() >= self.enough {
                break;
            }
            self.steps = self.steps.checked_sub(1)?;
            if !self.nodes.contains(&far) {
                self.nodes.push(far);
                self.edges.push(edge);
                self.go(far, left)?;
                self.nodes.pop();
                self.edges.pop();
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::id;

    /// A map of edges between the numbers of nodes.
    fn map(edges: impl IntoIterator<Item = (u128, u128)>, direction: Direction) -> Map {
        let links = (0..).zip(edges).map(|(number, (from, to))| (id(number), (id(from), id(to))));
        Map::draw(links.collect(), direction)
    }

    #[test]
    fn no_step_is_tried_that_leads_nowhere() {
        // From 1 to 2 by way of 3, 4 and 5, each of which has very many others beside it; one of them is no dead end.
        let between = [(1, 3), (3, 4), (4, 5), (5, 2)];
        let beside =
            (3..6).flat_map(|hub| (0..20_000).map(move |leaf| (hub, hub * 100_000 + leaf)));
        let all = between.into_iter().chain(beside).chain([(300_000, 300_001)]);
        let map = map(all, Direction::Both);
        let routes = |mode, steps| map.routes_in_steps((id(1), id(2)), 10, mode, 500, steps);
        let shortest = routes(PathMode::Shortest, 4).expect("every step leads there");
        assert_eq!(shortest[0].nodes, [1, 3, 4, 5, 2].map(id));
        assert!(routes(PathMode::Shortest, 3).is_none());
        assert_eq!(routes(PathMode::AllSimple, 200), Some(shortest));
    }

    #[test]
    fn of_edges_beside_each_other_the_first_is_followed() {
        let all = [(1, 2), (1, 3), (2, 1), (1, 2), (2, 3), (2, 3)];
        let map = map(all, Direction::Both);
        let routes = map.routes((id(1), id(3)), 3, PathMode::AllSimple, 500).unwrap();
        let ways = routes.into_iter().map(|Route { nodes, edges }| (nodes, edges));
        let direct = (vec![id(1), id(3)], vec![id(1)]);
        let through = (vec![id(1), id(2), id(3)], vec![id(0), id(4)]);
        assert_eq!(ways.collect::<Vec<_>>(), [direct, through]);
    }
}
