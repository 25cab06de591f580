//! Failures of graphs, in the words in which clients of graphs have always been told: `error` is a word, `message` is for people.

use std::{borrow::Cow, io::ErrorKind};

use axum::http::{HeaderValue, StatusCode, header::RETRY_AFTER};
use erm::{
    AccessError, BulkError, DryRunSchemaError, GraphError, ImportError, ItemQueryError, ListError,
    PutSchemaError, SchemaQueryError, WriteError,
};
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

const TOO_LARGE: ApiError = refused(
    "traversal_too_large",
    "Too many entities would be visited: go less far, or along fewer types of edges",
);

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
            WriteError::Endpoint { field, message } => Self::wrong_field(field, &message),
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
            // Whoever reads a body looks at how much it names.
            BulkError::Empty => Self::wrong_because(&error.to_string()),
            BulkError::TooLarge => Self::not_understood(error.to_string()),
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
            GraphError::TooLarge { visited: _ } => TOO_LARGE,
            GraphError::TimedOut => {
                TIMED_OUT.with_header(RETRY_AFTER, HeaderValue::from_static("1"))
            }
            GraphError::Storage(error) => error.into(),
        }
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
mod tests {
    use expect_test::expect;
    use identity::KeyScope;
    use perme8_events::StorageError;

    use super::*;

    #[test]
    fn whatever_fails_is_told_in_a_word() {
        let failures = [
            ApiError::malformed_json(),
            ApiError::unsupported_media_type(),
            ApiError::bearer_refused(),
            ApiError::scope_missing(KeyScope::ErmRead),
            ApiError::workspace_out_of_reach(),
            ApiError::workspace_not_found(),
            ApiError::forbidden(),
            ApiError::version_conflict(),
            ApiError::other_version(),
            ApiError::invalid_field("body", "must be an object"),
            ApiError::item_not_found(),
            ApiError::wrong_because("this is wrong").beside("meta", json!({ "created": 0 })),
            ApiError::no_start_id(),
            StorageError::new("the secret cause").into(),
        ];
        let told = failures.map(|error| {
            let error = error.in_words();
            format!("{} {}\n", error.status.as_u16(), error.body("1"))
        });
        expect![[r#"
            400 {"code":"malformed_json","error":"bad_request","message":"The body is not JSON","request_id":"1"}
            415 {"code":"unsupported_media_type","error":"unsupported_content_type","message":"The body must be application/json","request_id":"1"}
            401 {"code":"unauthenticated","error":"unauthorized","message":"Invalid or revoked API key","request_id":"1"}
            403 {"code":"scope_missing","error":"forbidden","message":"Insufficient permissions","request_id":"1","required":"erm:read"}
            403 {"code":"workspace_out_of_reach","error":"forbidden","message":"Insufficient permissions","request_id":"1"}
            404 {"code":"workspace_not_found","error":"not_found","message":"Workspace not found","request_id":"1"}
            403 {"code":"forbidden","error":"forbidden","message":"Insufficient permissions","request_id":"1"}
            409 {"code":"version_conflict","error":"version_conflict","message":"It has changed since: look at it again","request_id":"1"}
            412 {"code":"version_mismatch","error":"version_mismatch","message":"It has changed since: look at it again","request_id":"1"}
            422 {"code":"validation_failed","error":"validation_errors","errors":[{"field":"body","message":"must be an object"}],"request_id":"1"}
            404 {"code":"not_found","error":"not_found","request_id":"1"}
            422 {"code":"validation_errors","error":"validation_errors","errors":[{"message":"this is wrong"}],"meta":{"created":0},"request_id":"1"}
            422 {"code":"missing_start_id","error":"missing_start_id","message":"start_id is required","request_id":"1"}
            500 {"code":"internal_error","error":"internal_server_error","message":"Something went wrong","request_id":"1"}
        "#]].assert_eq(&told.concat());
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
            ImportError::Unreadable(error) if error.kind() == ErrorKind::FileTooLarge => {
                Self::body_too_large()
            }
            ImportError::Unreadable(error) if error.kind() == ErrorKind::TimedOut => {
                Self::body_timeout()
            }
            ImportError::Unreadable(_) => Self::unreadable_body(),
            ImportError::Storage(error) => error.into(),
        }
    }
}
