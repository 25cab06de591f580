//! The way that the programs in `ui` miss.

use perme8_events::{
    Aggregate, DomainEvent, EventData, Id, Save, StorageError, Store, Unsaved, UpcastError,
    WorkspaceId, catalogue, testing::FakeTx,
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
#[event(name = "well_done.project_created", aggregate = "project", audience(workspace))]
struct ProjectCreated {
    #[event(aggregate_id)]
    project_id: Id<Project>,
    #[event(workspace_id)]
    workspace_id: WorkspaceId,
}

/// Emitted when a project is archived.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(name = "well_done.project_archived", aggregate = "project", audience(workspace))]
#[event(version = 2, upcast(v1 = unchanged))]
struct ProjectArchived {
    #[event(aggregate_id)]
    project_id: Id<Project>,
    #[event(workspace_id)]
    workspace_id: WorkspaceId,
}

#[expect(clippy::unnecessary_wraps, reason = "an upcaster may refuse")]
fn unchanged(data: EventData) -> Result<EventData, UpcastError> {
    Ok(data)
}

catalogue!(EVENTS: ProjectCreated, ProjectArchived);

async fn create_project(
    tx: &mut impl Save<Project>,
    workspace_id: WorkspaceId,
) -> Result<Project, StorageError> {
    let id = tx.new_id();
    tx.save(Project::create(id, workspace_id)).await
}

impl Store<Project> for FakeTx<Vec<Id<Project>>> {
    async fn store(&mut self, project: &mut Project) -> Result<(), StorageError> {
        self.state.push(project.id);
        Ok(())
    }
}

#[tokio::test]
async fn what_is_done_well_compiles_and_is_saved() {
    let id = "00000000-0000-7000-8000-000000000001".parse().unwrap();
    let mut tx = FakeTx::new(Vec::new());
    let project = create_project(&mut tx, id).await.unwrap();
    assert_eq!(tx.state, [project.id]);
    assert_eq!(EVENTS.len(), 2);
}
