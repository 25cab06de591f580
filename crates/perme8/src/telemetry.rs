//! Traces: what one request led to, collected as spans and sent to a collector of `OpenTelemetry`.
//!
//! The program names the steps of a trace itself (`TraceContext`), so what is here only writes down and sends.

use std::{fmt, str::FromStr};

use metrics::{Unit, describe_counter};
use reqwest::Url;
use tokio::sync::mpsc;

mod exporter;
mod otlp;
mod spans;

pub use exporter::Exporter;
pub use spans::Spans;

const SENT: &str = "perme8_trace_spans_total";
const LOST: &str = "perme8_trace_spans_lost_total";
/// So many spans wait to be sent; further ones are lost, since nobody waits for a collector.
const WAITING: usize = 16_384;

/// Says what the metrics of traces mean.
pub(crate) fn describe_metrics() {
    describe_counter!(SENT, Unit::Count, "Spans that a collector has taken");
    describe_counter!(LOST, Unit::Count, "Spans that no collector has taken");
}

/// Where spans are collected: the base of OTLP over HTTP, e.g. `http://127.0.0.1:4318`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CollectorUrl(Url);

/// A text is no address of a collector.
#[derive(Debug, thiserror::Error)]
#[error("must be the address of a collector without a password, e.g. http://127.0.0.1:4318")]
pub struct CollectorUrlError;

impl CollectorUrl {
    /// What writes down spans, and what sends them here; `node` is what the collector knows this process by.
    ///
    /// `Spans` is a layer for the subscriber of the process, with the filter [`Spans::filter`].
    #[must_use]
    pub fn collect(&self, node: Option<&str>) -> (Spans, Exporter) {
        let (sender, receiver) = mpsc::channel(WAITING);
        (Spans::new(sender), Exporter::new(receiver, self.traces(), node))
    }

    /// Where traces go.
    fn traces(&self) -> Url {
        let mut url = self.0.clone();
        let path = format!("{}/v1/traces", url.path().trim_end_matches('/'));
        url.set_path(&path);
        url
    }
}

impl FromStr for CollectorUrl {
    type Err = CollectorUrlError;

    fn from_str(text: &str) -> Result<Self, CollectorUrlError> {
        let url: Url = text.parse().map_err(|_| CollectorUrlError)?;
        let is_plain = url.username().is_empty() && url.password().is_none();
        let is_base = url.query().is_none() && url.fragment().is_none() && url.has_host();
        let is_http = matches!(url.scheme(), "http" | "https");
        if is_plain && is_base && is_http { Ok(Self(url)) } else { Err(CollectorUrlError) }
    }
}

impl fmt::Display for CollectorUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests;
