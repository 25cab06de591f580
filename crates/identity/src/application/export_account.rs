//! Taking along what is held of oneself.

use perme8_events::StorageError;

use crate::domain::references::SessionId;

/// Asks for everything that is held of the person who acts, but secrets.
///
/// Whoever does so has logged in within the last 20 minutes: all of it at once is more than an open session shows.
#[derive(Debug, Clone, Copy)]
pub struct ExportAccount {
    /// The session in which it is asked for.
    pub session_id: SessionId,
}

/// Why nothing is handed out.
#[derive(Debug, thiserror::Error)]
pub enum ExportAccountError {
    /// No person acts, or one without an account.
    #[error("only people have an account to take along")]
    Forbidden,
    /// The log-in was too long ago.
    #[error("show once more who you are")]
    NotFresh,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}
