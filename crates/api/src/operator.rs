//! Whether a request comes from somebody who runs the installation.

use std::fmt;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, request::Parts},
};
use perme8_events::{Actor, host};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::{auth::bearer, edge::Edge, error::ApiError, state::Api};

/// Shorter tokens could be guessed, longer ones are none.
const LENGTH: std::ops::RangeInclusive<usize> = 16..=256;

/// Operators share a token; this says who of them it is, for the audit trail.
const NAME: HeaderName = HeaderName::from_static("x-operator");

/// What operators show at `/admin`. It keeps no more of the token than what tells it from others.
#[derive(Clone, Copy)]
pub struct OperatorToken {
    digest: [u8; 32],
}

/// A text is no operator token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OperatorTokenError;

impl fmt::Display for OperatorTokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (least, most) = LENGTH.into_inner();
        write!(f, "an operator token has {least} to {most} visible ASCII characters")
    }
}

impl std::error::Error for OperatorTokenError {}

impl OperatorToken {
    /// The token of this text.
    ///
    /// # Errors
    ///
    /// [`OperatorTokenError`] when it is too short, too long, or could not stand in a header.
    pub fn new(text: &str) -> Result<Self, OperatorTokenError> {
        let fits = LENGTH.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if fits { Ok(Self::of(text)) } else { Err(OperatorTokenError) }
    }

    fn of(text: &str) -> Self {
        Self { digest: Sha256::digest(text.as_bytes()).into() }
    }
}

impl PartialEq for OperatorToken {
    /// Takes the same time, however much of the token is right.
    fn eq(&self, other: &Self) -> bool {
        self.digest.ct_eq(&other.digest).into()
    }
}

impl Eq for OperatorToken {}

impl fmt::Debug for OperatorToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OperatorToken(..)")
    }
}

/// Somebody who has shown the operator token.
#[derive(Clone, Debug)]
pub(crate) struct Operator(pub(crate) host::Operator);

impl FromRequestParts<Api> for Operator {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, ApiError> {
        if !is_operator(api, &parts.headers) {
            return Err(ApiError::unauthenticated());
        }
        let name = match parts.headers.get(NAME).filter(|name| !name.is_empty()) {
            Some(name) => format!("http:{}", String::from_utf8_lossy(name.as_bytes())),
            None => "http".to_owned(),
        };
        let Ok(edge) = Edge::from_request_parts(parts, api).await;
        let origin = edge.origin(Actor::System("api.admin".into()));
        let operator = host::Operator::new(name, origin);
        operator.map(Self).map_err(|_| ApiError::malformed_operator())
    }
}

/// Whether a request shows the operator token; nobody does where none is configured.
pub(crate) fn is_operator(api: &Api, headers: &HeaderMap) -> bool {
    let shown = bearer(headers).map(OperatorToken::of);
    api.options.operator_token.zip(shown).is_some_and(|(token, shown)| token == shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_long_and_visible() {
        for refused in ["", "fifteen--------", "sixteen --------", "sixteen-ä-------"] {
            assert_eq!(OperatorToken::new(refused), Err(OperatorTokenError), "{refused}");
        }
        assert!(OperatorToken::new(&"x".repeat(257)).is_err());
        let token = OperatorToken::new("sixteen---------").unwrap();
        assert_eq!(token, OperatorToken::of("sixteen---------"));
        assert_ne!(token, OperatorToken::of("sixteen--------_"));
        assert_eq!(format!("{token:?}"), "OperatorToken(..)");
    }
}
