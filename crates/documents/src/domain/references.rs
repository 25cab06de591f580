//! How callers name documents, and the ids of what they consist of.

use perme8_events::Id;

/// Marks the ids of documents.
#[derive(Debug)]
pub enum WorkspaceDocument {}

/// Identifies a document.
pub type DocumentId = Id<WorkspaceDocument>;

/// Marks the ids of notes.
#[derive(Debug)]
pub enum DocumentNote {}

/// Identifies a note.
pub type NoteId = Id<DocumentNote>;
