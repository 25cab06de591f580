//! How much may be asked at once and in a minute.

use chrono::{DateTime, TimeDelta, Utc};

/// How much a person, and a workspace, may ask on one node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallLimits {
    /// So many answers are written for one person at once.
    pub user_at_once: u32,
    /// So many in one workspace at once.
    pub workspace_at_once: u32,
    /// So often one person asks in a minute.
    pub user_per_minute: u32,
    /// So often all ask in one workspace in a minute.
    pub workspace_per_minute: u32,
}

impl Default for CallLimits {
    fn default() -> Self {
        Self {
            user_at_once: 4,
            workspace_at_once: 20,
            user_per_minute: 30,
            workspace_per_minute: 120,
        }
    }
}

/// What one person or workspace has asked: how much of it is running, and the instant at which all has come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spent {
    pub(crate) running: u32,
    back_at: DateTime<Utc>,
}

/// The minute in which a limit counts.
const WINDOW: TimeDelta = TimeDelta::minutes(1);

impl Spent {
    pub(crate) fn nothing(now: DateTime<Utc>) -> Self {
        Self { running: 0, back_at: now }
    }

    /// How long to wait until one more may be asked; nothing when it may.
    pub(crate) fn wait(&self, now: DateTime<Utc>, per_minute: u32) -> Option<TimeDelta> {
        let wait = self.spent(now, per_minute) - now - WINDOW;
        (wait > TimeDelta::zero()).then_some(wait)
    }

    /// One more is asked.
    pub(crate) fn spend(&mut self, now: DateTime<Utc>, per_minute: u32) {
        self.back_at = self.spent(now, per_minute);
        self.running += 1;
    }

    /// One of them is over.
    pub(crate) fn release(&mut self) {
        self.running -= 1;
    }

    /// One of them was not asked after all.
    pub(crate) fn give_back(&mut self, per_minute: u32) {
        self.back_at -= each(per_minute);
    }

    /// Whether there is nothing to remember.
    pub(crate) fn is_nothing(&self, now: DateTime<Utc>) -> bool {
        self.running == 0 && self.back_at <= now
    }

    /// When all had come back after one more.
    fn spent(&self, now: DateTime<Utc>, per_minute: u32) -> DateTime<Utc> {
        self.back_at.max(now) + each(per_minute)
    }
}

/// How long it takes until one comes back.
fn each(per_minute: u32) -> TimeDelta {
    WINDOW / i32::try_from(per_minute.max(1)).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_as_there_are_in_a_minute_may_be_asked_at_once_and_come_back_one_by_one() {
        let now = DateTime::UNIX_EPOCH;
        let mut spent = Spent::nothing(now);
        for _ in 0..3 {
            assert_eq!(spent.wait(now, 3), None);
            spent.spend(now, 3);
        }
        assert_eq!(spent.wait(now, 3), Some(TimeDelta::seconds(20)));
        let later = now + TimeDelta::seconds(20);
        assert_eq!(spent.wait(later, 3), None);
        spent.spend(later, 3);
        assert_eq!(spent.wait(later, 3), Some(TimeDelta::seconds(20)));
        assert!(!spent.is_nothing(now + TimeDelta::minutes(5)));
        for _ in 0..4 {
            spent.release();
        }
        assert!(!spent.is_nothing(later) && spent.is_nothing(later + WINDOW));
    }

    #[test]
    fn what_is_given_back_may_be_asked_again() {
        let now = DateTime::UNIX_EPOCH;
        let mut spent = Spent::nothing(now);
        spent.spend(now, 1);
        assert_eq!(spent.wait(now, 1), Some(TimeDelta::minutes(1)));
        spent.give_back(1);
        assert_eq!(spent.wait(now, 1), None);
        // Whatever comes back late is not more than there was.
        let later = now + TimeDelta::minutes(5);
        spent.give_back(1);
        spent.spend(later, 1);
        assert_eq!(spent.wait(later, 1), Some(TimeDelta::minutes(1)));
    }
}
