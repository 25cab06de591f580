//! What other contexts know of the things of a workspace, as this context sees it.

use std::collections::HashMap;

use async_trait::async_trait;
use documents::{DocumentEntry, DocumentId};
use perme8_events::{StorageError, UserId, sql::Db};

use crate::application::ports::{DocumentView, Things};

/// Asks identity and documents of the same host.
#[derive(Debug, Clone)]
pub struct ThingsGateway {
    identity: identity::Directory,
    documents: documents::Directory,
}

impl ThingsGateway {
    /// Asks those that are on this database.
    #[must_use]
    pub fn new(db: &Db) -> Self {
        let identity = identity::Directory::new(db.clone());
        Self { identity, documents: documents::Directory::new(db.clone()) }
    }
}

#[async_trait]
impl Things for ThingsGateway {
    async fn documents(&self, ids: &[DocumentId]) -> Result<Vec<DocumentView>, StorageError> {
        Ok(self.documents.documents(ids).await?.into_iter().map(view).collect())
    }

    async fn names(&self, people: &[UserId]) -> Result<HashMap<UserId, String>, StorageError> {
        self.identity.names(people).await
    }
}

fn view(document: DocumentEntry) -> DocumentView {
    DocumentView {
        id: document.id,
        owner_id: document.owner_id,
        title: document.title,
        slug: document.slug,
        is_public: document.is_public,
    }
}
