//! Failures of the chat context.

use axum::http::StatusCode;
use chat::{
    CancelAnswerError, CreateSessionError, DeleteMessageError, DeleteSessionError, QueryError,
    RenameSessionError, SendMessageError,
};

use super::{
    ApiError,
    answers::{AGENT_DISABLED, MODEL_NOT_ALLOWED},
    identity::WORKSPACE_ARCHIVED,
};

const ANSWER_IN_PROGRESS: ApiError = ApiError::new(
    StatusCode::CONFLICT,
    "answer_in_progress",
    "An answer is being written: wait for it or cancel it",
);

const NO_ANSWER: ApiError =
    ApiError::new(StatusCode::CONFLICT, "no_answer", "No answer is being written");

const TOO_MANY_SESSIONS: ApiError = ApiError::new(
    StatusCode::UNPROCESSABLE_ENTITY,
    "too_many_chat_sessions",
    "Nobody has so many conversations: delete one first",
);

const TOO_MANY_MESSAGES: ApiError = ApiError::new(
    StatusCode::UNPROCESSABLE_ENTITY,
    "too_many_messages",
    "The conversation has as many messages as any may have: begin another one",
);

const KEY_TAKEN: ApiError = ApiError::new(
    StatusCode::UNPROCESSABLE_ENTITY,
    "idempotency_key_taken",
    "Something else was sent with this key: take another one",
);

impl ApiError {
    /// The same answer to a conversation that does not exist, to that of somebody else and to one in a lost workspace.
    pub(crate) const fn chat_session_not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "chat_session_not_found", "Conversation not found")
    }

    pub(crate) const fn message_not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "message_not_found", "Message not found")
    }
}

impl From<QueryError> for ApiError {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::Forbidden => Self::forbidden(),
            QueryError::WorkspaceNotFound => Self::workspace_not_found(),
            QueryError::SessionNotFound => Self::chat_session_not_found(),
            QueryError::Storage(error) => error.into(),
        }
    }
}

impl From<CreateSessionError> for ApiError {
    fn from(error: CreateSessionError) -> Self {
        match error {
            CreateSessionError::WorkspaceNotFound => Self::workspace_not_found(),
            CreateSessionError::ProjectNotFound => Self::project_not_found(),
            CreateSessionError::Forbidden => Self::forbidden(),
            CreateSessionError::WorkspaceArchived => WORKSPACE_ARCHIVED,
            CreateSessionError::TooMany => TOO_MANY_SESSIONS,
            CreateSessionError::Invalid(fields) => fields.into(),
            CreateSessionError::Storage(error) => error.into(),
        }
    }
}

impl From<RenameSessionError> for ApiError {
    fn from(error: RenameSessionError) -> Self {
        match error {
            RenameSessionError::SessionNotFound => Self::chat_session_not_found(),
            RenameSessionError::Forbidden => Self::forbidden(),
            RenameSessionError::OtherVersion => Self::version_conflict(),
            RenameSessionError::Invalid(fields) => fields.into(),
            RenameSessionError::Storage(error) => error.into(),
        }
    }
}

impl From<DeleteSessionError> for ApiError {
    fn from(error: DeleteSessionError) -> Self {
        match error {
            DeleteSessionError::SessionNotFound => Self::chat_session_not_found(),
            DeleteSessionError::Forbidden => Self::forbidden(),
            DeleteSessionError::OtherVersion => Self::version_conflict(),
            DeleteSessionError::Storage(error) => error.into(),
        }
    }
}

impl From<CancelAnswerError> for ApiError {
    fn from(error: CancelAnswerError) -> Self {
        match error {
            CancelAnswerError::SessionNotFound => Self::chat_session_not_found(),
            CancelAnswerError::Forbidden => Self::forbidden(),
            CancelAnswerError::NoAnswer => NO_ANSWER,
            CancelAnswerError::Storage(error) => error.into(),
        }
    }
}

impl From<SendMessageError> for ApiError {
    fn from(error: SendMessageError) -> Self {
        match error {
            SendMessageError::SessionNotFound => Self::chat_session_not_found(),
            SendMessageError::Forbidden => Self::forbidden(),
            SendMessageError::WorkspaceArchived => WORKSPACE_ARCHIVED,
            SendMessageError::DocumentNotFound => Self::document_not_found(),
            SendMessageError::AnswerInProgress => ANSWER_IN_PROGRESS,
            SendMessageError::KeyTaken => KEY_TAKEN,
            SendMessageError::TooMany => TOO_MANY_MESSAGES,
            SendMessageError::AgentNotFound => Self::agent_not_found(),
            SendMessageError::AgentDisabled => AGENT_DISABLED,
            SendMessageError::ModelNotAllowed => MODEL_NOT_ALLOWED,
            SendMessageError::Model(failure) => failure.into(),
            SendMessageError::Invalid(fields) => fields.into(),
            SendMessageError::Storage(error) => error.into(),
        }
    }
}

impl From<DeleteMessageError> for ApiError {
    fn from(error: DeleteMessageError) -> Self {
        match error {
            DeleteMessageError::SessionNotFound => Self::chat_session_not_found(),
            DeleteMessageError::MessageNotFound => Self::message_not_found(),
            DeleteMessageError::Forbidden => Self::forbidden(),
            DeleteMessageError::AnswerInProgress => ANSWER_IN_PROGRESS,
            DeleteMessageError::Storage(error) => error.into(),
        }
    }
}
