//! The way that the other programs here miss.

#![deny(warnings)]

use perme8_events::{
    Aggregate, DomainEvent, EventData, Id, Save, StorageError, Transaction, Unsaved, UpcastError, WorkspaceId,
    catalogue,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

struct Project {
    id: Id<Self>,
}

impl Aggregate for Project {
    const TYPE: &'static str = "project";
    type Id = Id<Self>;

    fn id(&self) -> Id<Self> {
        self.id
    }
}

impl Project {
    fn create(id: Id<Self>, workspace_id: WorkspaceId) -> Unsaved<Self> {
        Unsaved::new(Self { id }).record(ProjectCreated { project_id: id, workspace_id })
    }
}

/// Emitted when a project is created.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(name = "projects.project_created", aggregate = "project", audience(workspace))]
struct ProjectCreated {
    #[event(aggregate_id)]
    project_id: Id<Project>,
    #[event(workspace_id)]
    workspace_id: WorkspaceId,
}

/// Emitted when a project is archived.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(name = "projects.project_archived", aggregate = "project", audience(workspace))]
#[event(version = 2, upcast(v1 = unchanged))]
struct ProjectArchived {
    #[event(aggregate_id)]
    project_id: Id<Project>,
    #[event(workspace_id)]
    workspace_id: WorkspaceId,
}

fn unchanged(data: EventData) -> Result<EventData, UpcastError> {
    Ok(data)
}

catalogue!(EVENTS: ProjectCreated, ProjectArchived);

async fn create_project(
    tx: &mut (impl Transaction + Save<Project>),
    workspace_id: WorkspaceId,
) -> Result<Project, StorageError> {
    let id = tx.new_id();
    tx.save(Project::create(id, workspace_id)).await
}

fn main() {
    let id = "00000000-0000-7000-8000-000000000001";
    let _created = Project::create(id.parse().unwrap(), id.parse().unwrap());
    assert_eq!(EVENTS.len(), 2);
}
