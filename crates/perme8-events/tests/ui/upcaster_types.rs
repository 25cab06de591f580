//! An upcaster that is no function from data to data: the error points at it.

use perme8_events::DomainEvent;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

fn shout(name: String) -> String {
    name.to_uppercase()
}

/// Happened differently before.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "project", version = 2, upcast(v1 = shout), audience(operators))]
struct Renamed {
    #[event(aggregate_id)]
    project_id: u8,
}

fn main() {}
