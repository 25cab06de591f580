//! Failures of the documents context.

use axum::http::StatusCode;
use documents::{
    AgentCommandError, CreateDocumentError, EditNoteError, PurgeDocumentError, QueryError,
    RestoreDocumentError, RestoreVersionError, SearchError, Text, TrashDocumentError,
    UpdateDocumentError, VersionError, WriteError,
};
use serde_json::json;

use super::{ApiError, identity::WORKSPACE_ARCHIVED, projects::PROJECT_ARCHIVED};

const TOO_MANY_DOCUMENTS: ApiError = ApiError::new(
    StatusCode::UNPROCESSABLE_ENTITY,
    "too_many_documents",
    "The workspace has as many documents as it can have: purge some that are in the trash",
);

const CONTENT_HASH_REQUIRED: ApiError = ApiError::new(
    StatusCode::UNPROCESSABLE_ENTITY,
    "content_hash_required",
    "content_hash is required when updating content",
);

fn content_conflict(Text { content, content_hash }: Text) -> ApiError {
    ApiError::with_current(
        "content_conflict",
        "The content has changed since: look at it again",
        json!({ "content": content, "content_hash": content_hash }),
    )
}

const INVALID_COMMAND: ApiError = ApiError::new(
    StatusCode::UNPROCESSABLE_ENTITY,
    "invalid_command",
    "A command is one line: @j, a space, the name of an agent, and a question",
);

impl From<AgentCommandError> for ApiError {
    fn from(error: AgentCommandError) -> Self {
        INVALID_COMMAND.with_detail("reason", json!(error.as_str()))
    }
}

impl From<WriteError> for ApiError {
    fn from(error: WriteError) -> Self {
        Self::invalid_field("content", &error.to_string())
    }
}

impl From<QueryError> for ApiError {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::Forbidden => Self::forbidden(),
            QueryError::WorkspaceNotFound => Self::workspace_not_found(),
            QueryError::ProjectNotFound => Self::project_not_found(),
            QueryError::DocumentNotFound => Self::document_not_found(),
            QueryError::Storage(error) => error.into(),
        }
    }
}

impl From<SearchError> for ApiError {
    fn from(error: SearchError) -> Self {
        let problem = error.to_string();
        match error {
            SearchError::Forbidden => Self::forbidden(),
            SearchError::WorkspaceNotFound => Self::workspace_not_found(),
            SearchError::NoWords | SearchError::TooLong | SearchError::TooManyWords => {
                Self::invalid_field("q", &problem)
            }
            SearchError::Storage(error) => error.into(),
        }
    }
}

impl From<CreateDocumentError> for ApiError {
    fn from(error: CreateDocumentError) -> Self {
        match error {
            CreateDocumentError::WorkspaceNotFound => Self::workspace_not_found(),
            CreateDocumentError::ProjectNotFound => Self::project_not_found(),
            CreateDocumentError::Forbidden => Self::forbidden(),
            CreateDocumentError::WorkspaceArchived => WORKSPACE_ARCHIVED,
            CreateDocumentError::ProjectArchived => PROJECT_ARCHIVED,
            CreateDocumentError::TooMany => TOO_MANY_DOCUMENTS,
            CreateDocumentError::Invalid(fields) => fields.into(),
            CreateDocumentError::Unwritable(error) => error.into(),
            CreateDocumentError::Storage(error) => error.into(),
        }
    }
}

impl From<UpdateDocumentError> for ApiError {
    fn from(error: UpdateDocumentError) -> Self {
        match error {
            UpdateDocumentError::WorkspaceNotFound => Self::workspace_not_found(),
            UpdateDocumentError::DocumentNotFound => Self::document_not_found(),
            UpdateDocumentError::ProjectNotFound => Self::project_not_found(),
            UpdateDocumentError::Forbidden => Self::forbidden(),
            UpdateDocumentError::WorkspaceArchived => WORKSPACE_ARCHIVED,
            UpdateDocumentError::ProjectArchived => PROJECT_ARCHIVED,
            UpdateDocumentError::OtherVersion => Self::version_conflict(),
            UpdateDocumentError::ContentHashMissing => CONTENT_HASH_REQUIRED,
            UpdateDocumentError::OtherContent(current) => content_conflict(*current),
            UpdateDocumentError::Invalid(fields) => fields.into(),
            UpdateDocumentError::Unwritable(error) => error.into(),
            UpdateDocumentError::Storage(error) => error.into(),
        }
    }
}

/// As many have it open as can; they come and go.
const CROWDED: ApiError = ApiError::new(
    StatusCode::SERVICE_UNAVAILABLE,
    "crowded",
    "Too many people edit this document, or too many documents are open: come back later",
);

impl From<EditNoteError> for ApiError {
    fn from(error: EditNoteError) -> Self {
        match error {
            EditNoteError::Forbidden => Self::forbidden(),
            EditNoteError::WorkspaceNotFound => Self::workspace_not_found(),
            EditNoteError::DocumentNotFound => Self::document_not_found(),
            EditNoteError::Crowded => CROWDED,
            // A host that serves this route opens notes.
            EditNoteError::NotServed => Self::internal(),
            EditNoteError::Storage(error) => error.into(),
        }
    }
}

const VERSION_NOT_FOUND: ApiError =
    ApiError::new(StatusCode::NOT_FOUND, "version_not_found", "Version not found");

impl From<VersionError> for ApiError {
    fn from(error: VersionError) -> Self {
        match error {
            VersionError::Forbidden => Self::forbidden(),
            VersionError::WorkspaceNotFound => Self::workspace_not_found(),
            VersionError::DocumentNotFound => Self::document_not_found(),
            VersionError::VersionNotFound => VERSION_NOT_FOUND,
            VersionError::Storage(error) => error.into(),
        }
    }
}

impl From<RestoreVersionError> for ApiError {
    fn from(error: RestoreVersionError) -> Self {
        match error {
            RestoreVersionError::WorkspaceNotFound => Self::workspace_not_found(),
            RestoreVersionError::DocumentNotFound => Self::document_not_found(),
            RestoreVersionError::VersionNotFound => VERSION_NOT_FOUND,
            RestoreVersionError::Forbidden => Self::forbidden(),
            RestoreVersionError::WorkspaceArchived => WORKSPACE_ARCHIVED,
            RestoreVersionError::ProjectArchived => PROJECT_ARCHIVED,
            RestoreVersionError::OtherVersion => Self::other_version(),
            RestoreVersionError::Unwritable(error) => error.into(),
            RestoreVersionError::Storage(error) => error.into(),
        }
    }
}

/// Writes the failures of what is done to a document without a body: what was seen comes by `If-Match` alone.
macro_rules! from_refusals {
    ($($Error:ident),+ $(,)?) => {$(
        impl From<$Error> for ApiError {
            fn from(error: $Error) -> Self {
                match error {
                    $Error::WorkspaceNotFound => Self::workspace_not_found(),
                    $Error::DocumentNotFound => Self::document_not_found(),
                    $Error::Forbidden => Self::forbidden(),
                    $Error::WorkspaceArchived => WORKSPACE_ARCHIVED,
                    $Error::ProjectArchived => PROJECT_ARCHIVED,
                    $Error::OtherVersion => Self::other_version(),
                    $Error::Storage(error) => error.into(),
                }
            }
        }
    )+};
}

from_refusals!(TrashDocumentError, RestoreDocumentError, PurgeDocumentError);
