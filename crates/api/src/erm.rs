//! The graphs of workspaces, which are addressed by their ids.

use axum::{
    extract::DefaultBodyLimit,
    middleware::{from_fn, map_response},
    response::{IntoResponse as _, Response},
    routing::any,
};
use identity::KeyScope::{ErmRead, ErmWrite};
use perme8_events::Id;

use crate::{
    body,
    error::ApiError,
    etag::{IfMatch, Shown as _, Tag},
    key_scope::scoped,
    routing::{Routes, get, post, put},
};

pub(crate) mod asked;
mod bulks;
mod edges;
mod entities;
mod export;
mod graph;
mod import;
pub(crate) mod path;
mod schema;
pub(crate) mod sent;
mod shown;

/// The routes. To whatever else is asked below the address of a workspace, they answer that there is nothing.
pub(crate) fn routes() -> Routes {
    schemas().merge(items()).merge(files()).with(|routes| {
        let rest = any(async || ApiError::route_not_found());
        routes
            .route_layer(from_fn(path::require_workspace))
            .route("/api/v1/workspaces/{workspace_id}/{*rest}", rest)
            .method_not_allowed_fallback(async || ApiError::route_not_found())
            .layer(map_response(in_words))
            .layer(DefaultBodyLimit::max(body::DOCUMENT_LIMIT))
    })
}

fn schemas() -> Routes {
    Routes::new()
        .route(
            "/api/v1/workspaces/{workspace_id}/schema",
            scoped(ErmRead, get(schema::show)).merge(scoped(ErmWrite, put(schema::put))),
        )
        .route(
            "/api/v1/workspaces/{workspace_id}/schema/history",
            scoped(ErmRead, get(schema::history)),
        )
        .route(
            "/api/v1/workspaces/{workspace_id}/schema/versions/{version}",
            scoped(ErmRead, get(schema::version)),
        )
        .route(
            "/api/v1/workspaces/{workspace_id}/schema/dry-run",
            scoped(ErmWrite, post(schema::try_out)),
        )
}

fn items() -> Routes {
    Routes::new()
        .route(
            "/api/v1/workspaces/{workspace_id}/entities",
            scoped(ErmRead, get(entities::list)).merge(scoped(ErmWrite, post(entities::create))),
        )
        .route(
            "/api/v1/workspaces/{workspace_id}/entities/bulk",
            scoped(
                ErmWrite,
                post(bulks::create_entities)
                    .put(bulks::update_entities)
                    .delete(bulks::delete_entities),
            ),
        )
        .route(
            "/api/v1/workspaces/{workspace_id}/entities/by-key/{type}/{key}",
            scoped(ErmWrite, put(entities::put_by_key)),
        )
        .route(
            "/api/v1/workspaces/{workspace_id}/entities/{id}",
            scoped(ErmRead, get(entities::show))
                .merge(scoped(ErmWrite, put(entities::replace).delete(entities::delete))),
        )
        .route(
            "/api/v1/workspaces/{workspace_id}/entities/{id}/merge",
            scoped(ErmWrite, post(entities::merge)),
        )
        .route(
            "/api/v1/workspaces/{workspace_id}/entities/{id}/restore",
            scoped(ErmWrite, post(entities::restore)),
        )
        .route(
            "/api/v1/workspaces/{workspace_id}/edges",
            scoped(ErmRead, get(edges::list)).merge(scoped(ErmWrite, post(edges::create))),
        )
        .route(
            "/api/v1/workspaces/{workspace_id}/edges/bulk",
            scoped(ErmWrite, post(bulks::create_edges)),
        )
        .route(
            "/api/v1/workspaces/{workspace_id}/edges/{id}",
            scoped(ErmRead, get(edges::show))
                .merge(scoped(ErmWrite, put(edges::replace).delete(edges::delete))),
        )
        .route(
            "/api/v1/workspaces/{workspace_id}/edges/{id}/merge",
            scoped(ErmWrite, post(edges::merge)),
        )
        .route(
            "/api/v1/workspaces/{workspace_id}/edges/{id}/restore",
            scoped(ErmWrite, post(edges::restore)),
        )
        .merge(walks())
}

fn files() -> Routes {
    Routes::new()
        .route("/api/v1/workspaces/{workspace_id}/export", scoped(ErmRead, get(export::export)))
        .route("/api/v1/workspaces/{workspace_id}/import", scoped(ErmWrite, post(import::import)))
}

fn walks() -> Routes {
    Routes::new()
        .route(
            "/api/v1/workspaces/{workspace_id}/entities/{id}/neighbors",
            scoped(ErmRead, get(graph::neighbours)),
        )
        .route(
            "/api/v1/workspaces/{workspace_id}/entities/{id}/paths/{target_id}",
            scoped(ErmRead, get(graph::paths)),
        )
        .route("/api/v1/workspaces/{workspace_id}/traverse", scoped(ErmRead, get(graph::traverse)))
}

/// The version of this thing that a client has seen; one that it never had, if the client has seen another thing.
fn seen<A>(if_match: IfMatch, in_body: Option<i64>, id: Id<A>) -> Option<i64> {
    let seen = if_match.beside(in_body)?;
    Some(if seen.is(id, seen.version) { seen.version } else { Tag::never().version() })
}

/// The layer that says of whatever went wrong what clients of graphs are told.
async fn in_words(mut response: Response) -> Response {
    match response.extensions_mut().remove::<ApiError>() {
        Some(error) => error.in_words().into_response(),
        None => response,
    }
}
