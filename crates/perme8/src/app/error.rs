//! Why the host does not run.

use std::io;

use llm::CompletionsSetupError;
use mail::SmtpSetupError;
use perme8_events::{
    StorageError,
    host::StartError,
    sql::{MigrationError, OpenError},
};

/// Why the host does not run.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The database was not opened; nothing in it was changed.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The database was not brought to the schema of this program.
    #[error(transparent)]
    Migration(#[from] MigrationError),
    /// The handlers do not fit the database.
    #[error(transparent)]
    Handlers(#[from] StartError),
    /// Mails would not go out.
    #[error(transparent)]
    Mail(#[from] SmtpSetupError),
    /// The language model cannot be asked.
    #[error(transparent)]
    LanguageModel(#[from] CompletionsSetupError),
    /// The database gave an error.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// Nobody can listen there.
    #[error("cannot listen on {address}")]
    Listen {
        /// Where.
        address: String,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
}
