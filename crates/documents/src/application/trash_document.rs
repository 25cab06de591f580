//! Putting a document into the trash.

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

/// Puts a document into the trash, where it stays for 30 days. Its slug stays taken.
///
/// Emits [`DocumentTrashed`](crate::DocumentTrashed).
#[derive(Debug, Clone)]
pub struct TrashDocument {
    /// Which.
    pub document: DocumentRef,
    /// What was seen of it; if it has changed since, nothing happens.
    pub seen: Option<SeenDocument>,
}

/// Why the document is not in the trash.
#[derive(Debug, thiserror::Error)]
pub enum TrashDocumentError {
    /// There is no such workspace, or the person who acts is a stranger there.
    #[error("there is no such workspace")]
    WorkspaceNotFound,
    /// The workspace has no such document, or it is in the trash already.
    #[error("there is no such document")]
    DocumentNotFound,
    /// No person acts, or one who may not.
    #[error("only its owner, and admins if it is shared, put a document into the trash")]
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

impl TrashDocument {
    pub(crate) async fn execute<T: Documents + Notes + Save<Document>>(
        &self,
        tx: &mut T,
        acting: &Acting,
        home: &Home,
    ) -> Result<(), TrashDocumentError> {
        let Self { document: DocumentRef { slug, .. }, seen } = self;
        let (document, whose) = acting.document(tx, slug).await?;
        if document.is_trashed() {
            return Err(TrashDocumentError::DocumentNotFound);
        }
        acting.may_delete(&document, whose, home)?;
        if !is_as_seen(tx, &document, seen.as_ref()).await? {
            return Err(TrashDocumentError::OtherVersion);
        }
        if let Some(trashed) = document.trash(tx.now()) {
            tx.save(trashed).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
