//! The log of notes, in `documents_notes` and `documents_note_updates`.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use perme8_events::{StorageError, Transaction as _, UserId, sql, sql::Tx};

use crate::{
    application::{
        notes::{Appended, Notes},
        versions::VersionDetails,
    },
    domain::{
        burst::Burst,
        content::{ContentHash, Source},
        references::{DocumentId, NoteId},
        stored_note::{Authored, NewNote, StoredNote},
        version::{Mark, NewVersion},
    },
    infrastructure::note_queries::{self, stored_note},
};

/// Edits as one statement takes them, so that the note is locked no longer for many than for one.
struct Batch {
    /// All of their bytes.
    bytes: Vec<u8>,
    /// As JSON, of each where its bytes begin, how many they are, and who made it.
    pieces: String,
    /// As JSON, who made any of them.
    authors: String,
}

impl Batch {
    fn of(edits: &[Authored]) -> Result<Self, StorageError> {
        let mut bytes = Vec::new();
        let mut pieces = Vec::with_capacity(edits.len());
        for Authored { edit, author } in edits {
            let update = edit.as_update();
            let author = author.map(|author| author.uuid().simple().to_string());
            pieces.push((bytes.len(), update.len(), author));
            bytes.extend_from_slice(update);
        }
        let authors: BTreeSet<&String> =
            pieces.iter().filter_map(|(_, _, author)| author.as_ref()).collect();
        let authors = serde_json::to_string(&authors).map_err(StorageError::new)?;
        let pieces = serde_json::to_string(&pieces).map_err(StorageError::new)?;
        Ok(Self { bytes, pieces, authors })
    }
}

impl Notes for Tx {
    async fn begin_note(&mut self, note: &NewNote) -> Result<(), StorageError> {
        let NewNote { id, document_id, workspace_id, author } = note;
        let now = self.now();
        let insert = sql!(
            "INSERT INTO documents_notes
                (note_id, document_id, workspace_id, head, compacted_to, edited_at, edited_by)
             VALUES ($1, $2, $3, 0, 0, $4, $5)"
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
    ) -> Result<Option<Appended>, StorageError> {
        let now = self.now();
        let count = i64::try_from(edits.len()).map_err(StorageError::new)?;
        let Batch { bytes, pieces, authors } = Batch::of(edits)?;
        let advance = sql!(
            "UPDATE documents_notes
             SET head = head + $2, edited_at = $3, edited_by = $4,
                 burst_began_at = COALESCE(burst_began_at, $3)
             WHERE note_id = $1
             RETURNING head, burst_began_at"
        );
        let query = self.query(advance).bind(note).bind(count).bind(now);
        let query = query.bind(edits.last().and_then(|edit| edit.author));
        let advanced: Option<(i64, DateTime<Utc>)> = query.opt().await?;
        let Some((head, began_at)) = advanced else { return Ok(None) };
        let insert = sql!(
            sqlite: "INSERT INTO documents_note_updates (note_id, number, bytes, author_id, at)
                     SELECT $1, $2 + key, substr($3, 1 + (value->>0), value->>1), unhex(value->>2), $5
                     FROM json_each($4)",
            postgres: "INSERT INTO documents_note_updates (note_id, number, bytes, author_id, at)
                       SELECT $1, $2 + place - 1,
                              substring($3::bytea FROM 1 + (value->>0)::int FOR (value->>1)::int),
                              (value->>2)::uuid, $5
                       FROM json_array_elements($4::json) WITH ORDINALITY AS pieces (value, place)"
        );
        let query = self.query(insert).bind(note).bind(head - count + 1).bind(bytes);
        query.bind(pieces).bind(now).exec().await?;
        let remember = sql!(
            sqlite: "INSERT INTO documents_note_authors (note_id, user_id)
                     SELECT $1, unhex(value) FROM json_each($2) WHERE TRUE
                     ON CONFLICT (note_id, user_id) DO NOTHING",
            postgres: "INSERT INTO documents_note_authors (note_id, user_id)
                       SELECT $1, value::uuid FROM json_array_elements_text($2::json) AS value
                       ON CONFLICT (note_id, user_id) DO NOTHING"
        );
        self.query(remember).bind(note).bind(authors).exec().await?;
        Ok(Some(Appended { head, burst: Burst::new(began_at, now) }))
    }

    async fn end_burst(&mut self, note: NoteId) -> Result<Vec<UserId>, StorageError> {
        let end = sql!("UPDATE documents_notes SET burst_began_at = NULL WHERE note_id = $1");
        self.query(end).bind(note).exec().await?;
        let forget =
            sql!("DELETE FROM documents_note_authors WHERE note_id = $1 RETURNING user_id");
        let authors: Vec<(UserId,)> = self.query(forget).bind(note).all().await?;
        let authors: BTreeSet<UserId> = authors.into_iter().map(|(author,)| author).collect();
        Ok(authors.into_iter().collect())
    }

    async fn versions(&mut self, note: NoteId) -> Result<Vec<Mark>, StorageError> {
        let query = self.query(sql!(
            "SELECT number, content_hash, at FROM documents_note_versions WHERE note_id = $1
             ORDER BY number"
        ));
        let rows: Vec<(i64, String, DateTime<Utc>)> = query.bind(note).all().await?;
        let mark = |(number, hash, at)| Mark { number, hash: ContentHash::stored(hash), at };
        Ok(rows.into_iter().map(mark).collect())
    }

    async fn version_text(
        &mut self,
        note: NoteId,
        number: i64,
        reader: UserId,
    ) -> Result<Option<String>, StorageError> {
        let version = note_queries::version(self, note, number, reader).await?;
        Ok(version.map(|VersionDetails { text, .. }| text))
    }

    async fn keep_version(
        &mut self,
        note: NoteId,
        version: &NewVersion<'_>,
    ) -> Result<(), StorageError> {
        let now = self.now();
        let NewVersion { number, text, hash, authors, private_to } = *version;
        let insert = sql!(
            "INSERT INTO documents_note_versions
                 (note_id, number, text, content_hash, authors, at, private_to)
             VALUES ($1, $2, $3, $4, $5, $6, $7)"
        );
        let authors = serde_json::to_string(authors).map_err(StorageError::new)?;
        let query = self.query(insert).bind(note).bind(number).bind(text).bind(hash.as_str());
        query.bind(authors).bind(now).bind(private_to).exec().await.map(drop)
    }

    async fn share_version(&mut self, note: NoteId, number: i64) -> Result<(), StorageError> {
        let share = sql!(
            "UPDATE documents_note_versions SET private_to = NULL WHERE note_id = $1 AND number = $2"
        );
        self.query(share).bind(note).bind(number).exec().await.map(drop)
    }

    async fn forget_version(&mut self, note: NoteId, number: i64) -> Result<(), StorageError> {
        let delete = sql!("DELETE FROM documents_note_versions WHERE note_id = $1 AND number = $2");
        self.query(delete).bind(note).bind(number).exec().await.map(drop)
    }

    async fn forget_private_versions(
        &mut self,
        note: NoteId,
        person: UserId,
    ) -> Result<(), StorageError> {
        let delete =
            sql!("DELETE FROM documents_note_versions WHERE note_id = $1 AND private_to = $2");
        self.query(delete).bind(note).bind(person).exec().await.map(drop)
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

    async fn compact(
        &mut self,
        note: NoteId,
        upto: i64,
        snapshot: &[u8],
    ) -> Result<(), StorageError> {
        let advance = sql!(
            "UPDATE documents_notes SET compacted_to = $2
             WHERE note_id = $1 AND compacted_to < $2 AND head >= $2"
        );
        if self.query(advance).bind(note).bind(upto).exec().await? == 0 {
            return Ok(());
        }
        let upsert = sql!(
            "INSERT INTO documents_note_snapshots (note_id, bytes) VALUES ($1, $2)
             ON CONFLICT (note_id) DO UPDATE SET bytes = excluded.bytes"
        );
        self.query(upsert).bind(note).bind(snapshot).exec().await?;
        let delete = sql!("DELETE FROM documents_note_updates WHERE note_id = $1 AND number <= $2");
        self.query(delete).bind(note).bind(upto).exec().await.map(drop)
    }

    async fn forget_note(&mut self, document: DocumentId) -> Result<(), StorageError> {
        let delete = sql!("DELETE FROM documents_notes WHERE document_id = $1");
        self.query(delete).bind(document).exec().await.map(drop)
    }
}
