//! Doing again and again what need not be done all the time.

use std::time::Duration;

use tokio::time::Instant;

/// Tells when something is done again, by a clock that nobody sets: that of the machine may jump, also back.
#[derive(Debug, Default)]
pub(crate) struct Cadence(Option<Instant>);

impl Cadence {
    /// Whether it was not done within this time; if so, it counts as done now.
    pub(crate) fn is_due(&mut self, every: Duration) -> bool {
        let is_due = self.0.is_none_or(|done| done.elapsed() >= every);
        if is_due {
            self.done();
        }
        is_due
    }

    /// It is done now, although it was not due.
    pub(crate) fn done(&mut self) {
        self.0 = Some(Instant::now());
    }

    /// It is due next, as if it had never been done.
    pub(crate) fn hurry(&mut self) {
        self.0 = None;
    }
}
