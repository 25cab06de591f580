//! How hard a proof tries, what chance starts from, and how its figures are seen.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rand::{SeedableRng as _, rngs::StdRng};

fn variable(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "proofs are configured by their environment")]
    std::env::var(name).ok()
}

/// A figure of the proof; seen under `cargo xtask prove`, and wherever a test fails.
pub(crate) fn say(figure: &str) {
    #[expect(clippy::print_stdout, reason = "the figures of a proof are its output")]
    {
        println!("{figure}");
    }
}

/// How often to strike in the short form or in the long one, and for how long at most.
pub(crate) fn limits(short: usize, long: usize) -> (usize, Duration) {
    let is_long = variable("PERME8_PROVE").is_some_and(|form| form == "long");
    let minutes = variable("PERME8_PROVE_MINUTES").and_then(|minutes| minutes.parse().ok());
    let time = Duration::from_mins(minutes.unwrap_or(45));
    (if is_long { long } else { short }, time)
}

pub(crate) fn chance(proof: &str) -> StdRng {
    let fresh = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let fresh = u64::from(fresh.subsec_nanos()) ^ (fresh.as_secs() << 30);
    let seed = variable("PERME8_PROVE_SEED").and_then(|seed| seed.parse().ok()).unwrap_or(fresh);
    say(&format!("{proof}: PERME8_PROVE_SEED={seed}"));
    StdRng::seed_from_u64(seed)
}

/// Lets a victim live for a while; what is waited for is its death.
pub(crate) async fn live(time: Duration) {
    let _ = tokio::time::timeout(time, std::future::pending::<()>()).await;
}

/// Declares proofs as two tests each, `sqlite` and `postgres`, in a module of its name.
macro_rules! proof {
    (migrations: $migrations:expr; $($name:ident: $body:expr;)+) => {$(
        mod $name {
            use super::*;

            #[tokio::test]
            async fn sqlite() {
                TestDb::sqlite(&$migrations).await.run($body).await;
            }

            #[tokio::test]
            async fn postgres() {
                if let Some(test) = TestDb::postgres(2, &$migrations).await {
                    test.run($body).await;
                }
            }
        }
    )+};
}

pub(crate) use proof;
