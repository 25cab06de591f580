//! Projects, as this context sees them.

use async_trait::async_trait;
use perme8_events::{StorageError, WorkspaceId};
use projects::{ProjectEntry, ProjectId};

use crate::application::ports::{ProjectDirectory, ProjectView};

/// Asks the projects context of the same host.
#[derive(Debug, Clone)]
pub struct ProjectsGateway {
    directory: projects::Directory,
}

impl ProjectsGateway {
    /// Asks `directory`.
    #[must_use]
    pub fn new(directory: projects::Directory) -> Self {
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
        Ok(self.directory.projects(ids).await?.into_iter().map(view).collect())
    }
}

fn view(project: ProjectEntry) -> ProjectView {
    ProjectView { id: project.id, slug: project.slug, is_archived: project.archived }
}
