//! Bodies: one JSON object, or the fields of a form, read in full before anything is done.

use std::{collections::BTreeSet, time::Duration};

use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{HeaderMap, StatusCode, header::CONTENT_TYPE},
};
use serde_json::Value;

use crate::{
    error::ApiError,
    fields::{Fields, FromFields},
    state::Api,
};

/// More is refused.
pub(crate) const LIMIT: usize = 1024 * 1024;

/// The same where documents are written, as far as JSON says in more bytes what a text says in few.
pub(crate) const DOCUMENT_LIMIT: usize = 8 * 1024 * 1024;

/// A client that sends more slowly loses its place.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the body says.
#[derive(Debug)]
pub(crate) struct Body<T>(pub(crate) T);

impl<T: FromFields> FromRequest<Api> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, api: &Api) -> Result<Self, ApiError> {
        fields(json(request, api).await?).map(Self)
    }
}

/// What the body wishes that not everybody may have: what is wrong with its fields is said to those alone who may.
#[derive(Debug)]
pub(crate) struct Wish<T> {
    read: Result<T, ApiError>,
    /// The names of the fields that were sent.
    sent: BTreeSet<String>,
}

impl<T> Wish<T> {
    /// Whether any of these fields was sent, whatever it says.
    pub(crate) fn says_any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.sent.contains(*name))
    }

    /// What it says; if that cannot be read, whether it is `granted` is asked before that is said.
    pub(crate) async fn read<E: Into<ApiError>>(
        self,
        granted: impl Future<Output = Result<(), E>>,
    ) -> Result<T, ApiError> {
        granted_or(self.read, granted).await
    }
}

/// What was read; if that could not be, whether it is `granted` is asked before that is said.
pub(crate) async fn granted_or<T, E: Into<ApiError>>(
    read: Result<T, ApiError>,
    granted: impl Future<Output = Result<(), E>>,
) -> Result<T, ApiError> {
    if read.is_err() {
        granted.await.map_err(Into::into)?;
    }
    read
}

impl<T: FromFields> FromRequest<Api> for Wish<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, api: &Api) -> Result<Self, ApiError> {
        let body = json(request, api).await?;
        let sent = body.as_object().map(|values| values.keys().cloned().collect());
        Ok(Self { sent: sent.unwrap_or_default(), read: fields(body) })
    }
}

/// What says that it is JSON, within the limits of a body.
#[derive(Debug)]
pub(crate) struct JsonText(pub(crate) Bytes);

impl FromRequest<Api> for JsonText {
    type Rejection = ApiError;

    async fn from_request(request: Request, api: &Api) -> Result<Self, ApiError> {
        let kind = Kind::of(request.headers());
        if matches!(kind, Kind::Form | Kind::Other) {
            return Err(ApiError::unsupported_media_type());
        }
        let bytes = read(request, api).await?;
        if kind == Kind::Unsaid && !bytes.is_empty() {
            return Err(ApiError::unsupported_media_type());
        }
        Ok(Self(bytes))
    }
}

/// What is JSON at all.
pub(crate) async fn json(request: Request, api: &Api) -> Result<Value, ApiError> {
    let JsonText(text) = JsonText::from_request(request, api).await?;
    serde_json::from_slice(&text).map_err(|_| ApiError::malformed_json())
}

fn fields<T: FromFields>(body: Value) -> Result<T, ApiError> {
    match body {
        Value::Object(values) => Fields::read(values),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Err(ApiError::invalid_field("body", "must be an object"))
        }
    }
}

/// What a form of one of our pages says.
#[derive(Debug)]
pub(crate) struct Form<T>(pub(crate) T);

impl<T: FromFields> FromRequest<Api> for Form<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, api: &Api) -> Result<Self, ApiError> {
        if Kind::of(request.headers()) != Kind::Form {
            return Err(ApiError::unsupported_form());
        }
        let bytes = read(request, api).await?;
        let pairs = form_urlencoded::parse(&bytes);
        let values = pairs.map(|(name, text)| (name.into(), Value::String(text.into()))).collect();
        Fields::read(values).map(Self)
    }
}

async fn read(request: Request, api: &Api) -> Result<Bytes, ApiError> {
    match tokio::time::timeout(PATIENCE, Bytes::from_request(request, api)).await {
        Err(_elapsed) => Err(ApiError::body_timeout()),
        Ok(Err(refused)) if refused.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            Err(ApiError::body_too_large())
        }
        Ok(Err(_broken)) => Err(ApiError::unreadable_body()),
        Ok(Ok(bytes)) => Ok(bytes),
    }
}

/// What the client says about its body.
#[derive(PartialEq)]
enum Kind {
    Json,
    Form,
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
        match essence.as_str() {
            "application/x-www-form-urlencoded" => Self::Form,
            _ if json => Self::Json,
            _ => Self::Other,
        }
    }
}
