//! What documents say: read, compared with what somebody has seen, and written.

use perme8_events::{StorageError, Transaction, UserId};

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
    stored: StoredNote,
    note: Note,
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
    /// The note of a document.
    pub(crate) async fn of(tx: &mut impl Notes, document: &Document) -> Result<Self, StorageError> {
        // Whoever ends a document ends its note, so it has changed since it was read.
        let stored = tx.lock_note(document.id).await?.ok_or_else(StorageError::conflict)?;
        let note = stored.open(replica(tx)).map_err(StorageError::new)?;
        Ok(Self { stored, note })
    }

    /// What it says.
    pub(crate) fn text(&self) -> Text {
        Text::of(&self.stored, &self.note)
    }

    /// Makes it say this; gives its text if that is another one since then, of which others must [be told](bursts::end).
    pub(crate) async fn write(
        mut self,
        tx: &mut impl Notes,
        author: UserId,
        text: &str,
    ) -> Result<Option<Text>, NotWritten> {
        let before = self.text();
        if before.content.as_deref() == Some(text) {
            return Ok(None);
        }
        let edit = self.note.write(text).map_err(NotWritten::Refused)?;
        if let (Some(_), Some(content)) = (self.stored.burst, &before.content) {
            // Nobody was told of it yet, and soon it is gone.
            bursts::keep(tx, self.stored.id, content).await?;
        }
        if let Some(edit) = edit {
            let edits = [Authored { edit, author: Some(author) }];
            let number = tx.append_updates(self.stored.id, &edits).await?;
            number.ok_or_else(StorageError::conflict)?;
        }
        let source = Source::new(text.to_owned(), &self.note.markdown());
        tx.keep_source(self.stored.id, &source).await?;
        self.stored.source = Some(source);
        Ok(Some(self.text()))
    }
}

impl From<StorageError> for NotWritten {
    fn from(error: StorageError) -> Self {
        Self::Storage(error)
    }
}

/// Whether a document is what somebody has seen; whoever has seen nothing takes it as it is.
pub(crate) async fn is_as_seen(
    tx: &mut impl Notes,
    document: &Document,
    seen: Option<&SeenDocument>,
) -> Result<bool, StorageError> {
    let Some(SeenDocument { id, version, content }) = seen else { return Ok(true) };
    if id.is_some_and(|id| id != document.id) || *version != document.version {
        return Ok(false);
    }
    match content {
        Some(content) => Ok(Opened::of(tx, document).await?.text().is_tagged(content)),
        None => Ok(true),
    }
}
