//! Failures of the notifications context.

use notifications::{MarkAllReadError, MarkReadError, QueryError};

use super::ApiError;

impl From<QueryError> for ApiError {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::Forbidden => Self::forbidden(),
            QueryError::Storage(error) => error.into(),
        }
    }
}

impl From<MarkReadError> for ApiError {
    fn from(error: MarkReadError) -> Self {
        match error {
            MarkReadError::Forbidden => Self::forbidden(),
            MarkReadError::NotificationNotFound => Self::notification_not_found(),
            MarkReadError::Storage(error) => error.into(),
        }
    }
}

impl From<MarkAllReadError> for ApiError {
    fn from(error: MarkAllReadError) -> Self {
        match error {
            MarkAllReadError::Forbidden => Self::forbidden(),
            MarkAllReadError::Storage(error) => error.into(),
        }
    }
}
