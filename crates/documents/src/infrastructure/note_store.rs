//! The log of notes, in `documents_notes` and `documents_note_updates`.

use perme8_events::{StorageError, Transaction as _, sql, sql::Tx};

use crate::{
    application::notes::Notes,
    domain::{
        content::Source,
        references::{DocumentId, NoteId},
        stored_note::{Authored, NewNote, StoredNote},
    },
    infrastructure::note_queries::stored_note,
};

impl Notes for Tx {
    async fn begin_note(&mut self, note: &NewNote) -> Result<(), StorageError> {
        let NewNote { id, document_id, workspace_id, author } = note;
        let now = self.now();
        let insert = sql!(
            "INSERT INTO documents_notes
                (note_id, document_id, workspace_id, head, compacted_to, loose_bytes, edited_at, edited_by)
             VALUES ($1, $2, $3, 0, 0, 0, $4, $5)"
        );
        let query = self.query(insert).bind(*id).bind(*document_id).bind(*workspace_id);
        query.bind(now).bind(*author).exec().await.map(drop)
    }

    async fn lock_note(
        &mut self,
        document: DocumentId,
    ) -> Result<Option<StoredNote>, StorageError> {
        // By itself: what is joined to a row that had to be waited for is read as it was before.
        let lock = sql!(
            sqlite: "SELECT head FROM documents_notes WHERE document_id = $1",
            postgres: "SELECT head FROM documents_notes WHERE document_id = $1 FOR UPDATE"
        );
        if self.query(lock).bind(document).opt::<(i64,)>().await?.is_none() {
            return Ok(None);
        }
        stored_note(self, document).await
    }

    async fn append_updates(
        &mut self,
        note: NoteId,
        edits: &[Authored],
    ) -> Result<Option<i64>, StorageError> {
        let now = self.now();
        let count = i64::try_from(edits.len()).map_err(StorageError::new)?;
        let bytes: usize = edits.iter().map(|edit| edit.edit.as_update().len()).sum();
        let bytes = i64::try_from(bytes).map_err(StorageError::new)?;
        let advance = sql!(
            "UPDATE documents_notes
             SET head = head + $2, loose_bytes = loose_bytes + $3, edited_at = $4, edited_by = $5
             WHERE note_id = $1
             RETURNING head"
        );
        let query = self.query(advance).bind(note).bind(count).bind(bytes).bind(now);
        let head: Option<(i64,)> =
            query.bind(edits.last().and_then(|edit| edit.author)).opt().await?;
        let Some((head,)) = head else { return Ok(None) };
        let insert = sql!(
            "INSERT INTO documents_note_updates (note_id, number, bytes, author_id, at)
             VALUES ($1, $2, $3, $4, $5)"
        );
        for (number, Authored { edit, author }) in (head - count + 1..).zip(edits) {
            let query = self.query(insert).bind(note).bind(number).bind(edit.as_update());
            query.bind(*author).bind(now).exec().await?;
        }
        Ok(Some(head))
    }

    async fn keep_source(&mut self, note: NoteId, source: &Source) -> Result<(), StorageError> {
        let (text, stands_for) = source.parts();
        let upsert = sql!(
            "INSERT INTO documents_note_sources (note_id, text, stands_for) VALUES ($1, $2, $3)
             ON CONFLICT (note_id) DO UPDATE SET text = excluded.text, stands_for = excluded.stands_for"
        );
        let query = self.query(upsert).bind(note).bind(text).bind(stands_for.as_str());
        query.exec().await.map(drop)
    }

    async fn forget_note(&mut self, document: DocumentId) -> Result<(), StorageError> {
        let delete = sql!("DELETE FROM documents_notes WHERE document_id = $1");
        self.query(delete).bind(document).exec().await.map(drop)
    }
}
