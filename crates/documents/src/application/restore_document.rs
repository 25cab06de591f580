//! Taking a document out of the trash.

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

/// Takes a document out of the trash. What is in use already stays so.
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
    pub(crate) async fn execute<T: Documents + Notes + Save<Document>>(
        &self,
        tx: &mut T,
        acting: &Acting,
        home: &Home,
    ) -> Result<Document, RestoreDocumentError> {
        let Self { document: DocumentRef { slug, .. }, seen } = self;
        let document = acting.deletable(tx, slug, home).await?;
        if !is_as_seen(tx, &document, seen.as_ref()).await? {
            return Err(RestoreDocumentError::OtherVersion);
        }
        match document.restore(tx.now()) {
            Some(restored) => Ok(tx.save(restored).await?),
            None => Ok(document),
        }
    }
}

#[cfg(test)]
mod tests;
