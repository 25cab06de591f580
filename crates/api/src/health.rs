//! Whether the host lives, and whether it is ready.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    readiness::{Check, ReadinessReport},
    response::Condition,
    state::Api,
};

/// The answer of `/health`.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Health {
    status: &'static str,
    /// Whether the storage of the graph answers; that is the database here, but clients know it by this name.
    neo4j: &'static str,
}

/// The answer of `/ready`.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Ready {
    status: &'static str,
    database: Part,
    log_reader: Part,
    handlers: Part,
}

#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "HostPart")]
struct Part {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl From<Check> for Part {
    fn from(check: Check) -> Self {
        match check {
            Check::Ok => Self { status: "ok", reason: None },
            Check::Failing(reason) => Self { status: "failing", reason: Some(reason) },
        }
    }
}

/// `GET /health`
pub(crate) async fn health(State(api): State<Api>) -> Condition<Health> {
    let is_well = api.readiness.database().await.is_ok();
    let (status, neo4j) = if is_well { ("ok", "connected") } else { ("degraded", "disconnected") };
    Condition { is_well, shown: Health { status, neo4j } }
}

/// `GET /ready`
pub(crate) async fn ready(State(api): State<Api>) -> Condition<Ready> {
    let report = api.readiness.report().await;
    let is_well = report.is_ready();
    let status = if is_well { "ready" } else { "not_ready" };
    let ReadinessReport { database, log_reader, handlers } = report;
    let shown = Ready {
        status,
        database: database.into(),
        log_reader: log_reader.into(),
        handlers: handlers.into(),
    };
    Condition { is_well, shown }
}
