//! A note as it is stored: every edit in its order, and the text that was written last.

use perme8_events::{UserId, WorkspaceId};

use super::burst::Burst;
use super::content::{ContentHash, Source};
use super::lib0::Malformed;
use super::note::{Edit, Note, Replica};
use super::references::{DocumentId, NoteId};

/// A note that begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewNote {
    pub id: NoteId,
    pub document_id: DocumentId,
    pub workspace_id: WorkspaceId,
    pub author: Option<UserId>,
}

/// An edit, and who made it; the program itself when it is nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Authored {
    pub edit: Edit,
    pub author: Option<UserId>,
}

/// What is stored of a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredNote {
    pub id: NoteId,
    pub document_id: DocumentId,
    pub workspace_id: WorkspaceId,
    /// The number of the last edit.
    pub head: i64,
    /// What stands for the first edits, if they were put together.
    pub snapshot: Option<Vec<u8>>,
    /// The edits since, in their order.
    pub updates: Vec<Vec<u8>>,
    /// The text that was written last.
    pub source: Option<Source>,
    /// The edits that nobody was told of yet.
    pub burst: Option<Burst>,
}

impl StoredNote {
    /// The note in memory.
    ///
    /// # Errors
    /// [`Malformed`] if what is stored is none.
    pub(crate) fn open(&self, replica: Replica) -> Result<Note, Malformed> {
        Note::open(replica, self.snapshot.iter().chain(&self.updates).map(Vec::as_slice))
    }

    /// The text that is asked for, and its hash, while `note` is what is stored.
    pub(crate) fn text_of(&self, note: &Note) -> (String, ContentHash) {
        let markdown = note.markdown();
        let text = Source::text(self.source.as_ref(), &markdown).to_owned();
        let hash = ContentHash::of(&text);
        (text, hash)
    }
}
