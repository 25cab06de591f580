//! When people have stopped writing for a while: the moment for a version, and to say that a note was changed.

use chrono::{DateTime, TimeDelta, Utc};

/// Edits in a row, none of them long after the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Burst {
    began_at: DateTime<Utc>,
    edited_at: DateTime<Utc>,
}

impl Burst {
    /// How long nobody edits at its end.
    const PAUSE: TimeDelta = TimeDelta::seconds(30);
    /// How long it is at most, so that what is written without a pause is told of, too.
    const LONGEST: TimeDelta = TimeDelta::minutes(10);
    /// How late its end is noticed, at most, if all is well.
    const LATE: TimeDelta = TimeDelta::minutes(5);

    /// Edits from the first to the last one so far.
    pub(crate) fn new(began_at: DateTime<Utc>, edited_at: DateTime<Utc>) -> Self {
        // A clock of another node may be behind.
        Self { began_at, edited_at: edited_at.max(began_at) }
    }

    /// The first edit.
    #[cfg(test)]
    pub(crate) fn begin(now: DateTime<Utc>) -> Self {
        Self::new(now, now)
    }

    /// The same with another edit.
    #[cfg(test)]
    pub(crate) fn goes_on(self, now: DateTime<Utc>) -> Self {
        Self::new(self.began_at, now)
    }

    /// Whether this edit has to see to it that the end is noticed: it is the first one, or whoever should have noticed did not.
    pub(crate) fn needs_timer(self) -> bool {
        self.edited_at == self.began_at
            || self.edited_at > self.began_at + Self::LONGEST + Self::LATE
    }

    /// When it ends, unless somebody goes on.
    pub(crate) fn ends_at(self) -> DateTime<Utc> {
        (self.edited_at + Self::PAUSE).min(self.began_at + Self::LONGEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn a_burst_ends_when_nobody_goes_on() {
        assert_eq!(Burst::begin(at(0)).ends_at(), at(30));
        assert_eq!(Burst::new(at(0), at(20)).ends_at(), at(50));
        assert_eq!(Burst::new(at(20), at(10)).ends_at(), at(50), "a clock that is behind");
    }

    #[test]
    fn the_first_edit_sets_a_timer_and_so_does_one_that_finds_the_end_unnoticed() {
        for (seconds, needs_timer) in [(0, true), (1, false), (900, false), (901, true)] {
            assert_eq!(Burst::new(at(0), at(seconds)).needs_timer(), needs_timer, "{seconds}");
        }
    }

    #[test]
    fn a_burst_ends_although_somebody_goes_on() {
        assert_eq!(Burst::new(at(0), at(590)).ends_at(), at(600));
    }
}
