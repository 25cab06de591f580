//! Jobs that are enqueued again and again.

use chrono::{DateTime, Utc};

use crate::application::job::{Job, NewJob};

/// A job that is enqueued whenever a cron pattern says so, in UTC: once over all nodes, and once for all the times that
/// passed while no node ran.
#[derive(Debug)]
pub struct Schedule {
    pub(crate) name: &'static str,
    pub(crate) queue: &'static str,
    pub(crate) payload: Result<String, String>,
    pub(crate) pattern: croner::Cron,
    pub(crate) text: String,
}

/// A schedule cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum ScheduleError {
    /// What is written is no pattern.
    #[error(
        "the schedule `{name}` cannot follow `{pattern}` ({problem}): write five fields, \
         minute, hour, day of month, month and day of week, e.g. `30 4 * * *`"
    )]
    Pattern {
        /// The schedule.
        name: &'static str,
        /// Its pattern.
        pattern: String,
        /// What is wrong.
        problem: String,
    },
    /// The pattern names no instant that ever comes.
    #[error("the schedule `{name}` cannot follow `{pattern}`, which never comes true")]
    Never {
        /// The schedule.
        name: &'static str,
        /// Its pattern.
        pattern: String,
    },
}

/// A pattern that is longer is none.
const PATTERN_CHARS: usize = 100;

impl Schedule {
    /// Enqueues `job` under a stable name, `<crate>.<word>`, whenever the five fields of `pattern` (minute, hour, day of
    /// month, month, day of week) come true.
    ///
    /// ```
    /// # use chrono::{TimeZone, Utc};
    /// # use perme8_events::{Job, Schedule};
    /// # #[derive(serde::Serialize, serde::Deserialize)]
    /// # struct Purge;
    /// # impl Job for Purge { const QUEUE: &'static str = "identity.purge"; }
    /// assert!(Schedule::new("identity.purge", "30 4 * * *", Purge).is_ok());
    /// assert!(Schedule::new("identity.purge", "half past four", Purge).is_err());
    /// ```
    ///
    /// # Errors
    ///
    /// [`ScheduleError`] when the pattern is none, or never comes true.
    pub fn new<J: Job>(name: &'static str, pattern: &str, job: J) -> Result<Self, ScheduleError> {
        let wrong = |problem: String| ScheduleError::Pattern {
            name,
            pattern: pattern.chars().take(PATTERN_CHARS).collect(),
            problem,
        };
        if pattern.chars().count() > PATTERN_CHARS {
            return Err(wrong(format!("longer than {PATTERN_CHARS} characters")));
        }
        if pattern.split_whitespace().count() != 5 {
            return Err(wrong("it does not have five fields".to_owned()));
        }
        let cron: croner::Cron =
            pattern.parse().map_err(|error: croner::errors::CronError| wrong(error.to_string()))?;
        let NewJob { payload, .. } = NewJob::new(job);
        let schedule =
            Self { name, queue: J::QUEUE, payload, pattern: cron, text: pattern.to_owned() };
        match schedule.next_after(DateTime::UNIX_EPOCH) {
            Some(_) => Ok(schedule),
            None => Err(ScheduleError::Never { name, pattern: pattern.to_owned() }),
        }
    }

    /// When it comes true next.
    pub(crate) fn next_after(&self, instant: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.pattern.find_next_occurrence(&instant, false).ok()
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone as _;
    use expect_test::expect;
    use serde::{Deserialize, Serialize};

    use super::*;

    #[derive(Serialize, Deserialize)]
    struct Sweep;

    impl Job for Sweep {
        const QUEUE: &'static str = "tests.sweep";
    }

    #[test]
    fn the_next_time_lies_behind_the_present_one() {
        let schedule = Schedule::new("tests.sweep", "30 4 * * *", Sweep).unwrap();
        let early = Utc.with_ymd_and_hms(2026, 1, 5, 4, 30, 0).unwrap();
        let next = schedule.next_after(early).unwrap();
        assert_eq!(next, Utc.with_ymd_and_hms(2026, 1, 6, 4, 30, 0).unwrap());
    }

    #[test]
    fn what_is_no_pattern_is_refused_with_the_remedy() {
        let refusals = ["", "61 * * * *", "* * * *", "* * * * * *", "0 0 30 2 *", "x y z a b"]
            .map(|pattern| Schedule::new("tests.sweep", pattern, Sweep).unwrap_err().to_string())
            .join("\n");
        expect![[r#"
            the schedule `tests.sweep` cannot follow `` (it does not have five fields): write five fields, minute, hour, day of month, month and day of week, e.g. `30 4 * * *`
            the schedule `tests.sweep` cannot follow `61 * * * *` (Component error: Number out of bounds.): write five fields, minute, hour, day of month, month and day of week, e.g. `30 4 * * *`
            the schedule `tests.sweep` cannot follow `* * * *` (it does not have five fields): write five fields, minute, hour, day of month, month and day of week, e.g. `30 4 * * *`
            the schedule `tests.sweep` cannot follow `* * * * * *` (it does not have five fields): write five fields, minute, hour, day of month, month and day of week, e.g. `30 4 * * *`
            the schedule `tests.sweep` cannot follow `0 0 30 2 *`, which never comes true
            the schedule `tests.sweep` cannot follow `x y z a b` (Pattern contains illegal characters: CronPattern contains illegal character 'X' in part 'X'): write five fields, minute, hour, day of month, month and day of week, e.g. `30 4 * * *`"#]].assert_eq(&refusals);
    }
}
