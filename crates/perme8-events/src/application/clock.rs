//! What time it is.

use std::fmt;

use chrono::{DateTime, SubsecRound as _, Utc};

/// Tells the time; replaced by a manual clock in tests.
pub trait Clock: fmt::Debug + Send + Sync {
    /// The present instant, cut to microseconds: PostgreSQL keeps no more, and what is written must equal what is read.
    fn now(&self) -> DateTime<Utc>;
}

/// The clock of the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        #[expect(clippy::disallowed_methods, reason = "the clock that everybody else asks")]
        Utc::now().trunc_subsecs(6)
    }
}
