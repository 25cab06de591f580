//! Failures of what speaks the Model Context Protocol.

use axum::http::{HeaderValue, StatusCode, header::WWW_AUTHENTICATE};

use super::{ApiError, Says};

impl ApiError {
    /// Nobody may, as clients of the protocol have always been told.
    pub(crate) fn unauthorized(message: &'static str) -> Self {
        let says = Says::Word("unauthorized", Some(message.into()), Vec::new());
        let Self { status, code, .. } = Self::unauthenticated();
        Self { status, code, says, header: None }
            .with_header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
    }

    pub(crate) const fn not_acceptable() -> Self {
        Self::new(
            StatusCode::NOT_ACCEPTABLE,
            "not_acceptable",
            "Accept must name application/json and text/event-stream",
        )
    }

    pub(crate) const fn malformed_message() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "malformed_message",
            "The message or its headers are not as the Model Context Protocol has them",
        )
    }

    /// What went wrong, for those who see neither status nor code.
    pub(crate) fn told(&self) -> String {
        match &self.says {
            Says::Message(message) | Says::Detail(message, ..) | Says::Current(message, _) => {
                (*message).to_owned()
            }
            Says::Word(word, message, _) => message.as_deref().unwrap_or(word).to_owned(),
            Says::Fields(fields) => {
                let told = fields.iter().flat_map(|(field, problems)| {
                    problems.iter().map(move |problem| format!("{field} {problem}"))
                });
                told.collect::<Vec<_>>().join("; ")
            }
        }
    }
}
