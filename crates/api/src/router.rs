//! Which handler answers which address, inside which layers.

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware::{from_fn, from_fn_with_state, map_response},
};
use identity::KeyScope::{
    AgentsQuery, AgentsRead, AgentsWrite, ApiKeysWrite, ChatRead, ChatWrite, DocumentsRead,
    DocumentsWrite, EventsRead, NotificationsRead, NotificationsWrite, ProjectsRead, ProjectsWrite,
    WorkspacesRead, WorkspacesWrite,
};
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;

use crate::{
    admin, agent_queries, agents, api_keys, audit, body, chat, client_address, documents, emails,
    erm,
    error::ApiError,
    export, headers, health, invitation_lists, invitations,
    key_scope::scoped,
    limits::admit,
    mcp, members, metrics, notifications, openapi, pages, panics, passwords, preferences, projects,
    request_id::{self, TraceShare},
    routing::{Routes, delete, get, patch, post, put},
    same_origin, search, selected_agents, sessions, skills, socket,
    state::Api,
    streams, sync, tickets, users, workspaces,
};

/// Whatever is part of the contract, and for whoever has come so far.
fn routes() -> Routes {
    Routes::new()
        .merge(people())
        .merge(teams())
        .merge(work())
        .merge(assistance())
        .merge(talking())
        .merge(erm::routes())
        .merge(events())
        .route("/health", get(health::health))
        .route("/api/health", get(health::health))
        .route("/ready", get(health::ready))
        .route("/metrics", get(metrics::show))
        .route(openapi::PATH, get(openapi::show))
}

/// The same with what is for operators: everything that the document of this edge tells of.
pub(crate) fn contract() -> Routes {
    routes().merge(operators())
}

/// The whole HTTP edge. Serve it with [`serve`](crate::serve()), or ask it directly in tests.
pub fn router(api: Api) -> Router {
    let mut routes = routes()
        .into_router()
        .merge(mcp::routes())
        .merge(pages::routes())
        .merge(pages::mailbox::routes(api.options.mailbox.is_some()));
    // Without a token nothing tells that there could be an address.
    if api.options.operator_token.is_some() {
        routes = routes.merge(operators().into_router());
    }
    let share = TraceShare(api.options.trace_share);
    let admitted = from_fn_with_state(api.clone(), admit::admit);
    let located = from_fn_with_state(api.clone(), client_address::note);
    dressed(complete(routes.with_state(api)).layer(admitted).layer(located), share)
}

/// The routes, with an answer to everything else.
fn complete(routes: Router) -> Router {
    routes
        .fallback(async || ApiError::route_not_found())
        .method_not_allowed_fallback(async || ApiError::method_not_allowed())
}

/// The routes inside the layers.
fn dressed(routes: Router, share: TraceShare) -> Router {
    // From the outside in: what stands above also dresses what is refused below.
    let layers = ServiceBuilder::new()
        .layer(map_response(headers::secure))
        .layer(from_fn_with_state(share, request_id::name_request))
        .layer(CatchPanicLayer::custom(panics::answer))
        .layer(from_fn(same_origin::refuse_others))
        .layer(DefaultBodyLimit::max(body::LIMIT));
    routes.layer(layers)
}

fn people() -> Routes {
    Routes::new()
        .route("/api/users", post(users::register))
        .route("/api/users/password-reset", post(passwords::send_link))
        .route("/api/users/password-reset/{token}", put(passwords::reset))
        .route("/api/sessions", post(sessions::begin).delete(sessions::end))
        .route("/api/sessions/magic-link", post(sessions::send_link))
        .route("/api/me", get(users::me).patch(users::update).delete(users::delete))
        .route("/api/me/export", get(export::export))
        .route("/api/me/email", post(emails::send_link))
        .route("/api/me/email/{token}", put(emails::change))
        .route("/api/me/password", put(passwords::change))
        .route("/api/me/reauthenticate", post(sessions::reauthenticate))
        .route("/api/me/preferences", get(selected_agents::mine))
        .route("/api/me/sessions", get(sessions::list))
        .route("/api/me/sessions/{id}", delete(sessions::revoke))
        .route("/api/me/workspaces", scoped(WorkspacesRead, get(workspaces::mine)))
        .route("/api/me/invitations", get(invitations::mine))
        .route("/api/api-keys", scoped(ApiKeysWrite, get(api_keys::list).post(api_keys::create)))
        .route(
            "/api/api-keys/{id}",
            scoped(ApiKeysWrite, patch(api_keys::update).delete(api_keys::revoke)),
        )
        .route("/api/api-keys/{id}/rotate", scoped(ApiKeysWrite, post(api_keys::rotate)))
        .route("/api/notifications", scoped(NotificationsRead, get(notifications::list)))
        .route(
            "/api/notifications/unread-count",
            scoped(NotificationsRead, get(notifications::unread_count)),
        )
        .route(
            "/api/notifications/preferences",
            scoped(NotificationsRead, get(preferences::show))
                .merge(scoped(NotificationsWrite, put(preferences::choose))),
        )
        .route(
            "/api/notifications/read-all",
            scoped(NotificationsWrite, post(notifications::mark_all_read)),
        )
        .route("/api/notifications/{id}", scoped(NotificationsWrite, delete(notifications::remove)))
        .route(
            "/api/notifications/{id}/read",
            scoped(NotificationsWrite, post(notifications::mark_read)),
        )
}

fn teams() -> Routes {
    Routes::new()
        .route(
            "/api/workspaces",
            scoped(WorkspacesRead, get(workspaces::list))
                .merge(scoped(WorkspacesWrite, post(workspaces::create))),
        )
        .route(
            "/api/workspaces/{slug}",
            scoped(WorkspacesRead, get(workspaces::show))
                .merge(scoped(WorkspacesWrite, patch(workspaces::update)))
                .delete(workspaces::delete),
        )
        .route("/api/workspaces/{slug}/archive", scoped(WorkspacesWrite, post(workspaces::archive)))
        .route("/api/workspaces/{slug}/restore", scoped(WorkspacesWrite, post(workspaces::restore)))
        .route("/api/workspaces/{slug}/transfer", post(workspaces::transfer))
        .route("/api/workspaces/{slug}/members", scoped(WorkspacesRead, get(members::list)))
        .route(
            "/api/workspaces/{slug}/members/{member}",
            scoped(WorkspacesWrite, patch(members::change_role).delete(members::remove)),
        )
        .route("/api/workspaces/{slug}/leave", post(members::leave))
        .route(
            "/api/workspaces/{slug}/preferences",
            get(selected_agents::show).put(selected_agents::choose),
        )
        .route(
            "/api/workspaces/{slug}/invitations",
            scoped(WorkspacesRead, get(invitations::list))
                .merge(scoped(WorkspacesWrite, post(invitations::invite))),
        )
        .route(
            "/api/workspaces/{slug}/invitations/bulk",
            scoped(WorkspacesWrite, post(invitation_lists::invite)),
        )
        .route("/api/workspaces/{slug}/invitations/accept", post(invitations::accept))
        .route("/api/workspaces/{slug}/invitations/decline", post(invitations::decline))
        .route(
            "/api/workspaces/{slug}/invitations/{id}",
            scoped(WorkspacesWrite, delete(invitations::revoke)),
        )
        .route(
            "/api/workspaces/{slug}/invitations/{id}/resend",
            scoped(WorkspacesWrite, post(invitations::resend)),
        )
}

fn work() -> Routes {
    Routes::new()
        .route(
            "/api/workspaces/{slug}/projects",
            scoped(ProjectsRead, get(projects::list))
                .merge(scoped(ProjectsWrite, post(projects::create))),
        )
        .route(
            "/api/workspaces/{slug}/projects/{project}",
            scoped(ProjectsRead, get(projects::show))
                .merge(scoped(ProjectsWrite, patch(projects::update).delete(projects::delete))),
        )
        .route(
            "/api/workspaces/{slug}/projects/{project}/archive",
            scoped(ProjectsWrite, post(projects::archive)),
        )
        .route(
            "/api/workspaces/{slug}/projects/{project}/restore",
            scoped(ProjectsWrite, post(projects::restore)),
        )
        .merge(writing())
}

fn writing() -> Routes {
    Routes::new()
        .route(
            "/api/workspaces/{slug}/documents",
            scoped(DocumentsRead, get(documents::list))
                .merge(scoped(DocumentsWrite, post(documents::create))),
        )
        .route("/api/workspaces/{slug}/search", scoped(DocumentsRead, get(search::search)))
        .route(
            "/api/workspaces/{slug}/projects/{project}/documents",
            scoped(DocumentsWrite, post(documents::create_in_project)),
        )
        .route(
            "/api/workspaces/{slug}/documents/{document}",
            scoped(DocumentsRead, get(documents::show))
                .merge(scoped(DocumentsWrite, patch(documents::update).delete(documents::delete))),
        )
        .route(
            "/api/workspaces/{slug}/documents/{document}/restore",
            scoped(DocumentsWrite, post(documents::restore)),
        )
        .route(
            "/api/workspaces/{slug}/documents/{document}/versions",
            scoped(DocumentsRead, get(documents::versions::list)),
        )
        .route(
            "/api/workspaces/{slug}/documents/{document}/versions/{version}",
            scoped(DocumentsRead, get(documents::versions::show)),
        )
        .route(
            "/api/workspaces/{slug}/documents/{document}/versions/{version}/diff",
            scoped(DocumentsRead, get(documents::versions::diff)),
        )
        .route(
            "/api/workspaces/{slug}/documents/{document}/versions/{version}/restore",
            scoped(DocumentsWrite, post(documents::versions::restore)),
        )
        .route(
            "/api/workspaces/{slug}/documents/{document}/sync",
            scoped(DocumentsRead, get(sync::open)),
        )
        .with(|routes| routes.layer(DefaultBodyLimit::max(body::DOCUMENT_LIMIT)))
}

fn assistance() -> Routes {
    Routes::new()
        .route(
            "/api/agents",
            scoped(AgentsRead, get(agents::mine)).merge(scoped(AgentsWrite, post(agents::create))),
        )
        .route(
            "/api/agents/{id}",
            scoped(AgentsRead, get(agents::show)).merge(scoped(
                AgentsWrite,
                patch(agents::update).put(agents::update).delete(agents::delete),
            )),
        )
        .route("/api/agents/{id}/query", scoped(AgentsQuery, post(agent_queries::ask)))
        .route(
            "/api/workspaces/{slug}/documents/{document}/agent-queries",
            scoped(AgentsQuery, post(documents::questions::ask)),
        )
        .route("/api/agent-queries/{id}", scoped(AgentsQuery, get(agent_queries::show)))
        .route("/api/agent-queries/{id}/cancel", scoped(AgentsQuery, post(agent_queries::cancel)))
        .route("/api/agents/{id}/clone", scoped(AgentsWrite, post(agents::copy)))
        .route("/api/agents/{id}/skills", scoped(AgentsRead, get(skills::list)))
        .route(
            "/api/agents/{id}/workspaces",
            scoped(AgentsRead, get(agents::places::show))
                .merge(scoped(AgentsWrite, put(agents::places::choose))),
        )
        .route(
            "/api/workspaces/{slug}/agents",
            scoped(AgentsRead, get(agents::places::of_workspace)),
        )
        .route(
            "/api/workspaces/{slug}/agents/{id}",
            scoped(AgentsWrite, put(agents::places::add).delete(agents::places::remove)),
        )
}

fn talking() -> Routes {
    Routes::new()
        .route(
            "/api/chat/sessions",
            scoped(ChatRead, get(chat::list)).merge(scoped(ChatWrite, post(chat::create))),
        )
        .route(
            "/api/chat/sessions/{id}",
            scoped(ChatRead, get(chat::show))
                .merge(scoped(ChatWrite, patch(chat::rename).delete(chat::delete))),
        )
        .route(
            "/api/chat/sessions/{id}/messages",
            scoped(ChatRead, get(chat::messages::list))
                .merge(scoped(ChatWrite, post(chat::sending::send))),
        )
        .route("/api/chat/sessions/{id}/cancel", scoped(ChatWrite, post(chat::sending::cancel)))
        .route(
            "/api/chat/sessions/{id}/messages/{message}",
            scoped(ChatWrite, delete(chat::messages::delete)),
        )
        .route("/api/chat/sessions/{id}/export", scoped(ChatRead, get(chat::export::export)))
        .route("/api/chat/search", scoped(ChatRead, get(chat::messages::search)))
}

fn operators() -> Routes {
    Routes::new()
        .route("/admin/handlers", get(admin::handlers::list))
        .route("/admin/handlers/{handler}", get(admin::handlers::show))
        .route("/admin/handlers/{handler}/pause", post(admin::handlers::pause))
        .route("/admin/handlers/{handler}/resume", post(admin::handlers::resume))
        .route("/admin/handlers/{handler}/rewind", post(admin::handlers::rewind))
        .route("/admin/handlers/{handler}/replay", post(admin::handlers::replay))
        .route(
            "/admin/handlers/{handler}/rebuild",
            get(admin::handlers::rebuilding)
                .post(admin::handlers::rebuild)
                .delete(admin::handlers::cancel_rebuild),
        )
        .route("/admin/handlers/{handler}/dead-letters/retry", post(admin::dead_letters::retry_all))
        .route("/admin/dead-letters", get(admin::dead_letters::list))
        .route("/admin/dead-letters/{handler}/{position}", get(admin::dead_letters::show))
        .route("/admin/dead-letters/{handler}/{position}/retry", post(admin::dead_letters::retry))
        .route("/admin/dead-letters/{handler}/{position}/edit", post(admin::dead_letters::edit))
        .route(
            "/admin/dead-letters/{handler}/{position}/discard",
            post(admin::dead_letters::discard),
        )
        .route("/admin/queues", get(admin::queues::list))
        .route("/admin/queues/{queue}", get(admin::queues::show))
        .route("/admin/queues/{queue}/pause", post(admin::queues::pause))
        .route("/admin/queues/{queue}/resume", post(admin::queues::resume))
        .route("/admin/queues/{queue}/dead-jobs/retry", post(admin::queues::retry_all))
        .route("/admin/jobs", get(admin::queues::jobs))
        .route("/admin/jobs/{id}", get(admin::queues::job))
        .route("/admin/jobs/{id}/retry", post(admin::queues::retry))
        .route("/admin/jobs/{id}/cancel", post(admin::queues::cancel))
        .route("/admin/jobs/{id}/discard", post(admin::queues::discard))
        .route("/admin/schedules", get(admin::queues::schedules))
        .route("/admin/schedules/{schedule}/pause", post(admin::queues::pause_schedule))
        .route("/admin/schedules/{schedule}/resume", post(admin::queues::resume_schedule))
        .route("/admin/timers", get(admin::queues::timers))
        .route("/admin/processes", get(admin::queues::cases))
}

fn events() -> Routes {
    Routes::new()
        .route("/api/tickets", post(tickets::issue))
        .route("/api/ws", scoped(EventsRead, get(socket::open)))
        .route("/api/legacy/stream", get(streams::of_legacy))
        .route("/api/me/events/stream", scoped(EventsRead, get(streams::of_me)))
        .route("/api/workspaces/{slug}/events", scoped(EventsRead, get(audit::list)))
        .route(
            "/api/workspaces/{slug}/events/stream",
            scoped(EventsRead, get(streams::of_workspace)),
        )
}

#[cfg(test)]
mod tests {
    use axum::{
        body::{Body, to_bytes},
        http::{Request, StatusCode},
    };
    use expect_test::expect;
    use tower::ServiceExt as _;

    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_answer_without_details() {
        async fn broken() -> StatusCode {
            panic!("the secret cause");
        }
        let request = Request::builder()
            .uri("/broken")
            .header("x-request-id", "r-1")
            .body(Body::empty())
            .unwrap();
        let router = Router::new().route("/broken", axum::routing::get(broken));
        let response = dressed(router, TraceShare(0.0)).oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(response.headers()["x-request-id"], "r-1");
        assert_eq!(response.headers()["x-frame-options"], "DENY");
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        expect![[r#"{"code":"internal_error","error":"Something went wrong","request_id":"r-1"}"#]]
            .assert_eq(std::str::from_utf8(&body).unwrap());
    }
}
