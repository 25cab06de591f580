//! Failures of the projects context.

use axum::http::StatusCode;
use projects::{
    ArchiveProjectError, CreateProjectError, DeleteProjectError, QueryError, RestoreProjectError,
    UpdateProjectError,
};

use super::{ApiError, identity::WORKSPACE_ARCHIVED};

pub(super) const PROJECT_ARCHIVED: ApiError =
    ApiError::new(StatusCode::CONFLICT, "project_archived", "The project is archived");

impl From<QueryError> for ApiError {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::Forbidden => Self::forbidden(),
            QueryError::WorkspaceNotFound => Self::workspace_not_found(),
            QueryError::ProjectNotFound => Self::project_not_found(),
            QueryError::Storage(error) => error.into(),
        }
    }
}

impl From<CreateProjectError> for ApiError {
    fn from(error: CreateProjectError) -> Self {
        match error {
            CreateProjectError::WorkspaceNotFound => Self::workspace_not_found(),
            CreateProjectError::Forbidden => Self::forbidden(),
            CreateProjectError::WorkspaceArchived => WORKSPACE_ARCHIVED,
            CreateProjectError::Invalid(fields) => fields.into(),
            CreateProjectError::Storage(error) => error.into(),
        }
    }
}

impl From<UpdateProjectError> for ApiError {
    fn from(error: UpdateProjectError) -> Self {
        match error {
            UpdateProjectError::WorkspaceNotFound => Self::workspace_not_found(),
            UpdateProjectError::ProjectNotFound => Self::project_not_found(),
            UpdateProjectError::Forbidden => Self::forbidden(),
            UpdateProjectError::WorkspaceArchived => WORKSPACE_ARCHIVED,
            UpdateProjectError::ProjectArchived => PROJECT_ARCHIVED,
            UpdateProjectError::OtherVersion => Self::version_conflict(),
            UpdateProjectError::Invalid(fields) => fields.into(),
            UpdateProjectError::Storage(error) => error.into(),
        }
    }
}

/// Writes the failures of what is done to a project without a body.
macro_rules! from_refusals {
    ($($Error:ident),+ $(,)?) => {$(
        impl From<$Error> for ApiError {
            fn from(error: $Error) -> Self {
                match error {
                    $Error::WorkspaceNotFound => Self::workspace_not_found(),
                    $Error::ProjectNotFound => Self::project_not_found(),
                    $Error::Forbidden => Self::forbidden(),
                    $Error::WorkspaceArchived => WORKSPACE_ARCHIVED,
                    $Error::OtherVersion => Self::version_conflict(),
                    $Error::Storage(error) => error.into(),
                }
            }
        }
    )+};
}

from_refusals!(ArchiveProjectError, RestoreProjectError, DeleteProjectError);
