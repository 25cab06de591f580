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

#[cfg(test)]
mod tests {
    use super::*;

    const LATER: Duration = Duration::from_hours(1);

    #[test]
    fn what_was_done_is_due_when_its_time_has_passed_or_there_is_a_hurry() {
        let mut cadence = Cadence::default();
        assert!(cadence.is_due(LATER), "it was never done");
        assert!(!cadence.is_due(LATER), "it counts as done");
        assert!(cadence.is_due(Duration::ZERO));
        cadence.hurry();
        assert!(cadence.is_due(LATER));
    }

    #[test]
    fn what_is_done_although_it_was_not_due_is_done() {
        let mut cadence = Cadence::default();
        cadence.done();
        assert!(!cadence.is_due(LATER));
    }
}
