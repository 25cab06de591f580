//! Graphs that are drawn by rules and chance; the same seed draws the same graph.

/// What a graph looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A few nodes have very many edges and most have few, as where people know people: who has edges gets more.
    ScaleFree {
        /// How many nodes.
        nodes: u32,
        /// How many edges.
        edges: u32,
    },
    /// A ring in which everybody is joined to the nearest, but some edges lead anywhere, so that nobody is far away.
    SmallWorld {
        /// How many nodes.
        nodes: u32,
        /// How many edges lead away from each.
        each: u32,
        /// How many of a hundred edges lead anywhere.
        anywhere: u32,
    },
    /// Squares, as streets of a town.
    Grid {
        /// How many nodes stand beside each other.
        width: u32,
        /// How many rows of them there are.
        height: u32,
    },
}

impl Shape {
    /// How many nodes it has.
    #[must_use]
    pub fn nodes(self) -> u32 {
        match self {
            Self::ScaleFree { nodes, .. } | Self::SmallWorld { nodes, .. } => nodes,
            Self::Grid { width, height } => width * height,
        }
    }

    /// Its edges, between the numbers of nodes.
    #[must_use]
    pub fn edges(self, seed: u64) -> Vec<(u32, u32)> {
        let mut chance = Chance(seed);
        match self {
            Self::ScaleFree { nodes, edges } => scale_free(nodes, edges, &mut chance),
            Self::SmallWorld { nodes, each, anywhere } => {
                let leads = |from: u32, step: u32, chance: &mut Chance| {
                    if chance.below(100) < anywhere {
                        chance.below(nodes)
                    } else {
                        (from + step) % nodes
                    }
                };
                let pairs = (0..nodes).flat_map(|from| (1..=each).map(move |step| (from, step)));
                pairs.map(|(from, step)| (from, leads(from, step, &mut chance))).collect()
            }
            Self::Grid { width, height } => {
                let places = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
                let beside = |(x, y): (u32, u32)| {
                    let here = y * width + x;
                    let right = (x + 1 < width).then_some((here, here + 1));
                    let below = (y + 1 < height).then_some((here, here + width));
                    right.into_iter().chain(below)
                };
                places.flat_map(beside).collect()
            }
        }
    }
}

/// Every node joins some that are there already, and rather those which others have joined.
fn scale_free(nodes: u32, edges: u32, chance: &mut Chance) -> Vec<(u32, u32)> {
    // Whoever has an edge stands here once for it.
    let mut ends: Vec<u32> = vec![0];
    let mut drawn = Vec::new();
    for number in 0..edges {
        // The nodes come one by one, evenly among the edges; node 0 is there from the beginning.
        let of = u64::from(number) * u64::from(nodes.saturating_sub(1)) / u64::from(edges.max(1));
        let from = u32::try_from(of).unwrap_or_default() + 1;
        let to = ends[chance.below(u32::try_from(ends.len()).unwrap_or(u32::MAX)) as usize];
        drawn.push((from, to));
        ends.extend([from, to]);
    }
    drawn
}

/// Numbers that look as if nobody knew them (`SplitMix64`).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// One of the numbers below this one.
    fn below(&mut self, bound: u32) -> u32 {
        let scaled = (u128::from(self.next()) * u128::from(bound)) >> 64;
        u32::try_from(scaled).expect("it is below a number of that size")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn degrees(shape: Shape) -> Vec<u32> {
        let mut degrees = vec![0; shape.nodes() as usize];
        for (from, to) in shape.edges(7) {
            degrees[from as usize] += 1;
            degrees[to as usize] += 1;
        }
        degrees.sort_unstable();
        degrees
    }

    #[test]
    fn graphs_have_the_shape_that_they_are_called_by() {
        let shapes = [
            Shape::ScaleFree { nodes: 1_000, edges: 5_000 },
            Shape::SmallWorld { nodes: 1_000, each: 5, anywhere: 10 },
            Shape::Grid { width: 40, height: 25 },
        ];
        let said = shapes.map(|shape| {
            let degrees = degrees(shape);
            assert_eq!(shape.edges(7), shape.edges(7));
            assert_eq!(degrees.len(), 1_000);
            let edges = shape.edges(7).len();
            format!(
                "{edges} edges, {} to {} to {} at a node",
                degrees[0], degrees[500], degrees[999]
            )
        });
        expect_test::expect![[r#"
            5000 edges, 5 to 7 to 333 at a node
            5000 edges, 7 to 10 to 14 at a node
            1935 edges, 2 to 4 to 4 at a node"#]]
        .assert_eq(&said.join("\n"));
    }
}
