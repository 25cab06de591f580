//! Failures of API keys: of what people do with them, and of what they do.

use axum::http::StatusCode;
use identity::{
    CreateApiKeyError, KeyScope, RevokeApiKeyError, RotateApiKeyError, UpdateApiKeyError,
};
use serde_json::json;

use super::{ApiError, Says, accounts::NOT_FRESH};

/// What a key is refused says one text; the code says why.
const fn refused(code: &'static str) -> ApiError {
    ApiError::new(StatusCode::FORBIDDEN, code, "Insufficient permissions")
}

const TOO_WIDE: ApiError = refused("wider_than_key");

const TOO_MANY: ApiError =
    ApiError::new(StatusCode::CONFLICT, "too_many_api_keys", "Too many API keys are active");

const INACTIVE: ApiError =
    ApiError::new(StatusCode::CONFLICT, "api_key_inactive", "The API key is revoked or expired");

impl ApiError {
    /// The same answer to whatever stands in `Authorization` and is neither a session nor a good key.
    pub(crate) fn bearer_refused() -> Self {
        let Self { status, code, header, .. } = Self::unauthenticated();
        Self { status, code, says: Says::Message("Invalid or revoked API key"), header }
    }

    /// Keys do not do this; somebody who is logged in does.
    pub(crate) const fn session_required() -> Self {
        refused("session_required")
    }

    /// The key would have to have this scope.
    pub(crate) fn scope_missing(scope: KeyScope) -> Self {
        refused("scope_missing").with_detail("required", json!(scope.as_str()))
    }

    /// The workspace is not in the list of the key, whether or not there is such a workspace.
    pub(crate) const fn workspace_out_of_reach() -> Self {
        refused("workspace_out_of_reach")
    }

    pub(crate) const fn api_key_not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "api_key_not_found", "API key not found")
    }
}

impl From<CreateApiKeyError> for ApiError {
    fn from(error: CreateApiKeyError) -> Self {
        match error {
            CreateApiKeyError::Forbidden => Self::forbidden(),
            CreateApiKeyError::NotFresh => NOT_FRESH,
            CreateApiKeyError::Invalid(fields) => fields.into(),
            CreateApiKeyError::WorkspaceForbidden => Self::workspace_out_of_reach(),
            CreateApiKeyError::TooWide => TOO_WIDE,
            CreateApiKeyError::TooMany => TOO_MANY,
            CreateApiKeyError::Storage(error) => error.into(),
        }
    }
}

impl From<UpdateApiKeyError> for ApiError {
    fn from(error: UpdateApiKeyError) -> Self {
        match error {
            UpdateApiKeyError::NotFound => Self::api_key_not_found(),
            UpdateApiKeyError::Forbidden => Self::forbidden(),
            UpdateApiKeyError::NotFresh => NOT_FRESH,
            UpdateApiKeyError::Inactive => INACTIVE,
            UpdateApiKeyError::Invalid(fields) => fields.into(),
            UpdateApiKeyError::WorkspaceForbidden => Self::workspace_out_of_reach(),
            UpdateApiKeyError::TooWide => TOO_WIDE,
            UpdateApiKeyError::Storage(error) => error.into(),
        }
    }
}

impl From<RotateApiKeyError> for ApiError {
    fn from(error: RotateApiKeyError) -> Self {
        match error {
            RotateApiKeyError::NotFound => Self::api_key_not_found(),
            RotateApiKeyError::Forbidden => Self::forbidden(),
            RotateApiKeyError::NotFresh => NOT_FRESH,
            RotateApiKeyError::Inactive => INACTIVE,
            RotateApiKeyError::Invalid(fields) => fields.into(),
            RotateApiKeyError::TooWide => TOO_WIDE,
            RotateApiKeyError::Storage(error) => error.into(),
        }
    }
}

impl From<RevokeApiKeyError> for ApiError {
    fn from(error: RevokeApiKeyError) -> Self {
        match error {
            RevokeApiKeyError::NotFound => Self::api_key_not_found(),
            RevokeApiKeyError::Forbidden => Self::forbidden(),
            RevokeApiKeyError::TooWide => TOO_WIDE,
            RevokeApiKeyError::Storage(error) => error.into(),
        }
    }
}
