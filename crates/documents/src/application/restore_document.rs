//! Taking a document out of the trash.

use perme8_events::{Save, StorageError};

use crate::{
    application::{
        acting::{Acting, Home},
        contents::Opened,
        notes::Notes,
        ports::Documents,
        read_models::{SeenDocument, Text},
    },
    domain::{document::Document, references::DocumentRef},
};

/// Takes a document out of the trash. What is in use already stays so.
///
/// Emits [`DocumentRestored`](crate::DocumentRestored).
#[derive(Debug, Clone)]
pub struct RestoreDocument {
    /// Which.
    pub document: DocumentRef,
    /// What was seen of it; if it has changed since, nothing happens.
    pub seen: Option<SeenDocument>,
}

/// Why the document is still in the trash.
#[derive(Debug, thiserror::Error)]
pub enum RestoreDocumentError {
    /// There is no such workspace, or the person who acts is a stranger there.
    #[error("there is no such workspace")]
    WorkspaceNotFound,
    /// The workspace has no such document that the person could see.
    #[error("there is no such document")]
    DocumentNotFound,
    /// No person acts, or one who may not.
    #[error("only its owner, and admins if it is shared, restore a document")]
    Forbidden,
    /// The workspace is put away.
    #[error("the workspace is archived: restore it first")]
    WorkspaceArchived,
    /// The project that it is in is put away.
    #[error("the project is archived: restore it first")]
    ProjectArchived,
    /// Somebody changed it since it was seen.
    #[error("the document has changed since: look at it again")]
    OtherVersion,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl RestoreDocument {
    /// Gives the document as it is then, and what it says.
    pub(crate) async fn execute<T: Documents + Notes + Save<Document>>(
        &self,
        tx: &mut T,
        acting: &Acting,
        home: &Home,
    ) -> Result<(Document, Text), RestoreDocumentError> {
        let Self { document: DocumentRef { slug, .. }, seen } = self;
        let document = acting.deletable(tx, slug, home).await?;
        let opened = Opened::of(tx, &document).await?;
        if !opened.is_as_seen(seen.as_ref()) {
            return Err(RestoreDocumentError::OtherVersion);
        }
        let document = match document.restore(tx.now()) {
            Some(restored) => tx.save(restored).await?,
            None => document,
        };
        Ok((document, opened.text()))
    }
}

#[cfg(test)]
mod tests;
