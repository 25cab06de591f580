//! Ending a document for good.

use perme8_events::{Save, StorageError};

use crate::{
    application::{
        acting::{Acting, Home},
        contents::is_as_seen,
        notes::Notes,
        ports::Documents,
        read_models::SeenDocument,
    },
    domain::{document::Document, references::DocumentRef},
};

/// Ends a document for good, in the trash or not, with everything that was written in it.
///
/// Emits [`DocumentDeleted`](crate::DocumentDeleted).
#[derive(Debug, Clone)]
pub struct PurgeDocument {
    /// Which.
    pub document: DocumentRef,
    /// What was seen of it; if it has changed since, nothing happens.
    pub seen: Option<SeenDocument>,
}

/// Why the document is still there.
#[derive(Debug, thiserror::Error)]
pub enum PurgeDocumentError {
    /// There is no such workspace, or the person who acts is a stranger there.
    #[error("there is no such workspace")]
    WorkspaceNotFound,
    /// The workspace has no such document that the person could see.
    #[error("there is no such document")]
    DocumentNotFound,
    /// No person acts, or one who may not.
    #[error("only its owner, and admins if it is shared, end a document for good")]
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

impl PurgeDocument {
    pub(crate) async fn execute<T: Documents + Notes + Save<Document>>(
        &self,
        tx: &mut T,
        acting: &Acting,
        home: &Home,
    ) -> Result<(), PurgeDocumentError> {
        let Self { document: DocumentRef { slug, .. }, seen } = self;
        let document = acting.deletable(tx, slug, home).await?;
        if !is_as_seen(tx, &document, seen.as_ref()).await? {
            return Err(PurgeDocumentError::OtherVersion);
        }
        Ok(purge(tx, document).await?)
    }
}

/// Ends a document, and its note with it.
pub(crate) async fn purge<T: Notes + Save<Document>>(
    tx: &mut T,
    document: Document,
) -> Result<(), StorageError> {
    // The note before the document, in the order in which whoever edits takes them.
    tx.forget_note(document.id).await?;
    tx.save(document.purge()).await?;
    Ok(())
}

#[cfg(test)]
mod tests;
