//! The end of a burst of edits: a version is kept, and others are told.

use perme8_events::StorageError;

use crate::{
    application::notes::Notes,
    domain::{
        content::ContentHash,
        document::Document,
        events::NoteContentUpdated,
        note::MAX_TEXT,
        references::NoteId,
        version::{NewVersion, superfluous},
    },
};

/// Keeps a version of what a note says, unless that is what the last one says; gives its hash if so.
///
/// The note is locked. A text that is longer than what can be written at once has no version.
pub(crate) async fn keep(
    tx: &mut impl Notes,
    note: NoteId,
    text: &str,
) -> Result<Option<ContentHash>, StorageError> {
    let authors = &tx.end_burst(note).await?;
    let (versions, hash) = (tx.versions(note).await?, ContentHash::of(text));
    let last = versions.last();
    if last.is_some_and(|last| last.hash == hash) {
        return Ok(None);
    }
    if text.len() <= MAX_TEXT {
        if let Some(number) = superfluous(&versions) {
            tx.forget_version(note, number).await?;
        }
        let number = last.map_or(1, |last| last.number + 1);
        tx.keep_version(note, &NewVersion { number, text, hash: &hash, authors }).await?;
    }
    Ok(Some(hash))
}

/// The same, and tells others if it says something else than when they were told last.
pub(crate) async fn end(
    tx: &mut impl Notes,
    document: &Document,
    text: &str,
) -> Result<(), StorageError> {
    if let Some(hash) = keep(tx, document.note_id, text).await? {
        tx.emit(NoteContentUpdated {
            document_id: document.id,
            workspace_id: document.workspace_id,
            user_id: document.owner_id,
            content_hash: hash.as_str().to_owned(),
            length: text.chars().count() as u64,
            is_public: document.is_public,
        });
    }
    Ok(())
}
