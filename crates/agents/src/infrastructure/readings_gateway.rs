//! What people write, as this context sees it.

use async_trait::async_trait;
use documents::DocumentReading;
use llm::Page;
use perme8_events::{StorageError, UserId, WorkspaceId};

use crate::application::ports::{ReadableDocument, ReadableProject, Readings};

/// Asks the contexts of the same host.
#[derive(Debug, Clone)]
pub struct ReadingsGateway {
    identity: identity::Directory,
    projects: projects::Directory,
    documents: documents::Directory,
}

impl ReadingsGateway {
    /// Asks these.
    #[must_use]
    pub fn new(
        identity: identity::Directory,
        projects: projects::Directory,
        documents: documents::Directory,
    ) -> Self {
        Self { identity, projects, documents }
    }
}

#[async_trait]
impl Readings for ReadingsGateway {
    async fn workspace_name(&self, workspace: WorkspaceId) -> Result<Option<String>, StorageError> {
        Ok(self.identity.workspace(workspace).await?.map(|workspace| workspace.name))
    }

    async fn project(
        &self,
        workspace: WorkspaceId,
        slug: &str,
    ) -> Result<Option<ReadableProject>, StorageError> {
        let found = self.projects.project(workspace, slug).await?;
        Ok(found.map(|project| ReadableProject { name: project.name }))
    }

    async fn document(
        &self,
        workspace: WorkspaceId,
        slug: &str,
        member: UserId,
        longest: usize,
    ) -> Result<Option<ReadableDocument>, StorageError> {
        let found = self.documents.read(workspace, slug, member, longest).await?;
        let Some(DocumentReading { document, text, is_whole }) = found else { return Ok(None) };
        let ids = document.project_id.as_slice();
        let project = match ids {
            [] => None,
            ids => self.projects.projects(ids).await?.pop().map(|project| project.name),
        };
        let page = Page { title: document.title, text, is_whole };
        Ok(Some(ReadableDocument { id: document.id, page, project }))
    }
}
