//! What is measured at the edge, and where everything that is measured is shown.
//!
//! Labels hold methods, patterns of routes and statuses: nothing that a client made up, and nothing of a tenant.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use axum::{
    extract::State,
    http::{Method, StatusCode, header::CONTENT_TYPE},
};
use metrics::{Unit, counter, describe_counter, describe_histogram, histogram};

use crate::{
    error::ApiError,
    response::{As, Prometheus},
    state::Api,
};

const REQUESTS: &str = "perme8_http_requests_total";
const DURATION: &str = "perme8_http_request_duration_seconds";
pub(crate) const RATE_LIMITED: &str = "perme8_rate_limited_total";

/// Shows what was measured. The host implements it on the recorder that it has set.
#[async_trait]
pub trait Metrics: fmt::Debug + Send + Sync {
    /// Everything, in the text format of Prometheus.
    async fn render(&self) -> String;
}

/// Says what the metrics of the HTTP edge mean; for a host, once it has set a recorder.
pub fn describe_metrics() {
    describe_counter!(REQUESTS, "Requests that were answered");
    describe_histogram!(
        DURATION,
        Unit::Seconds,
        "From the head of a request to that of its answer"
    );
    describe_counter!(RATE_LIMITED, "Requests that were refused because there were too many");
}

/// `GET /metrics`
pub(crate) async fn show(State(api): State<Api>) -> Result<As<Prometheus>, ApiError> {
    let metrics = api.metrics.as_ref().ok_or(ApiError::route_not_found())?;
    let text = [(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    Ok(As::of((text, metrics.render().await)))
}

/// Counts an answer.
pub(crate) fn answered(method: &Method, route: String, status: StatusCode, elapsed: Duration) {
    let method = word(method);
    let route = if route.is_empty() { "unknown".to_owned() } else { route };
    histogram!(DURATION, "method" => method, "route" => route.clone()).record(elapsed);
    let status = status.as_u16().to_string();
    counter!(REQUESTS, "method" => method, "route" => route, "status" => status).increment(1);
}

/// Clients can make up methods.
fn word(method: &Method) -> &'static str {
    const KNOWN: [Method; 7] = [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        Method::OPTIONS,
    ];
    const WORDS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    KNOWN.iter().zip(WORDS).find(|(known, _)| *known == method).map_or("other", |(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_that_were_made_up_are_all_the_same() {
        assert_eq!(word(&Method::PATCH), "PATCH");
        assert_eq!(word(&Method::from_bytes(b"BREW").unwrap()), "other");
    }
}
