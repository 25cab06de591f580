//! Documents, as this context sees them.

use async_trait::async_trait;
use documents::{DocumentEntry, DocumentId};
use perme8_events::StorageError;

use crate::application::ports::{DocumentDirectory, DocumentView};

/// Asks the documents context of the same host.
#[derive(Debug, Clone)]
pub struct DocumentsGateway {
    directory: documents::Directory,
}

impl DocumentsGateway {
    /// Asks `directory`.
    #[must_use]
    pub fn new(directory: documents::Directory) -> Self {
        Self { directory }
    }
}

#[async_trait]
impl DocumentDirectory for DocumentsGateway {
    async fn documents(&self, ids: &[DocumentId]) -> Result<Vec<DocumentView>, StorageError> {
        let entries = self.directory.documents(ids).await?;
        let view =
            |DocumentEntry { id, workspace_id, owner_id, title, slug, is_public, .. }| {
                DocumentView { id, workspace_id, owner_id, title, slug, is_public }
            };
        Ok(entries.into_iter().map(view).collect())
    }
}
