//! Two events of one name in a catalogue.

use perme8_events::{DomainEvent, EventData, UpcastError, catalogue};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Emitted when a project is created.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(name = "projects.project_created", aggregate = "project", audience(operators))]
struct ProjectCreated {
    #[event(aggregate_id)]
    project_id: u8,
}

/// Emitted when a project is created, says somebody else too.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(version = 2, upcast(v1 = unchanged))]
#[event(name = "projects.project_created", aggregate = "project", audience(operators))]
struct ProjectMade {
    #[event(aggregate_id)]
    project_id: u8,
}

fn unchanged(data: EventData) -> Result<EventData, UpcastError> {
    Ok(data)
}

catalogue!(EVENTS: ProjectCreated, ProjectMade);

fn main() {}
