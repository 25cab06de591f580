//! Gives every request a name, and failures their bodies, which say that name; some requests begin a trace as well.

use std::{sync::Arc, time::Instant};

use axum::{
    body::Body,
    extract::{MatchedPath, Request, State},
    http::{
        HeaderMap, HeaderName, HeaderValue,
        header::{CONTENT_LENGTH, CONTENT_TYPE},
    },
    middleware::Next,
    response::Response,
};
use perme8_events::{TraceContext, within_trace};
use tracing::{Instrument as _, Span, field::Empty};
use uuid::Uuid;

use crate::{error::ApiError, metrics};

const NAME: HeaderName = HeaderName::from_static("x-request-id");

/// How clients name the step of a trace of their own.
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// Longer names are not taken over.
const LONGEST: usize = 128;

/// The name of a request: the client's, if it is short and visible, or one of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RequestId(Arc<str>);

impl RequestId {
    pub(crate) fn mint() -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "requests are named before there is any transaction"
        )]
        Self(Uuid::now_v7().to_string().into())
    }

    fn of(headers: &HeaderMap) -> Self {
        let said = headers.get(NAME).and_then(|value| value.to_str().ok());
        let fits = |text: &&str| {
            (1..=LONGEST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
        };
        said.filter(fits).map_or_else(Self::mint, |text| Self(text.into()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// The share of all requests of which a trace is begun.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TraceShare(pub(crate) f64);

/// The layer.
pub(crate) async fn name_request(
    State(TraceShare(share)): State<TraceShare>,
    mut request: Request,
    next: Next,
) -> Response {
    let id = RequestId::of(request.headers());
    let trace = TraceContext::begin(share);
    if let Some(trace) = trace {
        request.extensions_mut().insert(trace);
    }
    request.extensions_mut().insert(id.clone());
    // The pattern of the route, not the address: that may hold e-mail addresses.
    let route =
        request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str).to_owned();
    let span = span(&request, &route, &id, trace);
    let shown = span.clone();
    let answer = async move {
        let begun = Instant::now();
        let method = request.method().clone();
        let response = next.run(request).await;
        let (status, elapsed) = (response.status(), begun.elapsed());
        tracing::debug!(status = status.as_u16(), ?elapsed, "answered");
        shown.record("status", status.as_u16());
        if status.is_server_error() {
            shown.record("failed", "the answer says so");
        }
        metrics::answered(&method, route, status, elapsed);
        named(response, &id)
    };
    within_trace(trace, answer.instrument(span)).await
}

/// What says in logs and traces which request it is.
fn span(request: &Request, route: &str, id: &RequestId, trace: Option<TraceContext>) -> Span {
    let (method, request_id) = (request.method(), id.as_str());
    let Some(trace) = trace else {
        return tracing::info_span!("request", %method, route, request_id, correlation_id = Empty);
    };
    // Named as what this follows, in a trace of our own: clients decide neither what is traced nor what is in our traces.
    let follows = request.headers().get(TRACEPARENT).and_then(|value| value.to_str().ok());
    let follows = follows.and_then(|text| text.parse::<TraceContext>().ok());
    tracing::info_span!(
        "request",
        kind = "server",
        traceparent = %trace,
        follows = follows.map(tracing::field::display),
        %method,
        route,
        request_id,
        correlation_id = Empty,
        status = Empty,
        failed = Empty
    )
}

/// The response with the name, also in the body of a failure.
fn named(mut response: Response, id: &RequestId) -> Response {
    if let Some(error) = response.extensions_mut().remove::<ApiError>() {
        *response.body_mut() = Body::from(error.body(id.as_str()).to_string());
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.remove(CONTENT_LENGTH);
    }
    let value = HeaderValue::from_str(id.as_str()).expect("names of requests are visible ASCII");
    response.headers_mut().insert(NAME, value);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(said: &[u8]) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(NAME, HeaderValue::from_bytes(said).unwrap());
        RequestId::of(&headers).as_str().to_owned()
    }

    #[test]
    fn short_and_visible_names_are_kept() {
        assert_eq!(of(b"a-1/b=2"), "a-1/b=2");
        assert_eq!(of(&[b'x'; 128]), "x".repeat(128));
    }

    #[test]
    fn other_names_are_replaced() {
        for said in [&b""[..], b"two words", b"tab\t", "caf\u{e9}".as_bytes(), &[b'x'; 129]] {
            assert!(of(said).parse::<Uuid>().is_ok(), "{said:?}");
        }
        assert!(RequestId::of(&HeaderMap::new()).as_str().parse::<Uuid>().is_ok());
    }
}
