//! All that can be reached from a node within some steps.

use std::collections::HashSet;

use crate::domain::{
    graph::{
        Ask, Budget, TooLarge, Walk,
        sorting::Sorting,
        sweep::{Link, Sweep},
        terms::Direction,
    },
    references::EntityId,
};

/// From where, how far, along which edges, and how many nodes are enough.
#[derive(Debug, Clone)]
pub(crate) struct Course {
    pub(crate) start: EntityId,
    pub(crate) depth: u8,
    pub(crate) direction: Direction,
    /// Edges of any type when there are none.
    pub(crate) edge_types: Vec<String>,
    /// Whether only nodes of some types are looked for; those between are gone through all the same.
    pub(crate) is_picky: bool,
    /// The start is one of them.
    pub(crate) limit: usize,
}

/// Goes from a node into every direction, the nearest first, and meets no node twice.
#[derive(Debug)]
pub(crate) struct Reach {
    course: Course,
    budget: Budget,
    stage: Stage,
    /// How far the nodes of the current level are from the start.
    radius: u8,
    /// The nodes one step farther, as far as they are known.
    level: Vec<EntityId>,
    seen: HashSet<EntityId>,
    nodes: Vec<EntityId>,
}

#[derive(Debug)]
enum Stage {
    /// Finding the next level.
    Outwards(Sweep),
    /// Finding out which of its nodes are wanted.
    Sorting(Sorting),
    /// Nothing more is looked for.
    Over,
}

impl Reach {
    /// Begins at the start, which is found already.
    pub(crate) fn new(course: Course, budget: Budget) -> Self {
        let start = course.start;
        let mut reach = Self {
            stage: Stage::Over,
            course,
            budget,
            radius: 0,
            level: Vec::new(),
            seen: HashSet::from([start]),
            nodes: vec![start],
        };
        if !reach.has_enough() {
            reach.go_outwards(vec![start]);
        }
        reach
    }

    /// What was found, the nearest first and then in the order of their ids.
    pub(crate) fn into_nodes(self) -> Vec<EntityId> {
        self.nodes
    }

    /// How many nodes were found, wanted or not.
    pub(crate) fn visited(&self) -> usize {
        self.seen.len()
    }

    fn has_enough(&self) -> bool {
        self.nodes.len() >= self.course.limit
    }

    fn keep(&mut self, nodes: impl IntoIterator<Item = EntityId>) {
        let room = self.course.limit.saturating_sub(self.nodes.len());
        self.nodes.extend(nodes.into_iter().take(room));
    }

    /// The next level is known.
    fn end_level(&mut self) {
        let mut level = std::mem::take(&mut self.level);
        level.sort_unstable();
        if self.course.is_picky && !level.is_empty() {
            self.stage = Stage::Sorting(Sorting::of(level));
        } else {
            self.keep(level.iter().copied());
            self.begin_level(level);
        }
    }

    /// Goes on from these nodes, if that is worth it.
    fn begin_level(&mut self, from: Vec<EntityId>) {
        self.radius += 1;
        if from.is_empty() || self.radius >= self.course.depth || self.has_enough() {
            self.stage = Stage::Over;
        } else {
            self.go_outwards(from);
        }
    }

    fn go_outwards(&mut self, from: Vec<EntityId>) {
        self.stage = Stage::Outwards(Sweep::over(from, self.course.direction));
        self.look_at_few();
    }

    /// The next hop looks at no more edges than most likely lead to as many nodes as there is room for: of three edges one leads
    /// to a node that was met.
    fn look_at_few(&mut self) {
        let room = self.course.limit.saturating_sub(self.nodes.len() + self.level.len());
        if let Stage::Outwards(sweep) = &mut self.stage
            && !self.course.is_picky
        {
            sweep.need(room.saturating_add(room / 2));
        }
    }
}

impl Walk for Reach {
    fn ask(&self) -> Option<Ask<'_>> {
        match &self.stage {
            Stage::Outwards(sweep) => sweep.next(&self.course.edge_types).map(Ask::Hop),
            Stage::Sorting(sorting) => sorting.ask().map(Ask::Sort),
            Stage::Over => None,
        }
    }

    fn found(&mut self, links: &[Link]) -> Result<(), TooLarge> {
        if let Stage::Outwards(sweep) = &mut self.stage {
            let way = sweep.found(links);
            let is_over = sweep.next(&self.course.edge_types).is_none();
            let ends = links.iter().map(|link| link.ends(way).1);
            self.level.extend(ends.filter(|far| self.seen.insert(*far)));
            let enough = self.nodes.len() + self.level.len() >= self.course.limit;
            if is_over || (enough && !self.course.is_picky) {
                self.end_level();
            } else {
                self.look_at_few();
            }
        }
        self.budget.spend(links.len(), self.seen.len())
    }

    fn sorted(&mut self, wanted: &[EntityId]) {
        let Stage::Sorting(sorting) = &mut self.stage else { return };
        let kept: Vec<EntityId> = sorting.keep(wanted).collect();
        let is_over = sorting.ask().is_none();
        let level = if is_over { std::mem::take(sorting).into_nodes() } else { Vec::new() };
        self.keep(kept);
        if is_over {
            self.begin_level(level);
        } else if self.has_enough() {
            self.stage = Stage::Over;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::domain::graph::{
        GraphBound,
        oracle::{Asked, Picture, asked, pictures},
    };

    fn course(picture: &Picture, asked: &Asked) -> Course {
        Course {
            start: picture.node(0),
            depth: asked.depth,
            direction: asked.direction,
            edge_types: asked.edge_types.clone(),
            is_picky: !asked.entity_types.is_empty(),
            limit: asked.limit,
        }
    }

    /// Level by level, by looking at every edge.
    fn levels(picture: &Picture, asked: &Asked) -> Vec<BTreeSet<EntityId>> {
        let steps: Vec<_> = picture.steps(asked.direction, &asked.edge_types).collect();
        let mut levels = vec![BTreeSet::from([picture.node(0)])];
        for _ in 0..asked.depth {
            let last = &levels[levels.len() - 1];
            let next =
                steps.iter().filter(|(near, ..)| last.contains(near)).map(|(_, far, _)| *far);
            let next = next.filter(|far| !levels.iter().any(|level| level.contains(far)));
            levels.push(next.collect());
        }
        levels
    }

    proptest! {
        #[test]
        fn what_is_reached_is_what_is_near_enough(picture in pictures(), asked in asked()) {
            let mut walk = Reach::new(course(&picture, &asked), Budget::of(1_000));
            picture.go(&mut walk, &asked.entity_types).unwrap();
            let nodes = walk.into_nodes();
            // Of the nearest levels everybody is there, and of the last as many as there is room for.
            let mut room = asked.limit;
            let mut found = nodes.iter().copied();
            for (distance, level) in levels(&picture, &asked).into_iter().enumerate() {
                let wanted = |node: &EntityId| distance == 0 || picture.is_of(*node, &asked.entity_types);
                let level: BTreeSet<EntityId> = level.into_iter().filter(wanted).collect();
                let told: BTreeSet<EntityId> = found.by_ref().take(level.len().min(room)).collect();
                prop_assert_eq!(told.len(), level.len().min(room));
                prop_assert!(told.is_subset(&level));
                room -= told.len();
            }
            prop_assert_eq!(found.next(), None);
        }
    }

    #[test]
    fn a_walk_ends_at_its_bound() {
        let star = Picture::of(20, (1..20).map(|leaf| (0, leaf)));
        let asked = Asked { depth: 2, limit: 500, ..Asked::default() };
        let mut walk = Reach::new(course(&star, &asked), Budget::of(10));
        assert_eq!(star.go(&mut walk, &[]), Err(TooLarge { of: GraphBound::Entities, limit: 10 }));
        // Whoever is content with less does not come so far.
        let asked = Asked { limit: 5, ..asked };
        let mut walk = Reach::new(course(&star, &asked), Budget::of(20));
        assert_eq!(star.go(&mut walk, &[]), Ok(()));
        assert_eq!(walk.into_nodes().len(), 5);
    }
}
