//! Where a page of notifications ended.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Utc};
use perme8_events::Id;
use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use uuid::Uuid;

use crate::domain::notification::NotificationId;

/// Where a page of notifications ended; opaque to whoever asks for the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema)]
#[schemars(from = "String", into = "String", inline)]
pub struct Cursor {
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) id: NotificationId,
}

/// A text does not come from a page of notifications.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected the cursor that came with a page")]
pub struct InvalidCursor;

/// Microseconds since 1970 and the id, both in hexadecimal digits of fixed number.
const TIME_DIGITS: usize = 16;
const ID_DIGITS: usize = 32;

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}{}", self.created_at.timestamp_micros(), self.id.uuid().simple())
    }
}

impl FromStr for Cursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // The integer parser would also take a sign.
        if text.len() != TIME_DIGITS + ID_DIGITS
            || !text.bytes().all(|byte| byte.is_ascii_hexdigit())
        {
            return Err(InvalidCursor);
        }
        let (time, id) = text.split_at(TIME_DIGITS);
        let micros = i64::from_str_radix(time, 16).map_err(|_| InvalidCursor)?;
        let created_at = DateTime::from_timestamp_micros(micros).ok_or(InvalidCursor)?;
        let id = Uuid::try_parse(id).map_err(|_| InvalidCursor)?;
        Ok(Self { created_at, id: Id::new(id) })
    }
}

impl Serialize for Cursor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use perme8_events::{Clock as _, testing::ManualClock};

    use super::*;

    #[test]
    fn a_cursor_reads_as_it_is_written() {
        let cursor = Cursor {
            created_at: ManualClock::monday_morning().now(),
            id: Id::new(Uuid::from_u128(7)),
        };
        expect_test::expect!["000647a048ae840000000000000000000000000000000007"]
            .assert_eq(&cursor.to_string());
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        assert_eq!(serde_json::to_value(cursor).unwrap(), cursor.to_string());
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        let digits = "0".repeat(TIME_DIGITS + ID_DIGITS);
        let signed = format!("+{}", &digits[1..]);
        let beyond = "f".repeat(TIME_DIGITS + ID_DIGITS);
        let wide = "ü".repeat(24);
        assert!(digits.parse::<Cursor>().is_ok());
        for text in ["", "2", "next", &digits[1..], &signed, &beyond, &wide] {
            assert_eq!(text.parse::<Cursor>(), Err(InvalidCursor), "{text}");
        }
    }
}
