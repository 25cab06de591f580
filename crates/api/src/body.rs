//! Bodies: one JSON object, read in full before anything is done.

use std::time::Duration;

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{HeaderMap, StatusCode, header::CONTENT_TYPE},
};
use serde_json::Value;

use crate::{
    error::{ApiError, FieldProblems},
    fields::{Fields, FromFields},
    state::Api,
};

/// More is refused.
pub(crate) const LIMIT: usize = 1024 * 1024;

/// A client that sends more slowly loses its place.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the body says.
#[derive(Debug)]
pub(crate) struct Body<T>(pub(crate) T);

impl<T: FromFields> FromRequest<Api> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, api: &Api) -> Result<Self, ApiError> {
        let kind = Kind::of(request.headers());
        if kind == Kind::Other {
            return Err(ApiError::unsupported_media_type());
        }
        let reading = tokio::time::timeout(PATIENCE, Bytes::from_request(request, api));
        let bytes = match reading.await {
            Err(_elapsed) => return Err(ApiError::body_timeout()),
            Ok(Err(refused)) if refused.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                return Err(ApiError::body_too_large());
            }
            Ok(Err(_broken)) => return Err(ApiError::unreadable_body()),
            Ok(Ok(bytes)) => bytes,
        };
        if kind == Kind::Unsaid && !bytes.is_empty() {
            return Err(ApiError::unsupported_media_type());
        }
        match serde_json::from_slice(&bytes).map_err(|_| ApiError::malformed_json())? {
            Value::Object(values) => Fields::read(values).map(Self),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_) => Err(ApiError::invalid(FieldProblems::from([(
                "body",
                vec!["must be an object".to_owned()],
            )]))),
        }
    }
}

/// What the client says about its body.
#[derive(PartialEq)]
enum Kind {
    Json,
    Other,
    Unsaid,
}

impl Kind {
    fn of(headers: &HeaderMap) -> Self {
        let Some(value) = headers.get(CONTENT_TYPE) else { return Self::Unsaid };
        let essence = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
        let essence = essence.trim().to_ascii_lowercase();
        let json = essence == "application/json"
            || (essence.starts_with("application/") && essence.ends_with("+json"));
        if json { Self::Json } else { Self::Other }
    }
}
