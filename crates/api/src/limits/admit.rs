//! The layer that every request passes: whoever is known has a limit of their own, the others share that of their address.

use axum::{
    extract::{MatchedPath, Request, State},
    http::request::Parts,
    middleware::Next,
    response::{IntoResponse as _, Response},
};

use crate::{
    auth::Caller, client_address::ClientAddress, limits::bucket::Bucket, operator::is_operator,
    state::Api,
};

/// Those who look after the host ask these, and must be answered when it is under pressure most of all.
const EXEMPT: [&str; 4] = ["/health", "/api/health", "/ready", "/metrics"];

/// The layer.
pub(crate) async fn admit(State(api): State<Api>, request: Request, next: Next) -> Response {
    let Some(limiter) = &api.limiter else { return next.run(request).await };
    let (mut parts, body) = request.into_parts();
    if let Some(bucket) = bucket(&mut parts, &api).await
        && let Err(refused) = limiter.request(bucket, api.options.clock.now()).await
    {
        return refused.into_response();
    }
    next.run(Request::from_parts(parts, body)).await
}

/// Of which bucket a request takes.
async fn bucket(parts: &mut Parts, api: &Api) -> Option<Bucket> {
    let route = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
    if EXEMPT.contains(&route) || is_operator(api, &parts.headers) {
        return None;
    }
    if let Ok(caller) = Caller::shown(parts, api).await {
        return Some(Bucket::caller(&caller));
    }
    // Credentials that are refused can be shown by anybody, as often as they like.
    let ClientAddress(address) = *parts.extensions.get()?;
    Some(Bucket::stranger(address))
}
