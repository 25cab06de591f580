//! What documents say: read, compared with what somebody has seen, and written.

use perme8_events::{Load, StorageError, Transaction, UserId};

use crate::{
    application::{
        bursts,
        notes::Notes,
        read_models::{SeenDocument, Text},
    },
    domain::{
        content::Source,
        document::Document,
        note::{Note, Replica, WriteError},
        stored_note::{Authored, StoredNote},
    },
};

/// A note in memory, and as it is stored; nobody else changes it until the transaction ends.
pub(crate) struct Opened {
    /// What it belongs to, as that was read.
    document: Document,
    stored: StoredNote,
    note: Note,
    /// What it says.
    text: Text,
}

/// Why a text was not written.
#[derive(Debug)]
pub(crate) enum NotWritten {
    /// The note does not take it.
    Refused(WriteError),
    /// The storage failed.
    Storage(StorageError),
}

/// A number under which nobody else edits.
pub(crate) fn replica(tx: &mut impl Transaction) -> Replica {
    // The lower half of an id is random.
    Replica::from_random(tx.new_uuid().as_u64_pair().1)
}

/// The text of a note that was read outside of any transaction.
pub(crate) fn text_of(stored: &StoredNote) -> Result<Text, StorageError> {
    // It is not edited, so whoever else has the number does not matter.
    let note = stored.open(Replica::from_random(0)).map_err(StorageError::new)?;
    Ok(Text::of(stored, &note))
}

impl Opened {
    /// The note of a document that is as it was read; a conflict if it is not.
    pub(crate) async fn of(
        tx: &mut (impl Notes + Load<Document>),
        document: &Document,
    ) -> Result<Self, StorageError> {
        // Whoever ends a document ends its note, so it has changed since it was read.
        let stored = tx.lock_note(document.id).await?.ok_or_else(StorageError::conflict)?;
        // Whoever was waited for may have hidden the document before writing what stands here now.
        let current = tx.load(document.id).await?;
        if current.is_none_or(|current| current.version != document.version) {
            return Err(StorageError::conflict());
        }
        let note = stored.open(replica(tx)).map_err(StorageError::new)?;
        let text = Text::of(&stored, &note);
        Ok(Self { document: document.clone(), stored, note, text })
    }

    /// What it says.
    pub(crate) fn text(&self) -> Text {
        self.text.clone()
    }

    /// Whether its document is what somebody has seen; whoever has seen nothing takes it as it is.
    pub(crate) fn is_as_seen(&self, seen: Option<&SeenDocument>) -> bool {
        seen.is_none_or(|seen| {
            let content = seen.content.as_ref();
            seen.is_of(&self.document) && content.is_none_or(|tag| self.text.is_tagged(tag))
        })
    }

    /// Makes it say this; gives its text if that is another one since then, of which others must [be told](bursts::end).
    pub(crate) async fn write(
        mut self,
        tx: &mut impl Notes,
        author: UserId,
        text: &str,
    ) -> Result<Option<Text>, NotWritten> {
        if self.text.content.as_deref() == Some(text) {
            return Ok(None);
        }
        let edit = self.note.write(text).map_err(NotWritten::Refused)?;
        if let (Some(_), Some(content)) = (self.stored.burst, &self.text.content) {
            // Nobody was told of it yet, and soon it is gone.
            bursts::keep(tx, &self.document, content).await?;
        }
        if let Some(edit) = edit {
            let edits = [Authored { edit, author: Some(author) }];
            let number = tx.append_updates(self.stored.id, &edits).await?;
            number.ok_or_else(StorageError::conflict)?;
        }
        let source = Source::new(text.to_owned(), &self.note.markdown());
        tx.keep_source(self.stored.id, &source).await?;
        // It stands for what the note says now.
        Ok(Some(Text::written(text)))
    }
}

impl From<StorageError> for NotWritten {
    fn from(error: StorageError) -> Self {
        Self::Storage(error)
    }
}

/// Whether a document is what somebody has seen; whoever has seen nothing takes it as it is.
pub(crate) async fn is_as_seen(
    tx: &mut (impl Notes + Load<Document>),
    document: &Document,
    seen: Option<&SeenDocument>,
) -> Result<bool, StorageError> {
    match seen {
        Some(seen) if !seen.is_of(document) => Ok(false),
        Some(SeenDocument { content: Some(_), .. }) => {
            Ok(Opened::of(tx, document).await?.is_as_seen(seen))
        }
        Some(_) | None => Ok(true),
    }
}
