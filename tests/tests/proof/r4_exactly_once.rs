//! R4: every effect happens exactly once, however often and wherever the process that has it is killed.

use std::time::{Duration, Instant};

use perme8_events::{
    sql,
    testing::{TestDb, figure},
};
use rand::RngExt as _;

use crate::{
    books::{Findings, audit},
    form::{chance, limits, live, proof, say},
    victims::Victim,
};

/// Kills the one that has the handlers, again and again, while another process keeps writing; sometimes it is that one.
async fn effects_survive_every_kill(test: TestDb) {
    let mut chance = chance("R4");
    Victim::start("set-up", &test.url).finish(&[]).await;
    let mut acknowledged = Vec::new();
    let mut writer = Victim::start("write", &test.url);
    let (most, time) = limits(8, 1000);
    let begun = Instant::now();
    let mut kills = 0;
    while kills < most && begun.elapsed() < time {
        kills += 1;
        let mut victim = Victim::start("serve", &test.url);
        // One in four dies while it starts, the others in the middle of their work.
        if chance.random_bool(0.75) {
            victim.line().await;
            live(Duration::from_millis(chance.random_range(0..300))).await;
        } else {
            live(Duration::from_millis(chance.random_range(0..200))).await;
        }
        victim.kill().await;
        if chance.random_bool(0.2) {
            acknowledged.extend(writer.kill().await);
            writer = Victim::start("write", &test.url);
        }
        if kills % 100 == 0 {
            say(&format!("  {kills} kills"));
        }
    }
    acknowledged.extend(writer.kill().await);
    // A line that was cut off by the kill acknowledges nothing.
    acknowledged.retain(|line| line.len() == 36);
    let findings = audit("audit", &test, &acknowledged).await;
    figure("R4", test.db.engine_name(), &format!("{kills} kills: {findings}"));
    assert!(kills > 0 && findings.deposits > 0 && !acknowledged.is_empty());
    let balanced = Findings::balanced(findings.deposits);
    assert_eq!(findings, balanced, "{} acknowledged", acknowledged.len());
}

/// The same kills, but effect and checkpoint are committed one after the other.
async fn a_checkpoint_apart_from_its_effect_is_noticed(test: TestDb) {
    const KILLS: usize = 12;
    let mut chance = chance("R4, control");
    Victim::start("set-up", &test.url).finish(&[]).await;
    let writer = Victim::start("write", &test.url);
    for _ in 0..KILLS {
        let mut victim = Victim::start("serve-apart", &test.url);
        victim.line().await;
        live(Duration::from_millis(chance.random_range(100..200))).await;
        victim.kill().await;
    }
    writer.kill().await;
    let findings = audit("audit-apart", &test, &[]).await;
    let line = format!("control, in two transactions, {KILLS} kills: {findings}");
    figure("R4", test.db.engine_name(), &line);
    assert!(findings.counted_again > 0, "{KILLS} kills, and none was noticed: {findings:?}");
}

proof! {
    migrations: [&sql::MIGRATIONS];
    processes_are_killed_and_every_effect_happens_once: effects_survive_every_kill;
    control_effect_and_checkpoint_apart: a_checkpoint_apart_from_its_effect_is_noticed;
}
