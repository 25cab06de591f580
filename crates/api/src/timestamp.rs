//! Instants as people write them.

use std::{fmt, str::FromStr};

use chrono::{DateTime, SubsecRound as _, Utc};

/// Instants are kept in microseconds.
const DIGITS: u16 = 6;

/// An instant of RFC 3339.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timestamp(DateTime<Utc>);

/// A text is no such instant; says what it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", Timestamp::EXPECTED)]
pub struct TimestampError;

impl Timestamp {
    pub(crate) const EXPECTED: &str = "must be a time like 2026-01-05T09:00:00Z";

    /// What it says.
    #[must_use]
    pub fn get(self) -> DateTime<Utc> {
        self.0
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, TimestampError> {
        let instant = DateTime::parse_from_rfc3339(text).map_err(|_| TimestampError)?;
        Ok(Self(instant.to_utc().trunc_subsecs(DIGITS)))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_read_to_the_microsecond_whatever_its_zone() {
        let read = |text: &str| text.parse::<Timestamp>().map(|read| read.get().to_rfc3339());
        let instant = read("2026-01-05T10:00:00.1234567+01:00").unwrap();
        assert_eq!(instant, "2026-01-05T09:00:00.123456+00:00");
        assert!(read("2026-01-05T09:00:00Z").is_ok());
        for text in ["", "2026-01-05", "2026-01-05T09:00:00", "2026-01-05T09:00:00 01:00", "now"] {
            assert_eq!(read(text), Err(TimestampError), "{text}");
        }
    }
}
