//! The log of every note: what use cases and rooms ask of it.

use perme8_events::{StorageError, Transaction, UserId};

use crate::{
    application::on_burst_over,
    domain::{
        burst::Burst,
        content::Source,
        references::{DocumentId, NoteId},
        stored_note::{Authored, NewNote, StoredNote},
        version::{Mark, NewVersion},
    },
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

    /// Appends edits, which takes the same lock; none when the note is gone.
    ///
    /// Call [`append`], which sees to everything that an edit leads to, or [end the burst](super::bursts::end) at once.
    fn append_updates(
        &mut self,
        note: NoteId,
        edits: &[Authored],
    ) -> impl Future<Output = Result<Option<Appended>, StorageError>> + Send;

    /// Ends the burst of edits that nobody was told of, and gives who took part in it, in the order of their ids.
    fn end_burst(
        &mut self,
        note: NoteId,
    ) -> impl Future<Output = Result<Vec<UserId>, StorageError>> + Send;

    /// The versions that are kept, oldest first.
    fn versions(
        &mut self,
        note: NoteId,
    ) -> impl Future<Output = Result<Vec<Mark>, StorageError>> + Send;

    /// What a version says, if it is kept and this person may see it.
    fn version_text(
        &mut self,
        note: NoteId,
        number: i64,
        reader: UserId,
    ) -> impl Future<Output = Result<Option<String>, StorageError>> + Send;

    /// Keeps a version.
    fn keep_version(
        &mut self,
        note: NoteId,
        version: &NewVersion<'_>,
    ) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// Lets everybody see a version who sees the document.
    fn share_version(
        &mut self,
        note: NoteId,
        number: i64,
    ) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// Forgets a version.
    fn forget_version(
        &mut self,
        note: NoteId,
        number: i64,
    ) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// Forgets the versions that nobody but this person may see.
    fn forget_private_versions(
        &mut self,
        note: NoteId,
        person: UserId,
    ) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// Keeps the text that was written last.
    fn keep_source(
        &mut self,
        note: NoteId,
        source: &Source,
    ) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// Keeps a snapshot instead of all edits up to a number, unless there is one of later edits.
    fn compact(
        &mut self,
        note: NoteId,
        upto: i64,
        snapshot: &[u8],
    ) -> impl Future<Output = Result<(), StorageError>> + Send;

    /// Forgets the note of a document, with everything that belongs to it.
    fn forget_note(
        &mut self,
        document: DocumentId,
    ) -> impl Future<Output = Result<(), StorageError>> + Send;
}

/// Edits are in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Appended {
    /// The number of the last one.
    pub(crate) head: i64,
    /// The burst to which they belong.
    pub(crate) burst: Burst,
}

/// Appends edits to the note of a document, of which others are told when nobody goes on for a while; gives the number of the
/// last one, none when the note is gone.
///
/// # Errors
///
/// [`StorageError`].
pub(crate) async fn append(
    tx: &mut impl Notes,
    document: DocumentId,
    note: NoteId,
    edits: &[Authored],
) -> Result<Option<i64>, StorageError> {
    let Some(Appended { head, burst }) = tx.append_updates(note, edits).await? else {
        return Ok(None);
    };
    if burst.needs_timer() {
        tx.set_timer(on_burst_over::timer(document, burst));
    }
    Ok(Some(head))
}
