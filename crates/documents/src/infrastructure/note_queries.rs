//! Notes as they are stored, read within a transaction and outside of one.

use perme8_events::{StorageError, WorkspaceId, sql, sql::Asked};
use sqlx::FromRow;

use crate::domain::{
    content::{ContentHash, Source},
    references::{DocumentId, NoteId},
    stored_note::StoredNote,
};

/// What is known of a note but for the updates since its snapshot.
#[derive(FromRow)]
struct NoteRow {
    note_id: NoteId,
    document_id: DocumentId,
    workspace_id: WorkspaceId,
    compacted_to: i64,
    snapshot: Option<Vec<u8>>,
    text: Option<String>,
    stands_for: Option<String>,
}

/// The note of a document, as it was at one moment.
pub(crate) async fn stored_note(
    db: &mut impl Asked,
    document: DocumentId,
) -> Result<Option<StoredNote>, StorageError> {
    loop {
        let Some(row) = row_of(db, document).await? else { return Ok(None) };
        let updates = updates_behind(db, row.note_id, row.compacted_to).await?;
        // Updates that are not behind each other were put into a newer snapshot between the two queries.
        let expected = row.compacted_to + 1..;
        if updates.iter().zip(expected).all(|((number, _), expected)| *number == expected) {
            return Ok(Some(row.with(updates)));
        }
    }
}

/// The updates of a note behind a number, in their order.
pub(crate) async fn updates_behind(
    db: &mut impl Asked,
    note: NoteId,
    number: i64,
) -> Result<Vec<(i64, Vec<u8>)>, StorageError> {
    let query = db.ask(sql!(
        "SELECT number, bytes FROM documents_note_updates WHERE note_id = $1 AND number > $2
         ORDER BY number"
    ));
    query.bind(note).bind(number).all().await
}

async fn row_of(
    db: &mut impl Asked,
    document: DocumentId,
) -> Result<Option<NoteRow>, StorageError> {
    let query = db.ask(sql!(
        "SELECT note.note_id, note.document_id, note.workspace_id, note.compacted_to,
                snapshot.bytes AS snapshot, source.text, source.stands_for
         FROM documents_notes AS note
         LEFT JOIN documents_note_snapshots AS snapshot ON snapshot.note_id = note.note_id
         LEFT JOIN documents_note_sources AS source ON source.note_id = note.note_id
         WHERE note.document_id = $1"
    ));
    query.bind(document).opt().await
}

impl NoteRow {
    fn with(self, updates: Vec<(i64, Vec<u8>)>) -> StoredNote {
        let Self { note_id, document_id, workspace_id, compacted_to, snapshot, text, stands_for } =
            self;
        StoredNote {
            id: note_id,
            document_id,
            workspace_id,
            head: updates.last().map_or(compacted_to, |(number, _)| *number),
            snapshot,
            updates: updates.into_iter().map(|(_, bytes)| bytes).collect(),
            source: text
                .zip(stands_for)
                .map(|(text, hash)| Source::stored(text, ContentHash::stored(hash))),
        }
    }
}
