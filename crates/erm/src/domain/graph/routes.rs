//! The ways through a map whose edges are all known.

use std::collections::{HashMap, VecDeque};

use crate::domain::{
    graph::{paths::PathMode, terms::Direction},
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

/// Edges, and where they lead; nodes are numbered.
#[derive(Debug)]
pub(crate) struct Map {
    nodes: Vec<EntityId>,
    numbers: HashMap<EntityId, usize>,
    /// From each node, in the order of where they lead.
    onwards: Vec<Vec<(usize, EdgeId)>>,
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
                map.lead(source, target, id);
            }
            if direction != Direction::Out {
                map.lead(target, source, id);
            }
        }
        map.onwards.iter_mut().for_each(|steps| steps.sort_unstable());
        map
    }

    fn lead(&mut self, from: usize, to: usize, id: EdgeId) {
        self.onwards[from].push((to, id));
        self.backwards[to].push(from);
    }

    /// The ways between two nodes, the shortest first, as many as are enough; nothing when finding them takes too long.
    pub(crate) fn routes(
        &self,
        (source, target): (EntityId, EntityId),
        depth: u8,
        mode: PathMode,
        enough: usize,
    ) -> Option<Vec<Route>> {
        let numbers = (self.numbers.get(&source), self.numbers.get(&target));
        let (Some(&source), Some(&target)) = numbers else { return Some(Vec::new()) };
        let depth = usize::from(depth);
        let distances = self.distances_to(target, depth);
        let Some(shortest) = distances[source] else { return Some(Vec::new()) };
        let longest = match mode {
            PathMode::Shortest => shortest,
            PathMode::AllSimple => depth,
        };
        let mut search = Search {
            map: self,
            target,
            distances,
            nodes: vec![source],
            edges: Vec::new(),
            enough,
            steps: STEPS,
            routes: Vec::new(),
        };
        for length in shortest..=longest {
            search.go(source, length)?;
        }
        Some(search.routes)
    }

    /// How many steps it takes from each node, if no more than `depth`.
    fn distances_to(&self, target: usize, depth: usize) -> Vec<Option<usize>> {
        let mut distances = vec![None; self.nodes.len()];
        distances[target] = Some(0);
        let mut queue = VecDeque::from([(target, 0)]);
        while let Some((node, distance)) = queue.pop_front().filter(|(_, far)| *far < depth) {
            for &before in &self.backwards[node] {
                if distances[before].is_none() {
                    distances[before] = Some(distance + 1);
                    queue.push_back((before, distance + 1));
                }
            }
        }
        distances
    }
}

/// Tries one step after another.
struct Search<'m> {
    map: &'m Map,
    target: usize,
    distances: Vec<Option<usize>>,
    nodes: Vec<usize>,
    edges: Vec<EdgeId>,
    enough: usize,
    steps: usize,
    routes: Vec<Route>,
}

impl Search<'_> {
    /// Every way on from a node that takes exactly so many steps more; nothing when that takes too long.
    fn go(&mut self, node: usize, left: usize) -> Option<()> {
        if node == self.target {
            if left == 0 {
                let nodes = self.nodes.iter().map(|number| self.map.nodes[*number]).collect();
                self.routes.push(Route { nodes, edges: self.edges.clone() });
            }
            return Some(());
        }
        let Some(left) = left.checked_sub(1) else { return Some(()) };
        for &(far, edge) in &self.map.onwards[node] {
            if self.routes.len() >= self.enough {
                break;
            }
            self.steps = self.steps.checked_sub(1)?;
            let is_near = self.distances[far].is_some_and(|distance| distance <= left);
            if is_near && !self.nodes.contains(&far) {
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
