//! What an API key needs for a route. A route that does not say is for sessions alone.

use axum::{Extension, extract::MatchedPath, http::request::Parts};
use identity::{AuthenticatedKey, KeyScope};

use crate::{error::ApiError, path, routing::Handlers};

/// What stands before whatever belongs to one workspace that is addressed by its slug.
const BY_SLUG: &str = "/api/workspaces/";

/// The same of one that is addressed by its id.
const BY_ID: &str = "/api/v1/workspaces/";

/// Beside a request on its way to a handler that is for keys, too.
#[derive(Clone, Copy, Debug)]
struct Needs(KeyScope);

/// These handlers are for keys that have the scope, too.
pub(crate) fn scoped(scope: KeyScope, handlers: Handlers) -> Handlers {
    handlers.scoped(scope, |handlers| handlers.route_layer(Extension(Needs(scope))))
}

/// Lets a key through to a route that is for it, and where it reaches.
pub(crate) async fn admit(parts: &mut Parts, key: &AuthenticatedKey) -> Result<(), ApiError> {
    let Some(Needs(scope)) = parts.extensions.get().copied() else {
        return Err(ApiError::session_required());
    };
    if !key.may(scope) {
        return Err(ApiError::scope_missing(scope));
    }
    let route = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
    let (by_slug, by_id) = (route.starts_with(BY_SLUG), route.starts_with(BY_ID));
    // Before anybody looks whether there is such a workspace; a name that is none is out of reach as well.
    let is_within = if by_slug {
        path::slug(parts).await.is_some_and(|slug| key.reaches_slug(&slug))
    } else if by_id {
        path::workspace_id(parts).await.is_some_and(|id| key.reaches(id))
    } else {
        true
    };
    if is_within { Ok(()) } else { Err(ApiError::workspace_out_of_reach()) }
}
