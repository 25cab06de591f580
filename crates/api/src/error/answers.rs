//! Failures of language models, and of those that are asked through them.

use std::time::Duration;

use agents::{AgentQueryError, AskAgentError};
use axum::http::{StatusCode, header::RETRY_AFTER};
use llm::{AskFailure, Ending};

use super::ApiError;

pub(super) const MODEL_NOT_ALLOWED: ApiError = ApiError::new(
    StatusCode::UNPROCESSABLE_ENTITY,
    "llm_model_not_allowed",
    "This model may not be asked here: choose another one",
);

pub(super) const AGENT_DISABLED: ApiError = ApiError::new(
    StatusCode::CONFLICT,
    "agent_disabled",
    "The agent is turned off: its owner can turn it on",
);

const CANCELLED: ApiError =
    ApiError::new(StatusCode::CONFLICT, "cancelled", "The answer was cancelled before it began");

impl From<AskFailure> for ApiError {
    fn from(failure: AskFailure) -> Self {
        let code = failure.code();
        let (status, message) = match &failure {
            AskFailure::NotConfigured => (
                StatusCode::SERVICE_UNAVAILABLE,
                "No language model is configured: whoever runs this installation can do that",
            ),
            AskFailure::ModelNotAllowed { .. } => return MODEL_NOT_ALLOWED,
            AskFailure::Busy { retry_after } => {
                let message = "As many answers as may are being written: try again soon";
                return Self::new(StatusCode::TOO_MANY_REQUESTS, code, message).after(*retry_after);
            }
            AskFailure::RateLimited { retry_after } => {
                let message = "Too many questions: try again later";
                return Self::new(StatusCode::TOO_MANY_REQUESTS, code, message).after(*retry_after);
            }
            AskFailure::ConnectTimeout | AskFailure::IdleTimeout | AskFailure::TotalTimeout => {
                (StatusCode::GATEWAY_TIMEOUT, "The language model did not answer in time")
            }
            AskFailure::Refused { .. } => {
                (StatusCode::BAD_GATEWAY, "The provider of the language model refused the question")
            }
            AskFailure::Broken => {
                (StatusCode::BAD_GATEWAY, "The answer of the language model broke off")
            }
            AskFailure::Interrupted => (
                StatusCode::SERVICE_UNAVAILABLE,
                "The host stopped while the answer was being written: ask again",
            ),
            AskFailure::AlreadyAsked => (StatusCode::CONFLICT, "This has been asked already"),
            AskFailure::Storage => {
                (StatusCode::SERVICE_UNAVAILABLE, "The database cannot be reached: try again soon")
            }
        };
        Self::new(status, code, message)
    }
}

impl From<Ending> for ApiError {
    fn from(ending: Ending) -> Self {
        match ending {
            Ending::Failed(failure) => failure.into(),
            Ending::Cancelled => CANCELLED,
            Ending::Complete | Ending::CutShort => Self::internal(),
        }
    }
}

impl ApiError {
    /// The same, which can be tried again then.
    fn after(self, wait: Duration) -> Self {
        self.with_header(
            RETRY_AFTER,
            wait.as_secs_f64().ceil().max(1.0).to_string().parse().expect("a number is visible"),
        )
    }

    /// The same with the status that clients of agents know, where their model gave no answer.
    pub(crate) fn with_status_of_agents(self) -> Self {
        match self.code {
            "llm_not_configured" | "llm_refused" | "llm_broken" => {
                Self { status: StatusCode::INTERNAL_SERVER_ERROR, ..self }
            }
            _ => self,
        }
    }

    /// The same answer to a query that does not exist and to one that somebody else asked.
    pub(crate) const fn agent_query_not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "agent_query_not_found", "Query not found")
    }
}

impl From<AskAgentError> for ApiError {
    fn from(error: AskAgentError) -> Self {
        match error {
            AskAgentError::Forbidden => Self::forbidden(),
            AskAgentError::WorkspaceNotFound => Self::workspace_not_found(),
            AskAgentError::ProjectNotFound => Self::project_not_found(),
            AskAgentError::DocumentNotFound => Self::document_not_found(),
            AskAgentError::AgentNotFound => Self::agent_not_found(),
            AskAgentError::AgentDisabled => AGENT_DISABLED,
            AskAgentError::NoWorkspace => {
                Self::invalid_field("context", "must name the workspace, too")
            }
            AskAgentError::ModelNotAllowed => MODEL_NOT_ALLOWED,
            AskAgentError::Model(failure) => failure.into(),
            AskAgentError::Invalid(fields) => fields.into(),
            AskAgentError::Storage(error) => error.into(),
        }
    }
}

impl From<AgentQueryError> for ApiError {
    fn from(error: AgentQueryError) -> Self {
        match error {
            AgentQueryError::Forbidden => Self::forbidden(),
            AgentQueryError::NotFound => Self::agent_query_not_found(),
            AgentQueryError::Storage(error) => error.into(),
        }
    }
}
