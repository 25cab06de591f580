//! R8: a node that was paused until others took over has its late effects refused: those of handlers, the ends of its jobs,
//! and its timers.
//!
//! Several processes that serve one database are a matter of PostgreSQL.

use std::time::{Duration, Instant};

use perme8_events::{
    host::Operations,
    sql,
    testing::{TestDb, figure, wait_until},
};
use rand::RngExt as _;

use crate::{
    books::{Findings, audit},
    form::{chance, limits, live, say},
    victims::Victim,
};

/// The lease of a victim.
const LEASE: Duration = Duration::from_millis(400);
/// What takes longer has gone wrong.
const SOON: Duration = Duration::from_mins(1);

/// Whether every handler is run by exactly these processes.
async fn run_by(operations: &Operations, victims: &[&Victim]) -> bool {
    let mut names: Vec<String> =
        victims.iter().map(|victim| format!("pid-{}", victim.id())).collect();
    names.sort();
    let handlers = operations.handlers().await;
    handlers.is_ok_and(|handlers| handlers.iter().all(|handler| handler.nodes == names))
}

/// Pauses one of two nodes after the other, each time for three leases, while both and a third process write; how often the
/// other node had taken over everything before the paused one went on.
async fn pause_again_and_again(
    test: &TestDb,
    command: &str,
    (most, time): (usize, Duration),
) -> usize {
    let mut chance = chance("R8");
    Victim::start("set-up", &test.url).finish(&[]).await;
    let operations = Operations::new(&test.db);
    let writer = Victim::start("write", &test.url);
    let mut nodes = [(); 2].map(|()| Victim::start(command, &test.url));
    for node in &mut nodes {
        node.line().await;
    }
    let begun = Instant::now();
    let (mut rounds, mut takeovers) = (0, 0);
    while rounds < most && begun.elapsed() < time {
        rounds += 1;
        let both: Vec<&Victim> = nodes.iter().collect();
        wait_until("both nodes take part", SOON, async || run_by(&operations, &both).await).await;
        live(Duration::from_millis(chance.random_range(0..300))).await;
        let which = chance.random_range(0..2);
        let [paused, other] = [&nodes[which], &nodes[1 - which]];
        paused.pause().await;
        live(LEASE * 3).await;
        // Not when it was paused in a transaction: until that ends, the rows in it are its own, and nothing it does is late.
        takeovers += usize::from(run_by(&operations, &[other]).await);
        paused.resume().await;
        if rounds % 20 == 0 {
            say(&format!("  {rounds} pauses"));
        }
    }
    writer.kill().await;
    for node in nodes {
        node.kill().await;
    }
    let line =
        format!("{command}: {rounds} pauses, {takeovers} of them with everything taken over");
    figure("R8", test.db.engine_name(), &line);
    takeovers
}

#[tokio::test]
async fn late_effects_of_a_paused_node_are_refused() {
    let Some(test) = TestDb::postgres(2, &[&sql::MIGRATIONS]).await else { return };
    test.run(async |test| {
        let takeovers = pause_again_and_again(&test, "serve", limits(4, 200)).await;
        let findings = audit("audit", &test, &[]).await;
        figure("R8", test.db.engine_name(), &findings.to_string());
        assert!(takeovers > 0 && findings.deposits > 0);
        let balanced = Findings::balanced(findings.deposits);
        assert_eq!(findings, balanced);
    })
    .await;
}

#[tokio::test]
async fn without_the_fence_late_effects_are_noticed() {
    let Some(test) = TestDb::postgres(2, &[&sql::MIGRATIONS]).await else { return };
    test.run(async |test| {
        let most = (4, Duration::from_mins(5));
        let takeovers = pause_again_and_again(&test, "serve-unfenced", most).await;
        let findings = audit("audit", &test, &[]).await;
        figure("R8", test.db.engine_name(), &format!("control, unfenced: {findings}"));
        assert!(
            findings.counted_again > 0,
            "{takeovers} takeovers, and none was noticed: {findings:?}"
        );
    })
    .await;
}
