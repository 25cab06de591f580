//! The Model Context Protocol at `/mcp`: what programs that work for people do here, as tools.
//!
//! Each request stands for itself: it shows a key or a session, is answered as JSON, and leaves nothing behind. So any node
//! answers it, nothing waits or grows between requests, and nothing of one caller can reach another.

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, FromRequest as _, Request, State},
    http::{
        HeaderValue, StatusCode,
        header::{AUTHORIZATION, CONTENT_TYPE},
        request::Parts,
    },
    response::{IntoResponse as _, Response},
    routing::post,
};
use rmcp::transport::streamable_http_server::{
    StreamableHttpServerConfig, StreamableHttpService, session::never::NeverSessionManager,
};
use serde::Deserialize;

use crate::{
    auth::{Caller, Credential},
    body::{self, JsonText},
    error::ApiError,
    mcp::{server::Server, session::Conversation},
    same_origin,
    state::Api,
};

mod arguments;
mod call;
mod discovery;
mod documents;
mod knowledge;
mod markdown;
mod projects;
pub(crate) mod registry;
mod server;
mod session;
mod workspaces;

/// The address.
pub(crate) const PATH: &str = "/mcp";

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// The one route. Nobody is sent anything unasked, so `GET` opens no stream, and `DELETE` finds nothing to end.
pub(crate) fn routes() -> Router<Api> {
    Router::new().route(PATH, post(answer)).layer(DefaultBodyLimit::max(body::DOCUMENT_LIMIT))
}

/// As much of a message as has to be known before anybody answers it.
#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    method: Option<String>,
}

impl Message {
    fn begins(&self) -> bool {
        self.method.as_deref() == Some("initialize")
    }
}

/// `POST /mcp`
async fn answer(State(api): State<Api>, request: Request) -> Result<Response, ApiError> {
    let (mut parts, body) = request.into_parts();
    // The protocol asks for it, also of those who show what no page can make a browser show.
    if !same_origin::is_same(&parts.headers, &parts.uri) {
        return Err(ApiError::cross_origin());
    }
    let caller = admitted(&mut parts, &api).await?;
    let whole = Request::from_parts(parts.clone(), body);
    let JsonText(text) = JsonText::from_request(whole, &api).await?;
    let message: Message = serde_json::from_slice(&text).map_err(|error| {
        if error.is_data() { ApiError::malformed_message() } else { ApiError::malformed_json() }
    })?;
    let conversation = Conversation::of(&caller);
    if !message.begins() && !conversation.is_shown(&parts.headers) {
        return Err(ApiError::session_not_found());
    }
    parts.headers.insert(CONTENT_TYPE, JSON);
    let request = Request::from_parts(parts, Body::from(text));
    let mut response = told(service(api, caller).handle(request).await.map(Body::new))?;
    if message.begins() && response.status() == StatusCode::OK {
        conversation.name(response.headers_mut());
    }
    Ok(response)
}

/// Whoever shows a key that reaches something, or a session; cookies count for nothing here.
async fn admitted(parts: &mut Parts, api: &Api) -> Result<Caller, ApiError> {
    if !parts.headers.contains_key(AUTHORIZATION) {
        return Err(ApiError::unauthorized("Missing Authorization header"));
    }
    let refused = || ApiError::unauthorized("Invalid or revoked API key");
    match Caller::shown(parts, api).await {
        Ok(caller) => match &caller.credential {
            Credential::Key(key) if key.slugs().next().is_none() => Err(refused()),
            Credential::Key(_) | Credential::Session(_) => Ok(caller),
        },
        Err(error) if error.is_unauthenticated() => Err(refused()),
        Err(error) => Err(error),
    }
}

/// Speaks the protocol with one caller, for one request.
fn service(api: Api, caller: Caller) -> StreamableHttpService<Server, NeverSessionManager> {
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_max_request_body_bytes(body::DOCUMENT_LIMIT)
        // Who may ask was looked at as everywhere at this edge, which does not know by which names it is reached.
        .disable_allowed_hosts();
    let server = Server::new(api, caller);
    StreamableHttpService::new(move || Ok(server.clone()), Arc::default(), config)
}

/// The answer; refusals that are not of the protocol look like all others of this edge.
fn told(response: Response) -> Result<Response, ApiError> {
    let status = response.status();
    let is_told = response.headers().get(CONTENT_TYPE).is_some_and(|kind| *kind == JSON);
    match status {
        _ if status.is_success() || is_told => Ok(response.into_response()),
        StatusCode::NOT_ACCEPTABLE => Err(ApiError::not_acceptable()),
        _ if status.is_client_error() => Err(ApiError::malformed_message()),
        _ => Err(ApiError::internal()),
    }
}
