//! Projects, as this context sees them.

use async_trait::async_trait;
use perme8_events::{StorageError, WorkspaceId};
use projects::{Directory, ProjectEntry, ProjectId};

use crate::application::ports::{ProjectDirectory, ProjectView};

/// Asks the projects context of the same host.
#[derive(Debug, Clone)]
pub struct ProjectsGateway {
    directory: Directory,
}

impl ProjectsGateway {
    /// Asks `directory`.
    #[must_use]
    pub fn new(directory: Directory) -> Self {
        Self { directory }
    }
}

#[async_trait]
impl ProjectDirectory for ProjectsGateway {
    async fn project(
        &self,
        workspace: WorkspaceId,
        slug: &str,
    ) -> Result<Option<ProjectView>, StorageError> {
        Ok(self.directory.project(workspace, slug).await?.map(view))
    }

    async fn projects(&self, ids: &[ProjectId]) -> Result<Vec<ProjectView>, StorageError> {
        let found = if ids.is_empty() { Vec::new() } else { self.directory.projects(ids).await? };
        Ok(found.into_iter().map(view).collect())
    }
}

fn view(project: ProjectEntry) -> ProjectView {
    let ProjectEntry { id, name, slug, .. } = project;
    ProjectView { id, name, slug }
}
