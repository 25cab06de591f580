//! The log of notes in memory.

use std::collections::BTreeSet;

use perme8_events::{StorageError, Transaction as _, UserId, WorkspaceId, testing::FakeTx};

use crate::{
    application::notes::{Appended, Notes},
    domain::{
        burst::Burst,
        content::Source,
        references::{DocumentId, NoteId},
        stored_note::{Authored, NewNote, StoredNote},
        version::{Mark, NewVersion},
    },
};

/// What a database would hold of notes.
#[derive(Debug, Clone, Default)]
pub(crate) struct NoteTables {
    pub(crate) notes: Vec<StoredNote>,
    authors: BTreeSet<(NoteId, UserId)>,
    versions: Vec<KeptVersion>,
}

/// A version that is kept.
#[derive(Debug, Clone)]
struct KeptVersion {
    note: NoteId,
    mark: Mark,
    text: String,
    private_to: Option<UserId>,
}

impl NoteTables {
    /// Forgets notes of a workspace; at most so many. Gives their number.
    pub(crate) fn clear(&mut self, workspace: WorkspaceId, limit: u32) -> u64 {
        let mut left = limit;
        self.notes.retain(|note| {
            let goes = left > 0 && note.workspace_id == workspace;
            left -= u32::from(goes);
            !goes
        });
        u64::from(limit - left)
    }

    fn version(&mut self, note: NoteId, number: i64) -> Option<&mut KeptVersion> {
        self.versions.iter_mut().find(|kept| (kept.note, kept.mark.number) == (note, number))
    }

    fn note(&mut self, id: NoteId) -> Option<&mut StoredNote> {
        self.notes.iter_mut().find(|note| note.id == id)
    }
}

/// Tables with notes among them.
pub(crate) trait HoldsNotes: Send {
    fn note_tables(&mut self) -> &mut NoteTables;
}

impl HoldsNotes for NoteTables {
    fn note_tables(&mut self) -> &mut NoteTables {
        self
    }
}

impl<T: HoldsNotes> Notes for FakeTx<T> {
    async fn begin_note(&mut self, note: &NewNote) -> Result<(), StorageError> {
        let NewNote { id, document_id, workspace_id, author: _ } = *note;
        let notes = &mut self.state.note_tables().notes;
        if notes.iter().any(|other| other.id == id || other.document_id == document_id) {
            return Err(StorageError::conflict());
        }
        notes.push(StoredNote {
            id,
            document_id,
            workspace_id,
            head: 0,
            snapshot: None,
            updates: Vec::new(),
            source: None,
            burst: None,
        });
        Ok(())
    }

    async fn lock_note(
        &mut self,
        document: DocumentId,
    ) -> Result<Option<StoredNote>, StorageError> {
        let notes = &self.state.note_tables().notes;
        Ok(notes.iter().find(|note| note.document_id == document).cloned())
    }

    async fn append_updates(
        &mut self,
        note: NoteId,
        edits: &[Authored],
    ) -> Result<Option<Appended>, StorageError> {
        let now = self.now();
        let tables = self.state.note_tables();
        let authors = edits.iter().filter_map(|edit| edit.author);
        tables.authors.extend(authors.map(|author| (note, author)));
        let Some(note) = tables.note(note) else { return Ok(None) };
        note.updates.extend(edits.iter().map(|edit| edit.edit.as_update().to_vec()));
        note.head += i64::try_from(edits.len()).map_err(StorageError::new)?;
        let burst = note.burst.map_or(Burst::begin(now), |burst| burst.goes_on(now));
        note.burst = Some(burst);
        Ok(Some(Appended { head: note.head, burst }))
    }

    async fn end_burst(&mut self, note: NoteId) -> Result<Vec<UserId>, StorageError> {
        let tables = self.state.note_tables();
        if let Some(note) = tables.note(note) {
            note.burst = None;
        }
        let (of_note, others) =
            std::mem::take(&mut tables.authors).into_iter().partition(|(of, _)| *of == note);
        tables.authors = others;
        let of_note: BTreeSet<(NoteId, UserId)> = of_note;
        Ok(of_note.into_iter().map(|(_, author)| author).collect())
    }

    async fn versions(&mut self, note: NoteId) -> Result<Vec<Mark>, StorageError> {
        let versions = self.state.note_tables().versions.iter();
        Ok(versions.filter(|kept| kept.note == note).map(|kept| kept.mark.clone()).collect())
    }

    async fn version_text(
        &mut self,
        note: NoteId,
        number: i64,
        reader: UserId,
    ) -> Result<Option<String>, StorageError> {
        let kept = self.state.note_tables().version(note, number);
        let kept = kept.filter(|kept| kept.private_to.is_none_or(|only| only == reader));
        Ok(kept.map(|kept| kept.text.clone()))
    }

    async fn keep_version(
        &mut self,
        note: NoteId,
        version: &NewVersion<'_>,
    ) -> Result<(), StorageError> {
        let NewVersion { number, text, hash, authors: _, private_to } = *version;
        let mark = Mark { number, hash: hash.clone(), at: self.now() };
        let kept = KeptVersion { note, mark, text: text.to_owned(), private_to };
        self.state.note_tables().versions.push(kept);
        Ok(())
    }

    async fn share_version(&mut self, note: NoteId, number: i64) -> Result<(), StorageError> {
        if let Some(kept) = self.state.note_tables().version(note, number) {
            kept.private_to = None;
        }
        Ok(())
    }

    async fn forget_version(&mut self, note: NoteId, number: i64) -> Result<(), StorageError> {
        let versions = &mut self.state.note_tables().versions;
        versions.retain(|kept| (kept.note, kept.mark.number) != (note, number));
        Ok(())
    }

    async fn forget_private_versions(
        &mut self,
        note: NoteId,
        person: UserId,
    ) -> Result<(), StorageError> {
        let versions = &mut self.state.note_tables().versions;
        versions.retain(|kept| (kept.note, kept.private_to) != (note, Some(person)));
        Ok(())
    }

    async fn keep_source(&mut self, note: NoteId, source: &Source) -> Result<(), StorageError> {
        let note = self.state.note_tables().note(note).ok_or_else(StorageError::conflict)?;
        note.source = Some(source.clone());
        Ok(())
    }

    async fn compact(
        &mut self,
        note: NoteId,
        upto: i64,
        snapshot: &[u8],
    ) -> Result<(), StorageError> {
        let Some(note) = self.state.note_tables().note(note) else { return Ok(()) };
        let Ok(loose) = usize::try_from(note.head - upto) else { return Ok(()) };
        if let Some(gone) = note.updates.len().checked_sub(loose).filter(|gone| *gone > 0) {
            note.updates.drain(..gone);
            note.snapshot = Some(snapshot.to_vec());
        }
        Ok(())
    }

    async fn forget_note(&mut self, document: DocumentId) -> Result<(), StorageError> {
        let NoteTables { notes, authors, versions } = self.state.note_tables();
        for note in notes.extract_if(.., |note| note.document_id == document) {
            authors.retain(|(of, _)| *of != note.id);
            versions.retain(|kept| kept.note != note.id);
        }
        Ok(())
    }
}
