//! Why a delivery or a whole lane does not go on.

use crate::{application::handler::HandlerError, domain::error::StorageError};

/// Why a lane stops short.
#[derive(Debug)]
pub(crate) enum Interrupted {
    /// Somebody else owns the partition now.
    LeaseLost,
    /// The database failed.
    Storage(StorageError),
}

impl From<StorageError> for Interrupted {
    fn from(error: StorageError) -> Self {
        Self::Storage(error)
    }
}

/// Why an attempt left nothing behind.
pub(crate) enum Failure {
    Handler(HandlerError),
    Interrupted(Interrupted),
}

impl From<StorageError> for Failure {
    fn from(error: StorageError) -> Self {
        Self::Interrupted(error.into())
    }
}

/// What the database refuses behind a handler is a failure of the delivery: a handler may have swallowed an error that
/// spoils its transaction. Only when the database is gone altogether nobody is to blame.
pub(crate) fn refused(error: StorageError) -> Failure {
    if error.is_unavailable() { error.into() } else { Failure::Handler(error.into()) }
}
