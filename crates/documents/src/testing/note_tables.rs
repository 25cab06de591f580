//! The log of notes in memory.

use perme8_events::{StorageError, testing::FakeTx};

use crate::{
    application::notes::Notes,
    domain::{
        content::Source,
        references::{DocumentId, NoteId},
        stored_note::{Authored, NewNote, StoredNote},
    },
};

/// What a database would hold of notes.
#[derive(Debug, Clone, Default)]
pub(crate) struct NoteTables {
    pub(crate) notes: Vec<StoredNote>,
}

impl NoteTables {
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
    ) -> Result<Option<i64>, StorageError> {
        let Some(note) = self.state.note_tables().note(note) else { return Ok(None) };
        note.updates.extend(edits.iter().map(|edit| edit.edit.as_update().to_vec()));
        note.head += i64::try_from(edits.len()).map_err(StorageError::new)?;
        Ok(Some(note.head))
    }

    async fn keep_source(&mut self, note: NoteId, source: &Source) -> Result<(), StorageError> {
        let note = self.state.note_tables().note(note).ok_or_else(StorageError::conflict)?;
        note.source = Some(source.clone());
        Ok(())
    }

    async fn forget_note(&mut self, document: DocumentId) -> Result<(), StorageError> {
        self.state.note_tables().notes.retain(|note| note.document_id != document);
        Ok(())
    }
}
