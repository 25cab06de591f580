//! Documents, as this context sees them.

use async_trait::async_trait;
use documents::{Directory, DocumentReading};
use llm::Page;
use perme8_events::{StorageError, UserId, WorkspaceId};

use crate::application::ports::DocumentDirectory;

/// Asks the documents context of the same host.
#[derive(Debug, Clone)]
pub struct DocumentsGateway {
    directory: Directory,
}

impl DocumentsGateway {
    /// Asks `directory`.
    #[must_use]
    pub fn new(directory: Directory) -> Self {
        Self { directory }
    }
}

#[async_trait]
impl DocumentDirectory for DocumentsGateway {
    async fn document(
        &self,
        workspace: WorkspaceId,
        slug: &str,
        member: UserId,
        longest: usize,
    ) -> Result<Option<Page>, StorageError> {
        let found = self.directory.read(workspace, slug, member, longest).await?;
        Ok(found.map(|read| {
            let DocumentReading { document, text, is_whole } = read;
            Page { title: document.title, text, is_whole }
        }))
    }
}
