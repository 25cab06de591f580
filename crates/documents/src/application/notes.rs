//! The log of every note: what use cases and rooms ask of it.

use perme8_events::{StorageError, Transaction};

use crate::domain::{
    content::Source,
    references::{DocumentId, NoteId},
    stored_note::{Authored, NewNote, StoredNote},
};

/// The log of every note, which is the truth about it: whatever changes a note is appended here.
pub(crate) trait Notes: Transaction {
    /// Begins a note without any edits.
    fn begin_note(
        &mut self,
        note: &NewNote,
    ) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// The note of a document; until this transaction ends, nobody else appends to it.
    fn lock_note(
        &mut self,
        document: DocumentId,
    ) -> impl Future<Output = Result<Option<StoredNote>, StorageError>> + Send;

    /// Appends edits, which takes the same lock, and gives the number of the last one; none when the note is gone.
    ///
    /// Call [`append`], which sees to everything that an edit leads to.
    fn append_updates(
        &mut self,
        note: NoteId,
        edits: &[Authored],
    ) -> impl Future<Output = Result<Option<i64>, StorageError>> + Send;

    /// Keeps the text that was written last.
    fn keep_source(
        &mut self,
        note: NoteId,
        source: &Source,
    ) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// Forgets the note of a document, with everything that belongs to it.
    fn forget_note(
        &mut self,
        document: DocumentId,
    ) -> impl Future<Output = Result<(), StorageError>> + Send;
}

/// Appends edits to a note; gives the number of the last one, none when the note is gone.
///
/// # Errors
///
/// [`StorageError`].
pub(crate) async fn append(
    tx: &mut impl Notes,
    note: NoteId,
    edits: &[Authored],
) -> Result<Option<i64>, StorageError> {
    tx.append_updates(note, edits).await
}
