//! Failures of the notifications context.

use notifications::{
    DeleteNotificationError, MarkAllReadError, MarkReadError, QueryError, SetPreferencesError,
};

use super::{ApiError, FieldProblems};

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

impl From<DeleteNotificationError> for ApiError {
    fn from(error: DeleteNotificationError) -> Self {
        match error {
            DeleteNotificationError::Forbidden => Self::forbidden(),
            DeleteNotificationError::NotificationNotFound => Self::notification_not_found(),
            DeleteNotificationError::Storage(error) => error.into(),
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

impl From<SetPreferencesError> for ApiError {
    fn from(error: SetPreferencesError) -> Self {
        let field = match error {
            SetPreferencesError::Forbidden => return Self::forbidden(),
            SetPreferencesError::Storage(error) => return error.into(),
            SetPreferencesError::NoSuchHour => "digest_hour",
            SetPreferencesError::CannotBeOff(_)
            | SetPreferencesError::WorkspaceNotFound(_)
            | SetPreferencesError::Repeated(_)
            | SetPreferencesError::TooMany => "preferences",
        };
        Self::invalid(FieldProblems::from([(field, vec![error.to_string()])]))
    }
}
