//! What editors do to a note that is open: everything that waits is one transaction.

use perme8_events::StorageError;

use crate::{
    application::{
        notes::{Notes, append},
        ports::Documents,
    },
    domain::{document::Document, references::NoteId, stored_note::Authored},
};

/// Appends edits that were found to be allowed while the document was `seen` like this.
#[derive(Debug)]
pub(crate) struct AppendEdits<'a> {
    pub(crate) note: NoteId,
    pub(crate) edits: &'a [Authored],
    pub(crate) seen: &'a Document,
}

/// Why nothing was appended.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AppendEditsError {
    /// The note is gone.
    #[error("the note is gone")]
    Gone,
    /// Others own it, see it or may edit it by now: decide again.
    #[error("the document is not as it was")]
    OtherRights,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl AppendEdits<'_> {
    /// Gives the number of the last edit.
    pub(crate) async fn execute(
        &self,
        tx: &mut (impl Documents + Notes),
    ) -> Result<i64, AppendEditsError> {
        // First, since it waits for whoever is at the note: what is read afterwards is as they left it.
        let head =
            append(tx, self.seen.id, self.note, self.edits).await?.ok_or(AppendEditsError::Gone)?;
        let document = tx.load(self.seen.id).await?.ok_or(AppendEditsError::Gone)?;
        if have_same_rights(&document, self.seen) {
            Ok(head)
        } else {
            Err(AppendEditsError::OtherRights)
        }
    }
}

/// Whether everything of a document is alike on which it depends who may do what with it.
pub(crate) fn have_same_rights(one: &Document, other: &Document) -> bool {
    let rights = |document: &Document| {
        let Document { owner_id, is_public, project_id, .. } = *document;
        (owner_id, is_public, project_id, document.is_trashed())
    };
    rights(one) == rights(other)
}
