//! So much in so much time, decided by the generic cell rate algorithm (GCRA): ITU-T Recommendation I.371, in its form as
//! "virtual scheduling".
//!
//! A bucket is a single instant, which the recommendation calls the theoretical arrival time (TAT): when all that was spent
//! of it has come back. So a bucket that nobody knows is as good as one whose instant has passed.

use std::{fmt, str::FromStr};

use chrono::{DateTime, TimeDelta, Utc};

/// So much in so much time, e.g. `5/15min`: five at once, and then one more whenever a fifth of the 15 minutes has passed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    count: u32,
    seconds: u32,
}

/// A text is no quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a number of times in a time of at most a day, e.g. 600/min, 5/15min or 1000/h")]
pub struct QuotaError;

const MOST: u32 = 1_000_000;
const LONGEST: u32 = 24 * 3600;
const UNITS: [(&str, u32); 3] = [("h", 3600), ("min", 60), ("s", 1)];

impl Quota {
    pub(crate) const fn per_minutes(count: u32, minutes: u32) -> Self {
        Self { count, seconds: 60 * minutes }
    }

    /// How long it takes until one comes back; rounded up, so that never too many do.
    fn interval(self) -> TimeDelta {
        let period = u64::from(self.seconds) * 1_000_000;
        let micros = period.div_ceil(u64::from(self.count));
        TimeDelta::microseconds(micros.try_into().expect("a day has fewer microseconds"))
    }

    /// How long it takes until so many have come back, or all of it if that is less.
    pub(crate) fn cost(self, count: u32) -> TimeDelta {
        let count = count.min(self.count);
        self.interval() * i32::try_from(count).expect("counts are at most a million")
    }

    /// How long it takes until all of it has come back.
    pub(crate) fn window(self) -> TimeDelta {
        self.cost(self.count)
    }

    /// No instant of a bucket lies further ahead, unless the clock was set back or the quota was another one.
    pub(crate) fn horizon(self, now: DateTime<Utc>) -> DateTime<Utc> {
        now + self.window() * 2
    }

    /// The bucket after so many more were spent, or how long to wait until they can be. Who wants more than it ever holds
    /// gets by with all of it.
    ///
    /// What lies beyond the horizon was written under another clock: it counts as all spent but these, which heals the bucket
    /// and gives nothing away.
    pub(crate) fn spend(
        self,
        tat: Option<DateTime<Utc>>,
        now: DateTime<Utc>,
        count: u32,
    ) -> Result<DateTime<Utc>, TimeDelta> {
        let (full, cost) = (now + self.window(), self.cost(count));
        let after = match tat {
            Some(tat) if tat > self.horizon(now) => full,
            Some(tat) => tat.max(now) + cost,
            None => now + cost,
        };
        if after > full { Err(after - full) } else { Ok(after) }
    }
}

impl FromStr for Quota {
    type Err = QuotaError;

    fn from_str(text: &str) -> Result<Self, QuotaError> {
        let (count, time) = text.split_once('/').ok_or(QuotaError)?;
        let (number, unit) = UNITS
            .into_iter()
            .find_map(|(word, unit)| Some((time.strip_suffix(word)?, unit)))
            .ok_or(QuotaError)?;
        let number = if number.is_empty() { 1 } else { whole(number)? };
        let (count, seconds) = (whole(count)?, number.checked_mul(unit).ok_or(QuotaError)?);
        let fits = (1..=MOST).contains(&count) && (1..=LONGEST).contains(&seconds);
        if fits { Ok(Self { count, seconds }) } else { Err(QuotaError) }
    }
}

/// A number without the sign that numbers may have otherwise.
fn whole(text: &str) -> Result<u32, QuotaError> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        text.parse().map_err(|_| QuotaError)
    } else {
        Err(QuotaError)
    }
}

impl fmt::Display for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { count, seconds } = *self;
        let fitting = UNITS.into_iter().find(|(_, unit)| seconds % unit == 0);
        let (word, unit) = fitting.expect("every time is a number of seconds");
        match seconds / unit {
            1 => write!(f, "{count}/{word}"),
            number => write!(f, "{count}/{number}{word}"),
        }
    }
}

impl fmt::Debug for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START: DateTime<Utc> = DateTime::UNIX_EPOCH;

    fn quota(text: &str) -> Quota {
        text.parse().unwrap()
    }

    fn micros(count: i64) -> TimeDelta {
        TimeDelta::microseconds(count)
    }

    #[test]
    fn quotas_are_written_as_people_say_them() {
        for text in ["600/min", "5/15min", "10/s", "1/h", "3/90s", "1000000/24h", "7/25min"] {
            assert_eq!(quota(text).to_string(), text);
        }
        assert_eq!(quota("60/60s"), quota("60/1min"));
        for text in [
            "",
            "5",
            "/min",
            "5/",
            "5/15",
            "5/0min",
            "0/min",
            "-1/min",
            "+1/min",
            "5/25h",
            "5/m",
            "1000001/s",
            "5 / min",
            "5/min/min",
            "5/4294967296s",
            "5/99999999min",
        ] {
            assert_eq!(text.parse::<Quota>(), Err(QuotaError), "{text}");
        }
    }

    #[test]
    fn all_of_it_is_there_at_once_and_then_comes_back_bit_by_bit() {
        let quota = quota("5/15min");
        let mut tat = None;
        for _ in 0..5 {
            tat = Some(quota.spend(tat, START, 1).unwrap());
        }
        assert_eq!(quota.spend(tat, START, 1), Err(TimeDelta::minutes(3)));
        let later = START + TimeDelta::minutes(2);
        assert_eq!(quota.spend(tat, later, 1), Err(TimeDelta::minutes(1)));
        tat = Some(quota.spend(tat, START + TimeDelta::minutes(3), 1).unwrap());
        assert_eq!(quota.spend(tat, START + TimeDelta::minutes(3), 1), Err(TimeDelta::minutes(3)));
    }

    #[test]
    fn many_are_spent_as_one_after_another() {
        let quota = quota("5/15min");
        let after = quota.spend(None, START, 4).unwrap();
        assert_eq!(quota.spend(Some(after), START, 2), Err(TimeDelta::minutes(3)));
        assert_eq!(quota.spend(Some(after), START, 1), Ok(START + TimeDelta::minutes(15)));
        assert_eq!(quota.spend(None, START, 99), Ok(START + TimeDelta::minutes(15)));
        assert_eq!(quota.spend(Some(after), START, 99), Err(TimeDelta::minutes(12)));
    }

    fn quotas() -> impl Strategy<Value = Quota> {
        (1_u32..50, 1_u32..2000).prop_map(|(count, seconds)| Quota { count, seconds })
    }

    /// The steps of a clock, mostly short ones, in microseconds.
    fn steps() -> impl Strategy<Value = Vec<i64>> {
        let step = prop_oneof![Just(0), 0_i64..2_000_000, 0_i64..2_000_000_000];
        prop::collection::vec(step, 1..200)
    }

    proptest! {
        #[test]
        fn no_window_holds_more_than_the_burst_and_what_came_back(quota in quotas(), steps in steps()) {
            let (mut tat, mut now, mut spent) = (None, START, Vec::new());
            for step in steps {
                now += micros(step);
                if let Ok(after) = quota.spend(tat, now, 1) {
                    tat = Some(after);
                    spent.push(now);
                }
            }
            for (index, from) in spent.iter().enumerate() {
                for (more, to) in spent[index..].iter().enumerate() {
                    let back = (*to - *from).num_microseconds().unwrap()
                        / quota.interval().num_microseconds().unwrap();
                    prop_assert!(i64::try_from(more).unwrap() < i64::from(quota.count) + back);
                }
            }
        }

        #[test]
        fn so_long_a_wait_is_enough_and_no_shorter_one_is(quota in quotas(), steps in steps()) {
            let (mut tat, mut now) = (None, START);
            for step in steps {
                now += micros(step);
                match quota.spend(tat, now, 1) {
                    Ok(after) => tat = Some(after),
                    Err(wait) => {
                        prop_assert!(wait > TimeDelta::zero() && wait <= quota.window());
                        prop_assert!(quota.spend(tat, now + wait, 1).is_ok());
                        prop_assert!(quota.spend(tat, now + wait - micros(1), 1).is_err());
                    }
                }
            }
        }

        #[test]
        fn a_clock_that_is_set_back_does_no_harm(
            quota in quotas(),
            steps in prop::collection::vec(-4_000_000_000_i64..2_000_000_000, 1..50),
        ) {
            let (mut tat, mut now) = (None, START);
            for step in steps {
                now += micros(step);
                // Nobody waits longer than for two windows, and everybody can.
                let wait = quota.spend(tat, now, 1).err().unwrap_or_default();
                prop_assert!(wait <= quota.window() * 2);
                prop_assert!(quota.spend(tat, now + wait, 1).is_ok());
                // Nothing is given away: whatever the clock did, a burst and no more.
                let mut burst = 0;
                while let Ok(after) = quota.spend(tat, now, 1) {
                    tat = Some(after);
                    burst += 1;
                }
                prop_assert!(burst <= quota.count);
            }
        }
    }
}
