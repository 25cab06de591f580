//! Projects, as this context sees them.

use async_trait::async_trait;
use perme8_events::StorageError;
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
    async fn projects(&self, ids: &[ProjectId]) -> Result<Vec<ProjectView>, StorageError> {
        let entries = self.directory.projects(ids).await?;
        let view = |ProjectEntry { id, workspace_id, name, slug, archived: _ }| ProjectView {
            id,
            workspace_id,
            name,
            slug,
        };
        Ok(entries.into_iter().map(view).collect())
    }
}
