//! How events and instants are named on the command line.

use std::str::FromStr;

use chrono::{DateTime, SecondsFormat, Utc};
use perme8_events::{EventId, Position};

/// An event by its id or by its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EventRef {
    Id(EventId),
    Position(Position),
}

impl FromStr for EventRef {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(number) = text.parse::<i64>() {
            return if number > 0 {
                Ok(Self::Position(Position::new(number)))
            } else {
                Err("positions begin with 1".to_owned())
            };
        }
        text.parse().map(Self::Id).map_err(|_| {
            "expected the id of an event (a UUID) or its position (a number)".to_owned()
        })
    }
}

/// An instant as the log prints it.
pub(crate) fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}
