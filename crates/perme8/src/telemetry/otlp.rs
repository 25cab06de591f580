//! Spans as OTLP writes them in JSON, and what it answers.

use std::time::{SystemTime, UNIX_EPOCH};

use perme8_events::TraceContext;
use serde_json::{Value, json};

use super::spans::{Ended, LONGEST, Said};

/// A request that hands over these spans.
pub(super) fn request(spans: Vec<Ended>, node: Option<&str>) -> Value {
    let mut resource = vec![
        attribute("service.name", "perme8"),
        attribute("service.version", env!("CARGO_PKG_VERSION")),
    ];
    resource.extend(node.map(|node| attribute("service.instance.id", node)));
    let spans: Vec<Value> = spans.into_iter().map(span).collect();
    json!({
        "resourceSpans": [{
            "resource": { "attributes": resource },
            "scopeSpans": [{ "scope": { "name": "perme8" }, "spans": spans }],
        }],
    })
}

/// What a collector says against spans of a request that it has taken.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Objection {
    /// So many of them it has not taken.
    pub(super) rejected: u64,
    pub(super) why: String,
}

/// The objection in an answer, if there is one; what is no JSON has none.
pub(super) fn objection(answer: &[u8]) -> Option<Objection> {
    let answer: Value = serde_json::from_slice(answer).ok()?;
    let partial = answer.get("partialSuccess")?;
    // As text, for the same reason as nanoseconds; not everybody holds on to that.
    let rejected = &partial["rejectedSpans"];
    let rejected = rejected.as_u64().or_else(|| rejected.as_str()?.parse().ok()).unwrap_or(0);
    let mut why = partial["errorMessage"].as_str().unwrap_or_default().to_owned();
    why.truncate(why.floor_char_boundary(LONGEST));
    (rejected > 0 || !why.is_empty()).then_some(Objection { rejected, why })
}

fn span(ended: Ended) -> Value {
    let Ended { name, step, parent, from, to, said } = ended;
    let name = said.named(name);
    let Said { follows, kind, failed, rest, .. } = said;
    let kind = match kind.as_deref().unwrap_or_default() {
        "server" => 2,
        "client" => 3,
        "consumer" => 5,
        _ => 1,
    };
    let links: Vec<Value> = follows.iter().map(|follows| names(*follows)).collect();
    let attributes: Vec<Value> = rest.iter().map(|(key, value)| attribute(key, value)).collect();
    let mut span = names(step);
    if let Some(parent) = parent {
        span["parentSpanId"] = span_id(parent).into();
    }
    span["name"] = name.into();
    span["kind"] = kind.into();
    span["startTimeUnixNano"] = nanoseconds(from).into();
    span["endTimeUnixNano"] = nanoseconds(to).into();
    span["attributes"] = attributes.into();
    span["links"] = links.into();
    span["status"] = match failed {
        Some(message) => json!({ "code": 2, "message": message }),
        None => json!({}),
    };
    span
}

impl Said {
    /// What a span is called: what it does, and to what, as far as there are few of those.
    fn named(&self, name: &str) -> String {
        let said = |key: &str| self.rest.iter().find(|(said, _)| *said == key);
        let words = ["method", "route", "handler", "queue"].into_iter().filter_map(said);
        words.fold(name.to_owned(), |name, (_, word)| format!("{name} {word}"))
    }
}

fn names(step: TraceContext) -> Value {
    json!({ "traceId": format!("{:032x}", step.trace_id()), "spanId": span_id(step) })
}

fn span_id(step: TraceContext) -> String {
    format!("{:016x}", step.span_id())
}

fn attribute(key: &str, value: &str) -> Value {
    json!({ "key": key, "value": { "stringValue": value } })
}

/// As text, because no number of JSON is that exact.
fn nanoseconds(at: SystemTime) -> String {
    at.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos()).to_string()
}
