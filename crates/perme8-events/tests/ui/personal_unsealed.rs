//! Events that would be written past the seals of what is personal: the errors point at what is said to serde.

use perme8_events::{DomainEvent, Personal, UserId};
use serde::Serialize;

/// Has names that are written by a function.
#[derive(Serialize, DomainEvent)]
#[event(aggregate = "user", audience(operators))]
struct ByFunction {
    #[event(aggregate_id)]
    user_id: UserId,
    #[event(personal = "user_id")]
    #[serde(with = "capitals")]
    first_name: Personal<String>,
    #[event(personal = "user_id")]
    #[serde(serialize_with = "capitals::serialize")]
    last_name: Personal<String>,
}

/// Is written as something else.
#[derive(Clone, Serialize, DomainEvent)]
#[event(aggregate = "user", audience(operators))]
#[serde(into = "String")]
struct AsText {
    #[event(aggregate_id)]
    user_id: UserId,
    #[event(personal = "user_id")]
    name: Personal<String>,
}

impl From<AsText> for String {
    fn from(event: AsText) -> Self {
        event.name.known().cloned().unwrap_or_default()
    }
}

mod capitals {
    use perme8_events::Personal;
    use serde::{Serialize, Serializer};

    pub fn serialize<S: Serializer>(
        name: &Personal<String>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        name.known().map(|name| name.to_uppercase()).serialize(serializer)
    }
}

fn main() {}
