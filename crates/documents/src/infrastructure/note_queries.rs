//! Notes as they are stored, read within a transaction and outside of one.

use chrono::{DateTime, Utc};
use perme8_events::{
    StorageError, UserId, WorkspaceId, sql,
    sql::{Asked, Db},
};
use sqlx::FromRow;

use crate::{
    application::versions::{VersionDetails, VersionSummary},
    domain::{
        burst::Burst,
        content::{ContentHash, Source},
        references::{DocumentId, NoteId},
        stored_note::StoredNote,
    },
};

/// So often a note is read that is put together at the same time.
const ATTEMPTS: usize = 5;

/// Nobody puts a note together so often: some of it is lost.
#[derive(Debug, thiserror::Error)]
#[error(
    "edits are missing in the log of the note of document {document}: restore them from a backup"
)]
struct Hole {
    document: DocumentId,
}

/// What is known of a note but for the updates since its snapshot.
#[derive(FromRow)]
struct NoteRow {
    note_id: NoteId,
    document_id: DocumentId,
    workspace_id: WorkspaceId,
    head: i64,
    compacted_to: i64,
    snapshot: Option<Vec<u8>>,
    text: Option<String>,
    stands_for: Option<String>,
    edited_at: DateTime<Utc>,
    burst_began_at: Option<DateTime<Utc>>,
}

/// The note of a document, as it was at one moment.
pub(crate) async fn stored_note(
    db: &mut impl Asked,
    document: DocumentId,
) -> Result<Option<StoredNote>, StorageError> {
    for _ in 0..ATTEMPTS {
        let Some(row) = row_of(db, document).await? else { return Ok(None) };
        let updates = updates_behind(db, row.note_id, row.compacted_to, i64::MAX).await?;
        // What is missing was put into a newer snapshot between the two queries.
        if are_whole(&updates, row.compacted_to, row.head) {
            return Ok(Some(row.with(updates)));
        }
    }
    Err(StorageError::new(Hole { document }))
}

/// Whether these are all updates of a note behind a number, up to another one at least.
pub(crate) fn are_whole(updates: &[(i64, Vec<u8>)], behind: i64, head: i64) -> bool {
    let last = updates.last().map_or(behind, |(number, _)| *number);
    let mut expected = updates.iter().map(|(number, _)| *number).zip(behind + 1..);
    last >= head && expected.all(|(number, expected)| number == expected)
}

/// The number of the last update of a note, if there is one.
pub(crate) async fn head(db: &Db, note: NoteId) -> Result<Option<i64>, StorageError> {
    let query = db.query(sql!("SELECT head FROM documents_notes WHERE note_id = $1"));
    let row: Option<(i64,)> = query.bind(note).opt().await?;
    Ok(row.map(|(head,)| head))
}

/// The updates of a note behind a number and up to another, in their order.
pub(crate) async fn updates_behind(
    db: &mut impl Asked,
    note: NoteId,
    number: i64,
    last: i64,
) -> Result<Vec<(i64, Vec<u8>)>, StorageError> {
    let query = db.ask(sql!(
        "SELECT number, bytes FROM documents_note_updates
         WHERE note_id = $1 AND number > $2 AND number <= $3 ORDER BY number"
    ));
    query.bind(note).bind(number).bind(last).all().await
}

async fn row_of(
    db: &mut impl Asked,
    document: DocumentId,
) -> Result<Option<NoteRow>, StorageError> {
    let query = db.ask(sql!(
        "SELECT note.note_id, note.document_id, note.workspace_id, note.head, note.compacted_to,
                snapshot.bytes AS snapshot, source.text, source.stands_for,
                note.edited_at, note.burst_began_at
         FROM documents_notes AS note
         LEFT JOIN documents_note_snapshots AS snapshot ON snapshot.note_id = note.note_id
         LEFT JOIN documents_note_sources AS source ON source.note_id = note.note_id
         WHERE note.document_id = $1"
    ));
    query.bind(document).opt().await
}

impl NoteRow {
    fn with(self, updates: Vec<(i64, Vec<u8>)>) -> StoredNote {
        let Self {
            note_id,
            document_id,
            workspace_id,
            head: _,
            compacted_to,
            snapshot,
            text,
            stands_for,
            edited_at,
            burst_began_at,
        } = self;
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
            burst: burst_began_at.map(|began_at| Burst::new(began_at, edited_at)),
        }
    }
}

/// A row of `documents_note_versions`.
#[derive(FromRow)]
struct VersionRow {
    number: i64,
    text: String,
    content_hash: String,
    authors: String,
    at: DateTime<Utc>,
}

/// A version of a note, if it is kept and this person may see it.
pub(crate) async fn version(
    db: &mut impl Asked,
    note: NoteId,
    number: i64,
    reader: UserId,
) -> Result<Option<VersionDetails>, StorageError> {
    let query = db.ask(sql!(
        "SELECT number, text, content_hash, authors, at FROM documents_note_versions
         WHERE note_id = $1 AND number = $2 AND (private_to IS NULL OR private_to = $3)"
    ));
    let row: Option<VersionRow> = query.bind(note).bind(number).bind(reader).opt().await?;
    row.map(VersionRow::details).transpose()
}

/// The number of the version before another one, if one is kept that this person may see.
pub(crate) async fn number_before(
    db: &Db,
    note: NoteId,
    number: i64,
    reader: UserId,
) -> Result<Option<i64>, StorageError> {
    let query = db.query(sql!(
        "SELECT number FROM documents_note_versions
         WHERE note_id = $1 AND number < $2 AND (private_to IS NULL OR private_to = $3)
         ORDER BY number DESC LIMIT 1"
    ));
    let row: Option<(i64,)> = query.bind(note).bind(number).bind(reader).opt().await?;
    Ok(row.map(|(number,)| number))
}

/// The versions of a note that are kept and that this person may see, newest first; without what they say.
pub(crate) async fn versions(
    db: &Db,
    note: NoteId,
    reader: UserId,
) -> Result<Vec<VersionSummary>, StorageError> {
    let query = db.query(sql!(
        "SELECT number, '' AS text, content_hash, authors, at FROM documents_note_versions
         WHERE note_id = $1 AND (private_to IS NULL OR private_to = $2) ORDER BY number DESC"
    ));
    let rows: Vec<VersionRow> = query.bind(note).bind(reader).all().await?;
    rows.into_iter().map(|row| Ok(row.details()?.summary)).collect()
}

impl VersionRow {
    fn details(self) -> Result<VersionDetails, StorageError> {
        let Self { number, text, content_hash, authors, at } = self;
        let authors = serde_json::from_str(&authors).map_err(StorageError::new)?;
        Ok(VersionDetails { summary: VersionSummary { number, content_hash, authors, at }, text })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn updates_that_were_put_together_meanwhile_are_missed() {
        let updates = |numbers: &[i64]| -> Vec<(i64, Vec<u8>)> {
            numbers.iter().map(|number| (*number, Vec::new())).collect()
        };
        for (numbers, is_whole) in [
            (&[3, 4][..], true),
            (&[3, 4, 5], true),
            (&[], false),
            (&[4], false),
            (&[3], false),
            (&[3, 5], false),
        ] {
            assert_eq!(are_whole(&updates(numbers), 2, 4), is_whole, "{numbers:?}");
        }
        assert!(are_whole(&[], 2, 2));
    }
}
