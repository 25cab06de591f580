//! Walks through graphs of several sizes and shapes.

use erm::{
    Depth, Direction, EntityId, FindPaths, GraphError, GraphLimit, GraphName, Neighbours, PathMode,
    Planted, Shape, Traverse,
};
use perme8_events::{WorkspaceId, testing::TestDb};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};

use crate::{
    Args,
    figures::{Row, Took},
    house::House,
};

/// So many steps are gone.
const STEPS: i64 = 3;
/// So many times as many edges there are as entities.
const EDGES: u32 = 5;

/// A graph, and what its rows are called.
struct Ground<'h> {
    house: &'h House,
    workspace: WorkspaceId,
    planted: Planted,
    name: String,
    /// From where walks begin, and where they lead if they lead anywhere.
    starts: Vec<(EntityId, EntityId)>,
}

/// Graphs in which few have many edges, each larger than the one before.
pub(crate) async fn growing(test: &TestDb, house: &House, args: &Args) -> anyhow::Result<Vec<Row>> {
    let mut rows = Vec::new();
    for &nodes in &args.sizes {
        let shape = Shape::ScaleFree { nodes, edges: nodes * EDGES };
        let ground = Ground::plant(test, house, args, ("scale-free", shape)).await?;
        rows.extend(ground.steps(args).await?);
    }
    Ok(rows)
}

/// Graphs of one size and every shape.
pub(crate) async fn shaped(test: &TestDb, house: &House, args: &Args) -> anyhow::Result<Vec<Row>> {
    let nodes = args.shaped;
    // Towns have but two edges to a crossing, so there are more crossings.
    let width = (nodes * EDGES / 2).isqrt();
    let mut rows = Vec::new();
    for named in [
        ("scale-free", Shape::ScaleFree { nodes, edges: nodes * EDGES }),
        ("small-world", Shape::SmallWorld { nodes, each: EDGES, anywhere: 10 }),
        ("grid", Shape::Grid { width, height: width }),
    ] {
        let ground = Ground::plant(test, house, args, named).await?;
        rows.extend(ground.steps(args).await?);
        rows.push(ground.neighbours().await?);
        rows.push(ground.shortest_paths().await?);
    }
    Ok(rows)
}

/// Whether there was an answer, or so many would have had to be visited that there was none.
fn answered<T>(answer: Result<T, GraphError>) -> anyhow::Result<bool> {
    match answer {
        Ok(_) => Ok(true),
        Err(GraphError::TooLarge { .. } | GraphError::TimedOut) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

impl<'h> Ground<'h> {
    async fn plant(
        test: &TestDb,
        house: &'h House,
        args: &Args,
        (name, shape): (&str, Shape),
    ) -> anyhow::Result<Self> {
        let edges = shape.edges(0).len();
        let name = format!("{name} {}/{}", thousands(shape.nodes() as usize), thousands(edges));
        let (workspace, planted) = house.plant(&name, shape).await?;
        house.settle(test).await?;
        let mut chance = StdRng::seed_from_u64(20_261_127);
        let mut draw = || planted.entity(chance.random_range(0..shape.nodes()));
        let starts = (0..args.times).map(|_| (draw(), draw())).collect();
        Ok(Self { house, workspace, planted, name, starts })
    }

    fn row(&self, what: &str, ours: Took, by_hand: Option<Took>) -> Row {
        Row::new(self.house.engine(), format!("{}: {what}", self.name), ours, by_hand)
    }

    /// What is three steps away: as much of it as is told at once, and a count of all of it hop by hop; both beside a count by one
    /// recursive statement.
    async fn steps(&self, args: &Args) -> anyhow::Result<[Row; 2]> {
        let depth = Depth::of(STEPS)?;
        let told = Took::of(&self.starts, async |(start, _)| {
            let asked = Traverse { depth, limit: GraphLimit::ALL, ..Traverse::from(*start) };
            let (origin, workspace) = (self.house.origin(), self.workspace.into());
            answered(self.house.erm.traverse(&origin, &workspace, GraphName::Own, asked).await)
        });
        let told = told.await?;
        let counted = Took::within(args.seconds, &self.starts, async |(start, _)| {
            self.planted.count_by_hops(*start, depth).await?;
            Ok(true)
        });
        let counted = counted.await?;
        let by_hand = Took::within(args.seconds, &self.starts, async |(start, _)| {
            self.planted.count_by_recursion(*start, depth).await?;
            Ok(true)
        });
        let by_hand = by_hand.await?;
        Ok([
            self.row("3 steps, up to 500", told, Some(by_hand.clone())),
            self.row("3 steps, all counted", counted, Some(by_hand)),
        ])
    }

    async fn neighbours(&self) -> anyhow::Result<Row> {
        let ours = Took::of(&self.starts, async |(start, _)| {
            let (origin, workspace) = (self.house.origin(), self.workspace.into());
            let asked = Neighbours::of(*start);
            answered(self.house.erm.neighbours(&origin, &workspace, GraphName::Own, asked).await)
        });
        Ok(self.row("neighbours", ours.await?, None))
    }

    async fn shortest_paths(&self) -> anyhow::Result<Row> {
        let depth = Depth::of(Depth::MAX.into())?;
        let limit = GraphLimit::of(1)?;
        let ours = Took::of(&self.starts, async |(source, target)| {
            let (mode, direction) = (PathMode::Shortest, Direction::Both);
            let asked =
                FindPaths { depth, direction, mode, limit, ..FindPaths::between(*source, *target) };
            let (origin, workspace) = (self.house.origin(), self.workspace.into());
            answered(self.house.erm.paths(&origin, &workspace, GraphName::Own, asked).await)
        });
        Ok(self.row("a shortest path of up to 10", ours.await?, None))
    }
}

/// A number as people read it.
fn thousands(number: usize) -> String {
    if number < 1_000 {
        number.to_string()
    } else {
        format!("{},{:03}", thousands(number / 1_000), number % 1_000)
    }
}
