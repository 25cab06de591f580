//! The index of searches: a read model of what documents are called and of what they say.

use std::{collections::HashSet, sync::Arc};

use async_trait::async_trait;
use perme8_events::{
    Envelope, HandlerError, HandlerOptions, StorageError, Subscriber, Subscription, TimerFired,
    WorkspaceId, sql,
    sql::{Projection, Rows},
};

use crate::{
    application::on_burst_over::NAME as ON_BURST_OVER,
    domain::{
        events::{
            DocumentCreated, DocumentHandedOver, DocumentTitleChanged, DocumentVisibilityChanged,
            NoteContentUpdated,
        },
        note::Replica,
        references::DocumentId,
        search::indexed::Indexed,
        stored_note::StoredNote,
    },
    infrastructure::note_queries::stored_note,
};

/// So often a document is looked at that is changed at the same time, before others have their turn.
const ATTEMPTS: usize = 5;

/// Keeps the words of every document, and its text for excerpts.
///
/// It reads what is written at that moment, also in the middle of a burst of edits. So it looks again when the burst is over,
/// though the note may say by then what everybody has been told before, and nobody is told anew.
///
/// No event says what is written in a private document, so events only say that something has changed, and title and text are
/// looked up. Who sees a document is asked when somebody searches, and nothing here decides it: documents in the trash keep
/// their entries, and an entry goes with its document.
///
/// Hears [`DocumentCreated`], [`DocumentTitleChanged`], [`DocumentVisibilityChanged`], [`DocumentHandedOver`],
/// [`NoteContentUpdated`] and [`TimerFired`].
#[derive(Debug, Clone, Copy, Default)]
pub struct SearchIndex;

impl SearchIndex {
    /// By this name it is rebuilt, and waited for.
    pub const NAME: &str = "documents.search";
}

impl Subscriber for SearchIndex {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn subscriptions(&self) -> &[Subscription] {
        const {
            &[
                Subscription::to::<DocumentCreated>(),
                Subscription::to::<DocumentTitleChanged>(),
                Subscription::to::<DocumentVisibilityChanged>(),
                Subscription::to::<DocumentHandedOver>(),
                Subscription::to::<NoteContentUpdated>(),
                Subscription::to::<TimerFired>(),
            ]
        }
    }

    // A long note takes a while to be opened, and the writer waits.
    fn options(&self) -> HandlerOptions {
        HandlerOptions { batch: 10, ..HandlerOptions::DEFAULT }
    }
}

#[async_trait]
impl Projection for SearchIndex {
    // It rises when the same texts make other words.
    fn version(&self) -> u32 {
        1
    }

    async fn apply(&self, rows: &mut Rows<'_>, event: &Envelope) -> Result<(), HandlerError> {
        match told_of(event)? {
            Some(document) => follow(rows, document).await,
            None => Ok(()),
        }
    }

    // Each document once: what is found then is what all of the events have led to.
    async fn apply_all(
        &self,
        rows: &mut Rows<'_>,
        events: &[Arc<Envelope>],
    ) -> Result<(), HandlerError> {
        let mut followed = HashSet::new();
        for event in events {
            if let Some(document) = told_of(event)?
                && followed.insert(document)
            {
                follow(rows, document).await?;
            }
        }
        Ok(())
    }

    async fn remove(&self, rows: &mut Rows<'_>, limit: i64) -> Result<u64, StorageError> {
        rows.query(sql!(
            "DELETE FROM documents_search_entries WHERE entry IN
               (SELECT entry FROM documents_search_entries WHERE generation = $1 LIMIT $2)"
        ))
        .bind(limit)
        .exec()
        .await
    }
}

/// The document that an event is about, if it is about one.
fn told_of(event: &Envelope) -> Result<Option<DocumentId>, HandlerError> {
    let id = match event.decode::<TimerFired>()? {
        None => &event.aggregate_id,
        Some(fired) if fired.owner == ON_BURST_OVER => &fired.instance.clone(),
        Some(_) => return Ok(None),
    };
    id.parse().map(Some).map_err(HandlerError::permanent)
}

/// Brings the entry of a document to what the document is now.
async fn follow(rows: &mut Rows<'_>, document: DocumentId) -> Result<(), HandlerError> {
    for _ in 0..ATTEMPTS {
        let Some(seen) = see(rows, document).await? else { return Ok(()) };
        if seen.is_indexed || index(rows, document, &seen).await? {
            return Ok(());
        }
    }
    Err(StorageError::conflict().into())
}

/// What a document is at a moment.
#[derive(sqlx::FromRow)]
struct Seen {
    workspace_id: WorkspaceId,
    title: String,
    version: i64,
    /// Whether it was indexed as it is: several events in a row, as in a rebuild, are about the same.
    is_indexed: bool,
}

/// The document; none when it is gone, and its entry with it.
async fn see(rows: &mut Rows<'_>, document: DocumentId) -> Result<Option<Seen>, StorageError> {
    let query = rows.query(sql!(
        "SELECT document.workspace_id, document.title, document.version,
                EXISTS (SELECT 1 FROM documents_search_entries AS entry
                        WHERE entry.generation = $1 AND entry.document_id = document.id
                          AND entry.version = document.version AND entry.head = note.head) AS is_indexed
         FROM documents_documents AS document
         LEFT JOIN documents_notes AS note ON note.document_id = document.id
         WHERE document.id = $2"
    ));
    query.bind(document).opt().await
}

/// Indexes a document with what it says; false when it is another one by now.
///
/// Its version is the same before its note is read and afterwards, so nothing is read that the document said before it was
/// shared with that version: what its owner removed before sharing it is found by nobody else, however late this is.
async fn index(
    rows: &mut Rows<'_>,
    document: DocumentId,
    seen: &Seen,
) -> Result<bool, StorageError> {
    let note = stored_note(rows, document).await?;
    let text = note.as_ref().map(text_of).unwrap_or_default();
    let head = note.map_or(0, |note| note.head);
    let query = rows.query(sql!(
        "INSERT INTO documents_search_entries (generation, document_id, version, head)
         SELECT $1, id, version, $4 FROM documents_documents WHERE id = $2 AND version = $3
         ON CONFLICT (generation, document_id) DO UPDATE SET version = excluded.version, head = excluded.head
         WHERE (documents_search_entries.version, documents_search_entries.head) <= (excluded.version, excluded.head)"
    ));
    if query.bind(document).bind(seen.version).bind(head).exec().await? == 0 {
        return Ok(false);
    }
    // Most changes of a document are none of its words, and then nothing large is written.
    let query = rows.query(sql!(
        sqlite: "INSERT INTO documents_search_texts (entry, title_words, words, text)
                 SELECT entry, $3, $4, $5 FROM documents_search_entries WHERE generation = $1 AND document_id = $2
                 ON CONFLICT (entry) DO UPDATE SET
                   title_words = excluded.title_words, words = excluded.words, text = excluded.text
                 WHERE (documents_search_texts.title_words, documents_search_texts.words, documents_search_texts.text)
                   <> (excluded.title_words, excluded.words, excluded.text)",
        postgres: "INSERT INTO documents_search_texts (entry, title_words, words, text)
                   SELECT entry, array_to_tsvector(string_to_array($3, ' ')), array_to_tsvector(string_to_array($4, ' ')), $5
                   FROM documents_search_entries WHERE generation = $1 AND document_id = $2
                   ON CONFLICT (entry) DO UPDATE SET
                     title_words = excluded.title_words, words = excluded.words, text = excluded.text
                   WHERE (documents_search_texts.title_words, documents_search_texts.words, documents_search_texts.text)
                     <> (excluded.title_words, excluded.words, excluded.text)"
    ));
    let Indexed { title_words, words, text } = Indexed::of(seen.workspace_id, &seen.title, &text);
    query.bind(document).bind(title_words).bind(words).bind(text).exec().await?;
    Ok(true)
}

/// What a note says; nothing when it cannot be opened, which keeps nobody from finding the document by its title.
fn text_of(stored: &StoredNote) -> String {
    // Nothing is written, so it does not matter which copy this is.
    match stored.open(Replica::from_random(0)) {
        Ok(note) => note.plain_text(),
        Err(error) => {
            tracing::error!(
                note = %stored.id,
                error = &error as &dyn std::error::Error,
                "a note cannot be opened, and is found by its title alone"
            );
            String::new()
        }
    }
}

#[cfg(test)]
mod tests;
