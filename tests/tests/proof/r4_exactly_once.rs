//! R4: every effect happens exactly once, however often and wherever the process that has it is killed.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use perme8_events::{sql, testing::TestDb};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use serde::Deserialize;

use crate::victims::Victim;

/// What the audit finds; the books balance when everything but the first is zero.
#[derive(Debug, Deserialize, PartialEq, Eq)]
struct Findings {
    deposits: usize,
    unknown: usize,
    unbalanced: usize,
    counted_again: i64,
    not_counted: i64,
    wrong_totals: usize,
    noted_again: usize,
    not_noted: usize,
}

fn variable(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "proofs are configured by their environment")]
    std::env::var(name).ok()
}

/// A figure of the proof; seen under `cargo xtask prove`, and wherever a test fails.
fn say(figure: &str) {
    #[expect(clippy::print_stdout, reason = "the figures of a proof are its output")]
    {
        println!("{figure}");
    }
}

/// How often to kill, and for how long at most.
fn limits() -> (usize, Duration) {
    let long = variable("PERME8_PROVE").is_some_and(|form| form == "long");
    let minutes = variable("PERME8_PROVE_MINUTES").and_then(|minutes| minutes.parse().ok());
    let time = Duration::from_mins(minutes.unwrap_or(45));
    (if long { 1000 } else { 8 }, time)
}

fn chance(proof: &str) -> StdRng {
    let fresh = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let fresh = u64::from(fresh.subsec_nanos()) ^ (fresh.as_secs() << 30);
    let seed = variable("PERME8_PROVE_SEED").and_then(|seed| seed.parse().ok()).unwrap_or(fresh);
    say(&format!("{proof}: PERME8_PROVE_SEED={seed}"));
    StdRng::seed_from_u64(seed)
}

/// Lets a victim live for a while; what is waited for is its death.
async fn live(time: Duration) {
    let _ = tokio::time::timeout(time, std::future::pending::<()>()).await;
}

async fn audit(command: &str, test: &TestDb, acknowledged: &[String]) -> Findings {
    let lines = Victim::start(command, &test.url).finish(acknowledged).await;
    serde_json::from_str(&lines[0]).unwrap()
}

/// Kills the one that has the handlers, again and again, while another process keeps writing; sometimes it is that one.
async fn effects_survive_every_kill(test: TestDb) {
    let mut chance = chance("R4");
    Victim::start("set-up", &test.url).finish(&[]).await;
    let mut acknowledged = Vec::new();
    let mut writer = Victim::start("write", &test.url);
    let (most, time) = limits();
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
    say(&format!("{}, {kills} kills: {findings:?}", test.db.engine_name()));
    assert!(kills > 0 && findings.deposits > 0 && !acknowledged.is_empty());
    let Findings { deposits, .. } = findings;
    assert_eq!(findings, balanced(deposits), "{} acknowledged", acknowledged.len());
}

fn balanced(deposits: usize) -> Findings {
    Findings {
        deposits,
        unknown: 0,
        unbalanced: 0,
        counted_again: 0,
        not_counted: 0,
        wrong_totals: 0,
        noted_again: 0,
        not_noted: 0,
    }
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
    say(&format!("{}, {KILLS} kills, in two transactions: {findings:?}", test.db.engine_name()));
    assert!(findings.counted_again > 0, "{KILLS} kills, and none was noticed: {findings:?}");
}

/// Declares a proof as two tests, `sqlite` and `postgres`, in a module of its name.
macro_rules! proof {
    ($name:ident, $body:expr) => {
        mod $name {
            use super::*;

            #[tokio::test]
            async fn sqlite() {
                TestDb::sqlite(&[&sql::MIGRATIONS]).await.run($body).await;
            }

            #[tokio::test]
            async fn postgres() {
                if let Some(test) = TestDb::postgres(2, &[&sql::MIGRATIONS]).await {
                    test.run($body).await;
                }
            }
        }
    };
}

proof!(processes_are_killed_and_every_effect_happens_once, effects_survive_every_kill);
proof!(control_effect_and_checkpoint_apart, a_checkpoint_apart_from_its_effect_is_noticed);
