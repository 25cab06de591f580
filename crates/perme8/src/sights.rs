//! Who still sees what happened to documents: theirs alone is what they have hidden since.

use std::collections::HashMap;

use async_trait::async_trait;
use documents::{
    Directory, DocumentDeleted, DocumentId, DocumentReaders, DocumentVisibilityChanged,
};
use perme8_events::{DomainEvent as _, Envelope, StillFor, StorageError, Visibility};

/// Asks documents who sees them now.
///
/// What a document was called is no longer told when it is hidden, and no longer when it is gone, of which its last event
/// tells as it was then.
#[derive(Debug)]
pub(crate) struct DocumentSights {
    directory: Directory,
}

/// The context whose events these are.
const DOCUMENTS: &str = "documents.";

impl DocumentSights {
    pub(crate) fn new(directory: Directory) -> Self {
        Self { directory }
    }

    /// For whom events about these documents still are; for nobody, if it is not said of one.
    pub(crate) async fn of(
        &self,
        documents: &[DocumentId],
    ) -> Result<HashMap<DocumentId, StillFor>, StorageError> {
        let readers = self.directory.readers(documents).await?;
        let still_for = |(document, readers)| match readers {
            DocumentReaders::Members => (document, StillFor::Everybody),
            DocumentReaders::Owner(owner) => (document, StillFor::Only(owner)),
        };
        Ok(readers.into_iter().map(still_for).collect())
    }
}

/// The document whose title an event of this type may tell, by the id of what it happened to.
pub(crate) fn told_of(event_type: &str, aggregate_id: &str) -> Option<DocumentId> {
    // That a document is hidden, or gone, whoever has seen it must hear.
    let is_silent = matches!(event_type, DocumentVisibilityChanged::TYPE | DocumentDeleted::TYPE);
    let tells = event_type.starts_with(DOCUMENTS) && !is_silent;
    if tells { aggregate_id.parse().ok() } else { None }
}

#[async_trait]
impl Visibility for DocumentSights {
    fn concerns(&self, event: &Envelope) -> bool {
        event.event_type.starts_with(DOCUMENTS)
    }

    async fn still_for(&self, event: &Envelope) -> Result<StillFor, StorageError> {
        let Some(document) = told_of(&event.event_type, &event.aggregate_id) else {
            return Ok(StillFor::Everybody);
        };
        Ok(self.of(&[document]).await?.remove(&document).unwrap_or(StillFor::Nobody))
    }
}
