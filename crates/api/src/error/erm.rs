//! Failures of graphs, in the words in which clients of graphs have always been told: `error` is a word, `message` is for people.

use std::{
    borrow::Cow,
    error::Error,
    io::{self, ErrorKind},
};

use axum::http::{HeaderValue, StatusCode, header::RETRY_AFTER};
use erm::{
    AccessError, BulkError, DryRunSchemaError, GraphError, ImportError, ItemQueryError, ListError,
    PutSchemaError, SchemaQueryError, WriteError,
};
use perme8_events::StorageError;
use serde_json::{Value, json};

use super::{ApiError, Says, identity::WORKSPACE_ARCHIVED};

/// What clients are told of what is wrong with what they sent.
const INVALID: &str = "validation_errors";

/// A refusal in a word; people are told what they can do about it.
const fn refused(word: &'static str, message: &'static str) -> ApiError {
    told(StatusCode::UNPROCESSABLE_ENTITY, word, Some(Cow::Borrowed(message)))
}

const fn told(
    status: StatusCode,
    word: &'static str,
    message: Option<Cow<'static, str>>,
) -> ApiError {
    ApiError { status, code: word, says: Says::Word(word, message, Vec::new()), header: None }
}

impl ApiError {
    /// The address names no workspace, nor could it.
    pub(crate) const fn no_workspace_id() -> Self {
        told(
            StatusCode::BAD_REQUEST,
            "bad_request",
            Some(Cow::Borrowed("workspace_id must be a UUID")),
        )
    }

    /// What was sent is not understood at all.
    pub(crate) fn not_understood(message: String) -> Self {
        told(StatusCode::BAD_REQUEST, "bad_request", Some(Cow::Owned(message)))
    }

    /// What was asked for is none of what there can be.
    pub(crate) fn senseless(word: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        told(StatusCode::UNPROCESSABLE_ENTITY, word, Some(message.into()))
    }

    /// Somebody else wrote the schema at the same time, or since it was seen.
    pub(crate) const fn schema_conflict() -> Self {
        told(
            StatusCode::CONFLICT,
            "version_conflict",
            Some(Cow::Borrowed("A concurrent change came first: look at the schema again")),
        )
    }

    /// No entity has this id, nor could any.
    pub(crate) const fn no_entity_id() -> Self {
        refused("invalid_id", "The id must be a UUID")
    }

    /// The traversal does not say where it starts.
    pub(crate) const fn no_start_id() -> Self {
        refused("missing_start_id", "start_id is required")
    }

    /// Neither an entity nor an edge; why is told by nothing but the address.
    pub(crate) const fn item_not_found() -> Self {
        told(StatusCode::NOT_FOUND, "not_found", None)
    }

    /// These are the things that are wrong, each an object with a `message`.
    pub(crate) fn wrong(errors: Value) -> Self {
        let says = Says::Word(INVALID, None, vec![("errors", errors)]);
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, code: INVALID, says, header: None }
    }

    /// This is wrong.
    pub(crate) fn wrong_because(message: &str) -> Self {
        Self::wrong(json!([{ "message": message }]))
    }

    /// This field is wrong.
    pub(crate) fn wrong_field(field: &str, message: &str) -> Self {
        Self::wrong(json!([{ "field": field, "message": message }]))
    }

    /// The same, with something else beside it.
    pub(crate) fn beside(mut self, name: &'static str, value: Value) -> Self {
        if let Says::Word(_, _, beside) = &mut self.says {
            beside.push((name, value));
        }
        self
    }

    /// The same as clients of graphs are told: whatever kind of failure it is, `error` is a word.
    pub(crate) fn in_words(self) -> Self {
        let Self { status, code, says, header } = self;
        let word = word_for(code);
        let says = match says {
            Says::Message(message) => Says::Word(word, Some(message.into()), Vec::new()),
            Says::Detail(message, name, detail) => {
                Says::Word(word, Some(message.into()), vec![(name, detail)])
            }
            Says::Current(message, current) => {
                Says::Word(word, Some(message.into()), vec![("data", current)])
            }
            Says::Fields(fields) => {
                let errors = fields.iter().flat_map(|(field, problems)| {
                    let named = move |problem| json!({ "field": field, "message": problem });
                    problems.iter().map(named)
                });
                Says::Word(INVALID, None, vec![("errors", errors.collect())])
            }
            says @ Says::Word(..) => says,
        };
        Self { status, code, says, header }
    }
}

const SCHEMA_NOT_FOUND: ApiError = told(
    StatusCode::NOT_FOUND,
    "schema_not_found",
    Some(Cow::Borrowed("The workspace has no such schema")),
);

const START_NOT_FOUND: ApiError =
    told(StatusCode::NOT_FOUND, "not_found", Some(Cow::Borrowed("Entity not found")));

const TARGET_NOT_FOUND: ApiError =
    told(StatusCode::NOT_FOUND, "not_found", Some(Cow::Borrowed("Target entity not found")));

const TIMED_OUT: ApiError = told(
    StatusCode::SERVICE_UNAVAILABLE,
    "traversal_timeout",
    Some(Cow::Borrowed("The traversal took too long: go less far, or try again later")),
);

const NO_SCHEMA: ApiError = refused(
    "no_schema_configured",
    "The workspace has no schema: those who manage it write one first",
);

impl From<SchemaQueryError> for ApiError {
    fn from(error: SchemaQueryError) -> Self {
        match error {
            SchemaQueryError::WorkspaceNotFound => Self::workspace_not_found(),
            SchemaQueryError::Forbidden => Self::forbidden(),
            SchemaQueryError::NoSchema => SCHEMA_NOT_FOUND,
            SchemaQueryError::Storage(error) => error.into(),
        }
    }
}

impl From<PutSchemaError> for ApiError {
    fn from(error: PutSchemaError) -> Self {
        match error {
            PutSchemaError::WorkspaceNotFound => Self::workspace_not_found(),
            PutSchemaError::Forbidden => Self::forbidden(),
            PutSchemaError::WorkspaceArchived => WORKSPACE_ARCHIVED,
            PutSchemaError::OtherVersion => Self::schema_conflict(),
            PutSchemaError::Invalid(errors) => Self::wrong(json!(errors)),
            PutSchemaError::TooManyValues { .. } => {
                Self::senseless("too_many_values", error.to_string())
            }
            PutSchemaError::Storage(error) => error.into(),
        }
    }
}

impl From<DryRunSchemaError> for ApiError {
    fn from(error: DryRunSchemaError) -> Self {
        match error {
            DryRunSchemaError::WorkspaceNotFound => Self::workspace_not_found(),
            DryRunSchemaError::Forbidden => Self::forbidden(),
            DryRunSchemaError::Invalid(errors) => Self::wrong(json!(errors)),
            DryRunSchemaError::Storage(error) => error.into(),
        }
    }
}

impl From<ItemQueryError> for ApiError {
    fn from(error: ItemQueryError) -> Self {
        match error {
            ItemQueryError::WorkspaceNotFound => Self::workspace_not_found(),
            ItemQueryError::Forbidden => Self::forbidden(),
            ItemQueryError::NotFound => Self::item_not_found(),
            ItemQueryError::Storage(error) => error.into(),
        }
    }
}

impl From<ListError> for ApiError {
    fn from(error: ListError) -> Self {
        match error {
            ListError::WorkspaceNotFound => Self::workspace_not_found(),
            ListError::Forbidden => Self::forbidden(),
            ListError::InvalidType(error) => Self::wrong_because(&error.to_string()),
            ListError::Invalid(errors) => {
                let told = errors
                    .iter()
                    .map(|error| json!({ "field": error.field, "message": error.to_string() }));
                Self::wrong(told.collect())
            }
            ListError::Storage(error) => error.into(),
        }
    }
}

impl From<WriteError> for ApiError {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::WorkspaceNotFound => Self::workspace_not_found(),
            WriteError::Forbidden => Self::forbidden(),
            WriteError::WorkspaceArchived => WORKSPACE_ARCHIVED,
            WriteError::NoSchema => NO_SCHEMA,
            WriteError::NotFound => Self::item_not_found(),
            WriteError::OtherVersion => Self::version_conflict(),
            WriteError::Invalid(errors) => Self::wrong(json!(errors)),
            WriteError::EndMissing(end) => Self::wrong_field(end.field(), &error.to_string()),
            WriteError::Endpoint { end, message } => Self::wrong_field(end.field(), &message),
            WriteError::QuotaExceeded { .. } => {
                Self::senseless("quota_exceeded", error.to_string())
            }
            WriteError::KeyTaken => {
                let message = error.to_string();
                let constraint = "unique";
                Self::wrong(json!([
                    { "field": "external_key", "message": message, "constraint": constraint }
                ]))
            }
            WriteError::InvalidType(_) | WriteError::UnknownType { .. } => {
                Self::wrong_because(&error.to_string())
            }
            WriteError::Storage(error) => error.into(),
        }
    }
}

impl From<BulkError> for ApiError {
    fn from(error: BulkError) -> Self {
        match error {
            BulkError::WorkspaceNotFound => Self::workspace_not_found(),
            BulkError::Forbidden => Self::forbidden(),
            BulkError::WorkspaceArchived => WORKSPACE_ARCHIVED,
            BulkError::NoSchema => NO_SCHEMA,
            // Whoever knows of what there is none says so instead.
            BulkError::Empty => Self::wrong_because(&error.to_string()),
            BulkError::TooLarge => Self::not_understood(error.to_string()),
            BulkError::QuotaExceeded { .. } => Self::senseless("quota_exceeded", error.to_string()),
            BulkError::Storage(error) => error.into(),
        }
    }
}

impl From<AccessError> for ApiError {
    fn from(error: AccessError) -> Self {
        match error {
            AccessError::WorkspaceNotFound => Self::workspace_not_found(),
            AccessError::Forbidden => Self::forbidden(),
            AccessError::WorkspaceArchived => WORKSPACE_ARCHIVED,
            AccessError::Storage(error) => error.into(),
        }
    }
}

impl From<GraphError> for ApiError {
    fn from(error: GraphError) -> Self {
        match error {
            GraphError::WorkspaceNotFound => Self::workspace_not_found(),
            GraphError::Forbidden => Self::forbidden(),
            GraphError::InvalidType(error) => {
                Self::senseless("unprocessable_entity", error.to_string())
            }
            GraphError::StartNotFound => START_NOT_FOUND,
            GraphError::TargetNotFound => TARGET_NOT_FOUND,
            GraphError::TooLarge { .. } => {
                Self::senseless("traversal_too_large", error.to_string())
            }
            GraphError::TimedOut => {
                TIMED_OUT.with_header(RETRY_AFTER, HeaderValue::from_static("1"))
            }
            GraphError::Storage(error) => error.into(),
        }
    }
}

impl From<ImportError> for ApiError {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::WorkspaceNotFound => Self::workspace_not_found(),
            ImportError::Forbidden => Self::forbidden(),
            ImportError::WorkspaceArchived => WORKSPACE_ARCHIVED,
            ImportError::NoSchema => refused(
                "no_schema_configured",
                "Neither the workspace nor the file has a schema that comes first",
            ),
            ImportError::QuotaExceeded { .. } => {
                Self::senseless("quota_exceeded", error.to_string())
            }
            ImportError::Unreadable(error) => unreadable(error),
            ImportError::Storage(error) => error.into(),
        }
    }
}

/// Why a file was not read to its end.
#[expect(clippy::wildcard_enum_match_arm, reason = "whatever else broke it off, it is not read")]
fn unreadable(error: Box<dyn Error + Send + Sync>) -> ApiError {
    let Ok(error) = error.downcast::<io::Error>() else { return ApiError::unreadable_body() };
    match error.kind() {
        ErrorKind::FileTooLarge => ApiError::body_too_large(),
        ErrorKind::TimedOut => ApiError::body_timeout(),
        // The session or the key of its sender has ended.
        ErrorKind::PermissionDenied => ApiError::unauthenticated(),
        _ => error
            .downcast::<StorageError>()
            .map_or_else(|_| ApiError::unreadable_body(), ApiError::from),
    }
}

/// The word for what all parts of this edge have in common.
fn word_for(code: &'static str) -> &'static str {
    match code {
        "malformed_json" | "malformed_query" | "unreadable_body" => "bad_request",
        "unauthenticated" => "unauthorized",
        "session_required" | "scope_missing" | "workspace_out_of_reach" => "forbidden",
        "workspace_not_found" => "not_found",
        "unsupported_media_type" => "unsupported_content_type",
        "internal_error" => "internal_server_error",
        "storage_unavailable" => "graph_unavailable",
        other => other,
    }
}

#[cfg(test)]
mod tests;
