//! A field that says whose it is, and in which nothing would be sealed: the error points at its type.

use perme8_events::{DomainEvent, UserId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Happens to somebody whose name everybody could read for ever.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "user", audience(operators))]
struct Named {
    #[event(aggregate_id)]
    user_id: UserId,
    #[event(personal = "user_id")]
    name: String,
}

fn main() {}
