//! The end of a burst of edits: a version is kept, and others are told.

use perme8_events::StorageError;

use crate::{
    application::notes::Notes,
    domain::{
        content::ContentHash,
        document::Document,
        events::NoteContentUpdated,
        note::MAX_TEXT,
        version::{NewVersion, superfluous},
    },
};

/// Keeps a version of what a note says, unless that is what the last one says; gives its hash if so.
///
/// The note is locked. A text that is longer than what can be written at once has no version.
pub(crate) async fn keep(
    tx: &mut impl Notes,
    document: &Document,
    text: &str,
) -> Result<Option<ContentHash>, StorageError> {
    let (note, private_to) = (document.note_id, document.private_to());
    let authors = &tx.end_burst(note).await?;
    let (versions, hash) = (tx.versions(note).await?, ContentHash::of(text));
    let last = versions.last();
    if let Some(last) = last.filter(|last| last.hash == hash) {
        if private_to.is_none() {
            tx.share_version(note, last.number).await?;
        }
        return Ok(None);
    }
    if text.len() <= MAX_TEXT {
        if let Some(number) = superfluous(&versions) {
            tx.forget_version(note, number).await?;
        }
        let number = last.map_or(1, |last| last.number + 1);
        let version = NewVersion { number, text, hash: &hash, authors, private_to };
        tx.keep_version(note, &version).await?;
    }
    Ok(Some(hash))
}

/// Lets everybody see the last version who sees the document from now on, if it still says that.
pub(crate) async fn share(
    tx: &mut impl Notes,
    document: &Document,
    text: &str,
) -> Result<(), StorageError> {
    let versions = tx.versions(document.note_id).await?;
    match versions.last() {
        Some(last) if last.hash == ContentHash::of(text) => {
            tx.share_version(document.note_id, last.number).await
        }
        Some(_) | None => Ok(()),
    }
}

/// Keeps a version, and tells others if it says something else than when they were told last.
pub(crate) async fn end(
    tx: &mut impl Notes,
    document: &Document,
    text: &str,
) -> Result<(), StorageError> {
    if let Some(hash) = keep(tx, document, text).await? {
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
