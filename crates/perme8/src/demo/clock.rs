//! The clock of the story: it runs like any other, but the narrator may skip what is boring.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::Instant,
};

use chrono::{DateTime, NaiveTime, SubsecRound as _, TimeDelta, Utc};
use perme8_events::{Clock, SystemClock};

/// Runs from nine o'clock today, and can skip ahead.
#[derive(Debug)]
pub(crate) struct StoryClock {
    began: Instant,
    nine: DateTime<Utc>,
    /// In microseconds.
    skipped: AtomicI64,
}

impl StoryClock {
    pub(crate) fn at_nine() -> Self {
        let nine = NaiveTime::from_hms_opt(9, 0, 0).expect("nine is a time of the day");
        let nine = SystemClock.now().date_naive().and_time(nine).and_utc();
        Self { began: Instant::now(), nine, skipped: AtomicI64::new(0) }
    }

    /// Skips ahead to a time of the day; never back.
    pub(crate) fn skip_to(&self, hour: u32, minute: u32) {
        let time = TimeDelta::hours(i64::from(hour) - 9) + TimeDelta::minutes(i64::from(minute));
        let missing = (self.nine + time - self.now()).num_microseconds().unwrap_or_default();
        if missing > 0 {
            self.skipped.fetch_add(missing, Ordering::Relaxed);
        }
    }
}

impl Clock for StoryClock {
    fn now(&self) -> DateTime<Utc> {
        let elapsed = TimeDelta::from_std(self.began.elapsed()).unwrap_or_default();
        let skipped = TimeDelta::microseconds(self.skipped.load(Ordering::Relaxed));
        (self.nine + elapsed + skipped).trunc_subsecs(6)
    }
}

#[cfg(test)]
mod tests {
    use chrono::Timelike as _;

    use super::*;

    #[test]
    fn the_story_skips_ahead_but_never_back() {
        let clock = StoryClock::at_nine();
        assert_eq!(clock.now().hour(), 9);
        clock.skip_to(10, 40);
        assert_eq!((clock.now().hour(), clock.now().minute()), (10, 40));
        clock.skip_to(9, 30);
        assert_eq!((clock.now().hour(), clock.now().minute()), (10, 40));
    }
}
