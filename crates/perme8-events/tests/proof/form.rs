//! How hard a proof tries, and what its chance starts from.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rand::{SeedableRng as _, rngs::StdRng};

/// The form of a proof, as `cargo xtask prove` asks for it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Form {
    pub(crate) long: bool,
    pub(crate) seed: u64,
    minutes: Option<u32>,
}

impl Form {
    /// Announces itself, so that a failure can be repeated.
    pub(crate) fn of(proof: &str) -> Self {
        let form = Self {
            long: variable("PERME8_PROVE").is_some_and(|form| form == "long"),
            seed: variable("PERME8_PROVE_SEED")
                .and_then(|seed| seed.parse().ok())
                .unwrap_or_else(fresh_seed),
            minutes: variable("PERME8_PROVE_MINUTES").and_then(|minutes| minutes.parse().ok()),
        };
        say(&format!("{proof}: PERME8_PROVE_SEED={}", form.seed));
        form
    }

    /// For how long to look for a counterexample.
    pub(crate) fn lasts(self) -> Duration {
        if self.long {
            Duration::from_mins(self.minutes.unwrap_or(2).into())
        } else {
            Duration::from_secs(3)
        }
    }

    /// Chance that depends on the seed and on whose it is.
    pub(crate) fn chance(self, whose: u64) -> StdRng {
        StdRng::seed_from_u64(self.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(whose))
    }
}

fn variable(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "proofs are configured by their environment")]
    std::env::var(name).ok()
}

fn fresh_seed() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::from(now.subsec_nanos()) ^ (now.as_secs() << 30)
}

/// Shows a figure of a proof; seen under `cargo xtask prove`, and wherever a test fails.
pub(crate) fn say(figure: &str) {
    #[expect(clippy::print_stdout, reason = "the figures of a proof are its output")]
    {
        println!("{figure}");
    }
}

/// Lets time pass as a part of the fault that is injected; what should happen is waited for with `wait_until`.
pub(crate) async fn linger(time: Duration) {
    let _ = tokio::time::timeout(time, std::future::pending::<()>()).await;
}
