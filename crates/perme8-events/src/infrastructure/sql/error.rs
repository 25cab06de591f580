//! What the engines' errors mean.

use sqlx::Error;

use crate::domain::error::StorageError;

impl From<Error> for StorageError {
    fn from(error: Error) -> Self {
        let gone = matches!(
            error,
            Error::Io(_)
                | Error::Tls(_)
                | Error::PoolTimedOut
                | Error::PoolClosed
                | Error::WorkerCrashed
        );
        let Some(database) = error.as_database_error() else {
            return if gone { Self::unavailable(error) } else { Self::new(error) };
        };
        // What had to be unique was taken in the meantime, or what a row refers to went.
        if database.is_unique_violation() || database.is_foreign_key_violation() {
            return Self::conflict_because(error);
        }
        match database.code().as_deref() {
            // Serialisation failure, deadlock, lock not available; SQLITE_BUSY and its kinds: recovery, snapshot, time-out.
            Some("40001" | "40P01" | "55P03" | "5" | "261" | "517" | "773") => Self::again(error),
            // A transaction or a connection that only reads was asked to write; SQLITE_READONLY.
            Some("25006" | "8") => Self::only_looks(error),
            // The connection or the server goes away.
            Some(code) if code.starts_with("08") || code.starts_with("57P") => {
                Self::unavailable(error)
            }
            _ => Self::new(error),
        }
    }
}
