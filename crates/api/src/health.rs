//! Whether the host lives, and whether it is ready.

use axum::{Json, extract::State, http::StatusCode};
use serde::Serialize;

use crate::{
    readiness::{Check, ReadinessReport},
    state::Api,
};

/// The answer of `/health`.
#[derive(Debug, Serialize)]
pub(crate) struct Health {
    status: &'static str,
    /// Whether the storage of the graph answers; that is the database here, but clients know it by this name.
    neo4j: &'static str,
}

/// The answer of `/ready`.
#[derive(Debug, Serialize)]
pub(crate) struct Ready {
    status: &'static str,
    database: Part,
    log_reader: Part,
    handlers: Part,
}

#[derive(Debug, Serialize)]
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
pub(crate) async fn health(State(api): State<Api>) -> (StatusCode, Json<Health>) {
    if api.readiness.database().await.is_ok() {
        (StatusCode::OK, Json(Health { status: "ok", neo4j: "connected" }))
    } else {
        (
            StatusCode::SERVICE_UNAVAILABLE,
            Json(Health { status: "degraded", neo4j: "disconnected" }),
        )
    }
}

/// `GET /ready`
pub(crate) async fn ready(State(api): State<Api>) -> (StatusCode, Json<Ready>) {
    let report = api.readiness.report().await;
    let (code, status) = if report.is_ready() {
        (StatusCode::OK, "ready")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not_ready")
    };
    let ReadinessReport { database, log_reader, handlers } = report;
    let body = Ready {
        status,
        database: database.into(),
        log_reader: log_reader.into(),
        handlers: handlers.into(),
    };
    (code, Json(body))
}
