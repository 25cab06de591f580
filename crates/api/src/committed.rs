//! Tokens of commits: whoever has written something can wait until it is found.

use axum::{
    extract::FromRequestParts,
    http::{HeaderName, HeaderValue, request::Parts},
    response::{IntoResponse, Response},
};
use perme8_events::{CommitToken, host::WaitError};

use crate::{
    error::ApiError,
    openapi::{Answers, Sketch},
    state::Api,
};

/// What a command answers with, and what a reader shows to be told of it.
pub(crate) const COMMIT_TOKEN: HeaderName = HeaderName::from_static("x-commit-token");

/// The answer to a command, with the token of its commit.
#[derive(Debug)]
pub(crate) struct Committed<T>(pub(crate) CommitToken, pub(crate) T);

impl<T: IntoResponse> IntoResponse for Committed<T> {
    fn into_response(self) -> Response {
        let Self(token, answer) = self;
        let token = HeaderValue::try_from(token.to_string()).expect("a token is visible");
        ([(COMMIT_TOKEN, token)], answer).into_response()
    }
}

impl<T: Answers> Answers for Committed<T> {
    fn sketch(on: &mut Sketch<'_>, status: u16) {
        T::sketch(on, status);
        on.answer_header("X-Commit-Token", "what a search is shown that has to know of this");
    }
}

/// The commit that a reader wants to be told of, if it names one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Since(Option<CommitToken>);

impl FromRequestParts<Api> for Since {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, ApiError> {
        let Some(value) = parts.headers.get(COMMIT_TOKEN) else { return Ok(Self(None)) };
        let token = value.to_str().ok().and_then(|text| text.trim().parse().ok());
        token.map(|token| Self(Some(token))).ok_or(ApiError::malformed_commit_token())
    }
}

impl Since {
    /// Waits until a projection has what was committed. A host that runs none has nothing to wait for.
    pub(crate) async fn is_in(self, projection: &str, api: &Api) -> Result<(), ApiError> {
        let (Some(token), Some(reads)) = (self.0, &api.reads) else { return Ok(()) };
        match reads.wait_for(token, projection, api.options.longest_wait).await {
            Ok(()) => Ok(()),
            Err(WaitError::TimedOut { .. }) => Err(ApiError::stale()),
            Err(error @ WaitError::UnknownHandler { .. }) => {
                tracing::error!(error = &error as &dyn std::error::Error, "nobody can wait");
                Err(ApiError::internal())
            }
            Err(WaitError::Storage(error)) => Err(error.into()),
        }
    }
}
