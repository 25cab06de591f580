//! What a reader of the trail wants to see.

use std::{fmt, str::FromStr};

use perme8_events::CorrelationId;
use uuid::Uuid;

use crate::timestamp::Timestamp;

/// Longer words are none of ours.
const LONGEST: usize = 128;

/// What a reader of the trail wants to see: entries that fit everything that is said here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Of this type.
    pub event_type: Option<AuditEventType>,
    /// That happened to this kind of thing, or to this very thing.
    pub aggregate: Option<AuditAggregate>,
    /// Done by this actor.
    pub actor: Option<AuditActorWord>,
    /// That one outside request led to.
    pub correlation: Option<CorrelationId>,
    /// That happened at this time or later.
    pub from: Option<Timestamp>,
    /// That happened before this time.
    pub to: Option<Timestamp>,
}

/// A kind of thing, or one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditAggregate {
    /// What kind of thing.
    pub aggregate_type: AuditAggregateType,
    /// Which one; all of them if none.
    pub aggregate_id: Option<AuditAggregateId>,
}

/// A word of a filter is not what it should be; says what it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct AuditFilterError(&'static str);

macro_rules! words {
    ($($(#[$meta:meta])* $Name:ident($Value:ty): $read:ident, $expected:literal;)*) => {
        $(
            $(#[$meta])*
            #[derive(Clone, Debug, PartialEq, Eq)]
            pub struct $Name($Value);

            impl $Name {
                pub(crate) const EXPECTED: &str = $expected;

                /// What it says.
                #[must_use]
                pub fn get(&self) -> &$Value {
                    &self.0
                }
            }

            impl FromStr for $Name {
                type Err = AuditFilterError;

                fn from_str(text: &str) -> Result<Self, AuditFilterError> {
                    $read(text).map(Self).ok_or(AuditFilterError(Self::EXPECTED))
                }
            }

            impl fmt::Display for $Name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    fmt::Display::fmt(&self.0, f)
                }
            }
        )*
    };
}

words! {
    /// A type of event.
    AuditEventType(String): event_type, "must be a type of event, e.g. identity.member_joined";
    /// A kind of thing that events happen to.
    AuditAggregateType(String): aggregate_type, "must be a kind of thing, e.g. workspace_member";
    /// A thing that events happen to.
    AuditAggregateId(String): visible, "must be an id of 1 to 128 visible characters";
    /// Somebody who does something.
    AuditActorWord(String): actor,
        "must be the id of a person or an agent, the name of a part of the system, e.g. identity.expiry, or anonymous";
}

fn word(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    (1..=LONGEST).contains(&text.len()) && text.bytes().all(fits)
}

fn event_type(text: &str) -> Option<String> {
    let (context, event) = text.split_once('.')?;
    (text.len() <= LONGEST && word(context) && word(event)).then(|| text.to_owned())
}

fn aggregate_type(text: &str) -> Option<String> {
    word(text).then(|| text.to_owned())
}

fn visible(text: &str) -> Option<String> {
    let fits =
        (1..=LONGEST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then(|| text.to_owned())
}

fn actor(text: &str) -> Option<String> {
    if let Ok(id) = text.parse::<Uuid>() {
        return Some(id.to_string());
    }
    (text.len() <= LONGEST && text.split('.').all(word)).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reads<T: FromStr + ToString>(good: &[&str], bad: &[&str]) {
        for text in good {
            assert!(text.parse::<T>().is_ok(), "{text}");
        }
        for text in bad {
            assert!(text.parse::<T>().is_err(), "{text}");
        }
    }

    #[test]
    fn words_are_what_they_should_be() {
        let long = "x".repeat(129);
        reads::<AuditEventType>(
            &["identity.member_joined", "erm.x2"],
            &[
                "",
                ".",
                "identity.",
                "identity",
                "a.b.c",
                "Identity.x",
                "a.b c",
                &format!("a.{long}"),
            ],
        );
        reads::<AuditAggregateType>(&["workspace_member"], &["", "a.b", "a b", "É", &long]);
        reads::<AuditAggregateId>(&["7", "a:b"], &["", "a b", "\u{1}", "é", &long]);
        reads::<AuditActorWord>(
            &["0199a1b2-0000-7000-8000-000000000001", "identity.expiry", "anonymous"],
            &["", "ada@example.com", "a..b", "Ada", &long],
        );
    }

    #[test]
    fn ids_are_read_whatever_their_form() {
        let id: AuditActorWord = "0199A1B2-0000-7000-8000-00000000000A".parse().unwrap();
        assert_eq!(id.to_string(), "0199a1b2-0000-7000-8000-00000000000a");
    }
}
