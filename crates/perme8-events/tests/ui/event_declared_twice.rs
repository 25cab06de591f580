//! Two events with one name and version in a catalogue.

use perme8_events::{DomainEvent, catalogue};
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
#[event(name = "projects.project_created", aggregate = "project", audience(operators))]
struct ProjectMade {
    #[event(aggregate_id)]
    project_id: u8,
}

catalogue!(EVENTS: ProjectCreated, ProjectMade);

fn main() {}
