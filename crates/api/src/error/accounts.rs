//! Failures of what people do with their own account.

use identity::UpdateProfileError;

use super::ApiError;

impl From<UpdateProfileError> for ApiError {
    fn from(error: UpdateProfileError) -> Self {
        match error {
            UpdateProfileError::Forbidden => Self::forbidden(),
            UpdateProfileError::Invalid(fields) => fields.into(),
            UpdateProfileError::Storage(error) => error.into(),
        }
    }
}
