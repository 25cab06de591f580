//! Joining the editors of a note.

use perme8_events::StorageError;

use crate::{
    application::acting::{NotActing, OutOfReach},
    domain::{policy::Denied, references::DocumentRef},
};

/// Joins those who have the note of a document open.
#[derive(Debug, Clone)]
pub struct EditNote {
    /// Which document.
    pub document: DocumentRef,
    /// Whether nothing is written, whatever the person may.
    pub only_reads: bool,
}

/// Why nobody joined.
#[derive(Debug, thiserror::Error)]
pub enum EditNoteError {
    /// No person acts, or one who may not see documents.
    #[error("only people edit documents")]
    Forbidden,
    /// There is no such workspace, or the person who acts is a stranger there.
    #[error("there is no such workspace")]
    WorkspaceNotFound,
    /// The workspace has no such document that the person sees, or it is in the trash.
    #[error("there is no such document")]
    DocumentNotFound,
    /// As many have it open already as can, or as many documents are open.
    #[error("too many people edit this document, or too many documents are open; come back later")]
    Crowded,
    /// This program opens no notes.
    #[error("no notes are edited here; ask a server")]
    NotServed,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl From<OutOfReach> for EditNoteError {
    fn from(reason: OutOfReach) -> Self {
        match reason {
            OutOfReach::NoDocument | OutOfReach::Hidden => Self::DocumentNotFound,
            OutOfReach::ProjectArchived
            | OutOfReach::NotActing(
                NotActing::Nobody | NotActing::Denied(Denied::ByRole | Denied::ByArchive),
            ) => Self::Forbidden,
            OutOfReach::NotActing(NotActing::Stranger) => Self::WorkspaceNotFound,
            OutOfReach::NotActing(NotActing::Storage(error)) => Self::Storage(error),
        }
    }
}

impl From<NotActing> for EditNoteError {
    fn from(reason: NotActing) -> Self {
        OutOfReach::from(reason).into()
    }
}
