//! Ids of aggregates that are no text: the error points at the type of the field.

use perme8_events::DomainEvent;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Happens to something that may not be there.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "project", audience(operators))]
struct Single {
    #[event(aggregate_id)]
    project_id: Option<u8>,
}

/// Happens to something that is a part of several.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "project_part", id = "{project_id}:{parts}", audience(operators))]
struct Composite {
    project_id: u8,
    parts: Vec<u8>,
}

fn main() {}
