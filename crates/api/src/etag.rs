//! Versions of what is shown, so that nobody overwrites what they have not seen.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, header::ETAG, header::IF_MATCH, request::Parts},
    response::{IntoResponse, Response},
};

use crate::{error::ApiError, state::Api};

/// An answer that says by its `ETag` which version it shows.
#[derive(Debug)]
pub(crate) struct Versioned<T>(pub(crate) i64, pub(crate) T);

impl<T: IntoResponse> IntoResponse for Versioned<T> {
    fn into_response(self) -> Response {
        let Self(version, answer) = self;
        let tag = HeaderValue::try_from(format!("\"{version}\"")).expect("digits are visible");
        ([(ETAG, tag)], answer).into_response()
    }
}

/// The version that a client has seen and wants to change, if it says so.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IfMatch(pub(crate) Option<i64>);

impl IfMatch {
    /// Whether the client says so.
    pub(crate) fn is_sent(self) -> bool {
        self.0.is_some()
    }

    /// The same, or what the body says; nobody has seen two versions last.
    pub(crate) fn beside(self, in_body: Option<i64>) -> Result<Option<i64>, ApiError> {
        match (self.0, in_body) {
            (Some(in_header), Some(in_body)) if in_header != in_body => {
                Err(ApiError::invalid_field("version", "must be the one of If-Match"))
            }
            (in_header, in_body) => Ok(in_header.or(in_body)),
        }
    }
}

impl FromRequestParts<Api> for IfMatch {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, ApiError> {
        seen(&parts.headers).map(Self)
    }
}

/// Nothing for any version. What is no tag of ours is a version that there never was.
fn seen(headers: &HeaderMap) -> Result<Option<i64>, ApiError> {
    let Some(value) = headers.get(IF_MATCH) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(None);
    }
    let tag = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    tag.and_then(|tag| tag.parse().ok()).map(Some).ok_or(ApiError::other_version())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen_by(value: &'static str) -> Result<Option<i64>, ApiError> {
        seen(&HeaderMap::from_iter([(IF_MATCH, HeaderValue::from_static(value))]))
    }

    #[test]
    fn a_tag_is_a_version_in_quotes() {
        assert_eq!(seen(&HeaderMap::new()).unwrap(), None);
        assert_eq!(seen_by("*").unwrap(), None);
        assert_eq!(seen_by("\"3\"").unwrap(), Some(3));
        for other in ["", "3", "\"x\"", "W/\"3\"", "\"3\", \"4\"", "\""] {
            assert!(seen_by(other).is_err(), "{other}");
        }
    }

    #[test]
    fn header_and_body_do_not_contradict_each_other() {
        let beside = |in_header, in_body| IfMatch(in_header).beside(in_body).ok();
        assert_eq!(beside(None, None), Some(None));
        assert_eq!(beside(Some(3), None), Some(Some(3)));
        assert_eq!(beside(None, Some(3)), Some(Some(3)));
        assert_eq!(beside(Some(3), Some(3)), Some(Some(3)));
        assert_eq!(beside(Some(3), Some(4)), None);
    }

    #[test]
    fn an_answer_has_the_tag_that_a_client_sends_back() {
        let answer = Versioned(7, "workspace").into_response();
        let tag = answer.headers().get(ETAG).unwrap().clone();
        assert_eq!(seen(&HeaderMap::from_iter([(IF_MATCH, tag)])).unwrap(), Some(7));
    }
}
