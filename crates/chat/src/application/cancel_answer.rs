//! Not wanting to hear more of an answer.

use perme8_events::StorageError;

use crate::domain::references::{ChatSessionId, MessageId};

/// Cancels the answer that is being written in a session; what came of it is kept.
#[derive(Debug, Clone)]
pub struct CancelAnswer {
    /// In which session.
    pub session: ChatSessionId,
    /// Which answer; whichever is being written when none is named. Another one than that goes on.
    pub answer: Option<MessageId>,
}

/// Why an answer goes on.
#[derive(Debug, thiserror::Error)]
pub enum CancelAnswerError {
    /// There is no such session of the person who acts.
    #[error("there is no such session")]
    SessionNotFound,
    /// No person acts.
    #[error("only people have sessions")]
    Forbidden,
    /// None is being written.
    #[error("no answer is being written")]
    NoAnswer,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}
