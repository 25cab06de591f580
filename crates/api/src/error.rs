//! What went wrong, as HTTP says it: nothing else in this crate chooses the status of a failure.

use std::{borrow::Cow, collections::BTreeMap};

use axum::{
    http::{
        HeaderName, HeaderValue, StatusCode,
        header::{RETRY_AFTER, UPGRADE, WWW_AUTHENTICATE},
    },
    response::{IntoResponse, Response},
};
use chrono::TimeDelta;
use perme8_events::StorageError;
use serde_json::{Value, json};

mod accounts;
mod agents;
mod answers;
mod api_keys;
mod audit_trail;
mod chat;
pub(crate) mod codes;
mod documents;
mod erm;
mod identity;
mod mcp;
mod notifications;
mod operations;
mod projects;
mod subscriptions;

/// What is wrong with the fields of a body or a query.
pub(crate) type FieldProblems = BTreeMap<&'static str, Vec<String>>;

/// A failure: status, machine-readable code, and a text for people.
///
/// As a response it has no body yet: [`request_id`](crate::request_id) writes it, because each body names its request.
#[derive(Clone, Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    code: &'static str,
    says: Says,
    header: Option<Box<(HeaderName, HeaderValue)>>,
}

#[derive(Clone, Debug)]
enum Says {
    Message(&'static str),
    /// A message, and what it is about.
    Detail(&'static str, &'static str, Value),
    /// A word, and beside it a message, where there is one, and whatever else is said.
    Word(&'static str, Option<Cow<'static, str>>, Vec<(&'static str, Value)>),
    /// A message, and what there is instead of what was seen.
    Current(&'static str, Value),
    Fields(FieldProblems),
}

impl ApiError {
    const fn new(status: StatusCode, code: &'static str, message: &'static str) -> Self {
        Self { status, code, says: Says::Message(message), header: None }
    }

    fn with_header(self, name: HeaderName, value: HeaderValue) -> Self {
        Self { header: Some(Box::new((name, value))), ..self }
    }

    /// The same, with what its message is about.
    pub(crate) fn with_detail(self, name: &'static str, detail: Value) -> Self {
        let says = match self.says {
            Says::Message(message) | Says::Detail(message, _, _) => {
                Says::Detail(message, name, detail)
            }
            says @ (Says::Word(..) | Says::Current(..) | Says::Fields(_)) => says,
        };
        Self { says, ..self }
    }

    pub(crate) const fn malformed_json() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed_json", "The body is not JSON")
    }

    pub(crate) const fn malformed_query() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed_query", "The query is malformed")
    }

    pub(crate) const fn unreadable_body() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "unreadable_body", "The body did not arrive in full")
    }

    pub(crate) const fn malformed_position() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "malformed_position",
            "The position to resume from is malformed",
        )
    }

    /// The same answer to a missing, a malformed, an unknown and an expired session.
    pub(crate) fn unauthenticated() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "unauthenticated",
            "Missing, invalid or expired credentials",
        )
        .with_header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
    }

    pub(crate) const fn forbidden() -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", "Insufficient permissions")
    }

    pub(crate) const fn cross_origin() -> Self {
        Self::new(StatusCode::FORBIDDEN, "cross_origin", "Requests from other origins are refused")
    }

    pub(crate) fn upgrade_required() -> Self {
        Self::new(
            StatusCode::UPGRADE_REQUIRED,
            "upgrade_required",
            "This address speaks WebSocket, version 13",
        )
        .with_header(UPGRADE, HeaderValue::from_static("websocket"))
    }

    pub(crate) const fn route_not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "Not found")
    }

    /// The same answer to a workspace that does not exist and to one that the caller is not a member of.
    pub(crate) const fn workspace_not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "workspace_not_found", "Workspace not found")
    }

    pub(crate) const fn other_version() -> Self {
        Self::new(
            StatusCode::PRECONDITION_FAILED,
            "version_mismatch",
            "It has changed since: look at it again",
        )
    }

    /// The same, where no header says what was seen.
    pub(crate) const fn version_conflict() -> Self {
        Self::new(
            StatusCode::CONFLICT,
            "version_conflict",
            "It has changed since: look at it again",
        )
    }

    pub(crate) const fn project_not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "project_not_found", "Project not found")
    }

    /// The same answer to an agent that does not exist and to one that the caller may not use.
    pub(crate) const fn agent_not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "agent_not_found", "Agent not found")
    }

    pub(crate) const fn document_not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "document_not_found", "Document not found")
    }

    /// What was seen is not so any more; says what is.
    fn with_current(code: &'static str, message: &'static str, current: Value) -> Self {
        let says = Says::Current(message, current);
        Self { status: StatusCode::CONFLICT, code, says, header: None }
    }

    pub(crate) const fn member_not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "member_not_found", "Member not found")
    }

    pub(crate) const fn invitation_not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "invitation_not_found", "Invitation not found")
    }

    pub(crate) const fn session_not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "session_not_found", "Session not found")
    }

    pub(crate) const fn notification_not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "notification_not_found", "Notification not found")
    }

    pub(crate) const fn handler_not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "handler_not_found", "Handler not found")
    }

    pub(crate) const fn dead_letter_not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "dead_letter_not_found", "Dead letter not found")
    }

    pub(crate) const fn queue_not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "queue_not_found", "Queue not found")
    }

    pub(crate) const fn schedule_not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "schedule_not_found", "Schedule not found")
    }

    pub(crate) const fn job_not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "job_not_found", "Job not found")
    }

    pub(crate) const fn method_not_allowed() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "Method not allowed")
    }

    pub(crate) const fn body_timeout() -> Self {
        Self::new(
            StatusCode::REQUEST_TIMEOUT,
            "request_timeout",
            "The body took too long to arrive",
        )
    }

    pub(crate) const fn body_too_large() -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", "The body is too large")
    }

    pub(crate) const fn unsupported_media_type() -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "The body must be application/json",
        )
    }

    pub(crate) const fn unsupported_form() -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "The body must be application/x-www-form-urlencoded",
        )
    }

    pub(crate) const fn invalid(fields: FieldProblems) -> Self {
        let says = Says::Fields(fields);
        Self {
            status: StatusCode::UNPROCESSABLE_ENTITY,
            code: "validation_failed",
            says,
            header: None,
        }
    }

    /// A single field is wrong.
    pub(crate) fn invalid_field(field: &'static str, problem: &str) -> Self {
        Self::invalid(FieldProblems::from([(field, vec![problem.to_owned()])]))
    }

    pub(crate) const fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", "Something went wrong")
    }

    pub(crate) const fn malformed_commit_token() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "malformed_commit_token",
            "X-Commit-Token must be what a command answered with",
        )
    }

    /// What was committed cannot be read yet.
    pub(crate) fn stale() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "stale",
            "What was written cannot be found yet: try again soon, or ask without its token",
        )
        .with_header(RETRY_AFTER, HeaderValue::from_static("1"))
    }

    /// Somebody else's turn; it is soon over.
    pub(crate) fn busy() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "too_many_log_ins",
            "Too many people log in or register at this moment: try again soon",
        )
        .with_header(RETRY_AFTER, HeaderValue::from_static("1"))
    }

    /// After so long a time, rounded up, the same is possible again.
    pub(crate) fn rate_limited(wait: TimeDelta) -> Self {
        let seconds = (wait + TimeDelta::microseconds(999_999)).num_seconds();
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "rate_limited",
            "Too many requests: try again later",
        )
        .with_header(RETRY_AFTER, seconds.max(1).into())
    }

    pub(crate) const fn too_many_connections() -> Self {
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_connections",
            "Too many streams and sockets are open: close one of them first",
        )
    }

    /// Whether it was only that nobody is logged in.
    pub(crate) fn is_unauthenticated(&self) -> bool {
        self.code == Self::unauthenticated().code
    }

    /// Whether it was only that something has changed since it was seen.
    pub(crate) fn is_version_conflict(&self) -> bool {
        self.code == Self::version_conflict().code
    }

    /// The body, for the request of this id.
    pub(crate) fn body(&self, request_id: &str) -> Value {
        let Self { status: _, code, says, header: _ } = self;
        debug_assert!(codes::CODES.contains(code), "{code} is not listed");
        match says {
            Says::Message(message) => {
                json!({ "error": message, "code": code, "request_id": request_id })
            }
            Says::Detail(message, name, detail) => {
                json!({ "error": message, "code": code, "request_id": request_id, *name: detail })
            }
            Says::Word(word, message, beside) => {
                let mut body = json!({ "error": word, "code": code, "request_id": request_id });
                if let Some(message) = message {
                    body["message"] = message.as_ref().into();
                }
                for (name, value) in beside {
                    body[*name] = value.clone();
                }
                body
            }
            Says::Current(message, current) => json!({
                "error": code,
                "code": code,
                "message": message,
                "data": current,
                "request_id": request_id,
            }),
            Says::Fields(fields) => {
                json!({ "errors": fields, "code": code, "request_id": request_id })
            }
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        if let Some((name, value)) = self.header.as_deref() {
            response.headers_mut().insert(name, value.clone());
        }
        response.extensions_mut().insert(self);
        response
    }
}

impl From<StorageError> for ApiError {
    fn from(error: StorageError) -> Self {
        if error.is_retryable() {
            return Self::new(
                StatusCode::CONFLICT,
                "conflict",
                "Somebody else changed this at the same time: try again",
            );
        }
        // Nobody above knows more: this is the one place that logs it, with its causes.
        tracing::error!(error = &error as &dyn std::error::Error, "the storage failed");
        if error.is_unavailable() {
            return Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "storage_unavailable",
                "The database cannot be reached: try again soon",
            )
            .with_header(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        Self::internal()
    }
}

#[cfg(test)]
mod tests;
