//! Failures of what people do with their own account.

use axum::http::StatusCode;
use identity::{
    ChangeEmailError, ChangePasswordError, DeleteAccountError, ExportAccountError, LogOutError,
    ReauthenticateError, RequestEmailChangeError, RequestPasswordResetError, ResetPasswordError,
    UpdateProfileError,
};

use serde_json::json;

use super::{ApiError, identity::log_in_refused};

/// The session holds, but whoever has it may have found it open.
pub(super) const NOT_FRESH: ApiError = ApiError::new(
    StatusCode::FORBIDDEN,
    "reauthentication_needed",
    "The log-in was too long ago: show once more who you are",
);

/// The session is good, but the link is not.
const LINK_REFUSED: ApiError =
    ApiError::new(StatusCode::NOT_FOUND, "link_not_found", "The link does not work any more");

impl From<ChangePasswordError> for ApiError {
    fn from(error: ChangePasswordError) -> Self {
        match error {
            ChangePasswordError::Forbidden => Self::forbidden(),
            ChangePasswordError::Invalid(fields) => fields.into(),
            ChangePasswordError::NotFresh => NOT_FRESH,
            ChangePasswordError::Storage(error) => error.into(),
        }
    }
}

impl From<RequestEmailChangeError> for ApiError {
    fn from(error: RequestEmailChangeError) -> Self {
        match error {
            RequestEmailChangeError::Forbidden => Self::forbidden(),
            RequestEmailChangeError::Invalid(fields) => fields.into(),
            RequestEmailChangeError::NotFresh => NOT_FRESH,
            RequestEmailChangeError::Storage(error) => error.into(),
        }
    }
}

impl From<ChangeEmailError> for ApiError {
    fn from(error: ChangeEmailError) -> Self {
        match error {
            ChangeEmailError::Forbidden => Self::forbidden(),
            ChangeEmailError::InvalidToken => LINK_REFUSED,
            ChangeEmailError::Invalid(fields) => fields.into(),
            ChangeEmailError::Storage(error) => error.into(),
        }
    }
}

impl From<DeleteAccountError> for ApiError {
    fn from(error: DeleteAccountError) -> Self {
        match error {
            DeleteAccountError::Forbidden => Self::forbidden(),
            DeleteAccountError::NotFresh => NOT_FRESH,
            DeleteAccountError::OwnsWorkspaces(owned) => Self::new(
                StatusCode::CONFLICT,
                "owns_workspaces",
                "Workspaces of the account must be transferred or deleted first",
            )
            .with_detail("workspaces", json!(owned)),
            DeleteAccountError::Storage(error) => error.into(),
        }
    }
}

impl From<ExportAccountError> for ApiError {
    fn from(error: ExportAccountError) -> Self {
        match error {
            ExportAccountError::Forbidden => Self::forbidden(),
            ExportAccountError::NotFresh => NOT_FRESH,
            ExportAccountError::Storage(error) => error.into(),
        }
    }
}

impl From<LogOutError> for ApiError {
    fn from(error: LogOutError) -> Self {
        match error {
            LogOutError::Forbidden => Self::forbidden(),
            LogOutError::SessionNotFound => Self::session_not_found(),
            LogOutError::Storage(error) => error.into(),
        }
    }
}

impl From<ReauthenticateError> for ApiError {
    fn from(error: ReauthenticateError) -> Self {
        match error {
            ReauthenticateError::Forbidden => Self::forbidden(),
            ReauthenticateError::Rejected => log_in_refused(),
            // The session has ended since it was presented.
            ReauthenticateError::SessionNotFound => Self::unauthenticated(),
            ReauthenticateError::Storage(error) => error.into(),
        }
    }
}

impl From<RequestPasswordResetError> for ApiError {
    fn from(error: RequestPasswordResetError) -> Self {
        match error {
            RequestPasswordResetError::Storage(error) => error.into(),
        }
    }
}

impl From<ResetPasswordError> for ApiError {
    fn from(error: ResetPasswordError) -> Self {
        match error {
            ResetPasswordError::InvalidToken => log_in_refused(),
            ResetPasswordError::Invalid(fields) => fields.into(),
            ResetPasswordError::Storage(error) => error.into(),
        }
    }
}

impl From<UpdateProfileError> for ApiError {
    fn from(error: UpdateProfileError) -> Self {
        match error {
            UpdateProfileError::Forbidden => Self::forbidden(),
            UpdateProfileError::Invalid(fields) => fields.into(),
            UpdateProfileError::Storage(error) => error.into(),
        }
    }
}
