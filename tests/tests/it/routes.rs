//! Every route of the HTTP edge, for what must hold on all of them.

use std::collections::BTreeMap;

use reqwest::Method;
use scenarios::{Persona, Request};

/// Who may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    Everybody,
    /// Whoever is logged in.
    People,
    /// Whoever is in the workspace, or invited into it.
    Members,
    /// Whoever is in the workspace, which is addressed by its id.
    Graphs,
    /// Whoever shows the operator token.
    Operators,
}

/// A route, and a body that it takes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Route {
    method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) body: Option<&'static str>,
    pub(crate) access: Access,
}

const fn route(
    method: &'static str,
    path: &'static str,
    body: Option<&'static str>,
    access: Access,
) -> Route {
    Route { method, path, body, access }
}

pub(crate) const ROUTES: &[Route] = &[
    route(
        "POST",
        "/api/users",
        Some(r#"{"email":"new@example.com","first_name":"N","last_name":"E"}"#),
        Access::Everybody,
    ),
    route(
        "POST",
        "/api/sessions",
        Some(r#"{"email":"a@example.com","password":"x"}"#),
        Access::Everybody,
    ),
    route(
        "POST",
        "/api/sessions/magic-link",
        Some(r#"{"email":"a@example.com"}"#),
        Access::Everybody,
    ),
    route(
        "POST",
        "/api/users/password-reset",
        Some(r#"{"email":"a@example.com"}"#),
        Access::Everybody,
    ),
    route(
        "PUT",
        "/api/users/password-reset/{token}",
        Some(r#"{"password":"x"}"#),
        Access::Everybody,
    ),
    route("GET", "/health", None, Access::Everybody),
    route("GET", "/api/health", None, Access::Everybody),
    route("GET", "/ready", None, Access::Everybody),
    route("GET", "/metrics", None, Access::Everybody),
    route("DELETE", "/api/sessions", None, Access::People),
    route("GET", "/api/me", None, Access::People),
    route("DELETE", "/api/me", None, Access::People),
    route("GET", "/api/me/export", None, Access::People),
    route("PATCH", "/api/me", Some(r#"{"first_name":"N"}"#), Access::People),
    route("POST", "/api/me/email", Some(r#"{"email":"x@example.com"}"#), Access::People),
    route("PUT", "/api/me/email/{token}", None, Access::People),
    route("PUT", "/api/me/password", Some(r#"{"password":"x"}"#), Access::People),
    route("POST", "/api/me/reauthenticate", Some(r#"{"password":"x"}"#), Access::People),
    route("GET", "/api/me/preferences", None, Access::People),
    route("GET", "/api/me/sessions", None, Access::People),
    route("DELETE", "/api/me/sessions/{id}", None, Access::People),
    route("GET", "/api/me/workspaces", None, Access::People),
    route("GET", "/api/me/invitations", None, Access::People),
    route("GET", "/api/me/events/stream", None, Access::People),
    route("GET", "/api/api-keys", None, Access::People),
    route("POST", "/api/api-keys", Some(r#"{"name":"Robot"}"#), Access::People),
    route("PATCH", "/api/api-keys/{id}", Some(r#"{"name":"Other"}"#), Access::People),
    route("POST", "/api/api-keys/{id}/rotate", Some("{}"), Access::People),
    route("DELETE", "/api/api-keys/{id}", None, Access::People),
    route("POST", "/api/tickets", None, Access::People),
    route("GET", "/api/ws", None, Access::People),
    route("GET", "/api/legacy/stream", None, Access::People),
    route("GET", "/api/workspaces", None, Access::People),
    route("POST", "/api/workspaces", Some(r#"{"name":"New"}"#), Access::People),
    route("GET", "/api/notifications", None, Access::People),
    route("GET", "/api/notifications/unread-count", None, Access::People),
    route("POST", "/api/notifications/{id}/read", None, Access::People),
    route("GET", "/api/notifications/preferences", None, Access::People),
    route(
        "PUT",
        "/api/notifications/preferences",
        Some(r#"{"digest_hour":8,"preferences":[]}"#),
        Access::People,
    ),
    route("DELETE", "/api/notifications/{id}", None, Access::People),
    route("POST", "/api/notifications/read-all", None, Access::People),
    route("GET", "/api/workspaces/{slug}", None, Access::Members),
    route("PATCH", "/api/workspaces/{slug}", Some(r#"{"name":"New"}"#), Access::Members),
    route("DELETE", "/api/workspaces/{slug}", None, Access::Members),
    route("POST", "/api/workspaces/{slug}/archive", None, Access::Members),
    route("POST", "/api/workspaces/{slug}/restore", None, Access::Members),
    route(
        "POST",
        "/api/workspaces/{slug}/transfer",
        Some(r#"{"user_id":"0199a1b2-0000-7000-8000-000000000001"}"#),
        Access::Members,
    ),
    route("GET", "/api/workspaces/{slug}/members", None, Access::Members),
    route(
        "PATCH",
        "/api/workspaces/{slug}/members/{member}",
        Some(r#"{"role":"guest"}"#),
        Access::Members,
    ),
    route("DELETE", "/api/workspaces/{slug}/members/{member}", None, Access::Members),
    route("POST", "/api/workspaces/{slug}/leave", None, Access::Members),
    route("GET", "/api/workspaces/{slug}/preferences", None, Access::Members),
    route(
        "PUT",
        "/api/workspaces/{slug}/preferences",
        Some(r#"{"selected_agent_id":null}"#),
        Access::Members,
    ),
    route("GET", "/api/workspaces/{slug}/invitations", None, Access::Members),
    route(
        "POST",
        "/api/workspaces/{slug}/invitations",
        Some(r#"{"email":"x@example.com","role":"guest"}"#),
        Access::Members,
    ),
    route(
        "POST",
        "/api/workspaces/{slug}/invitations/bulk",
        Some(r#"{"csv":"x@example.com"}"#),
        Access::Members,
    ),
    route("DELETE", "/api/workspaces/{slug}/invitations/{id}", None, Access::Members),
    route("POST", "/api/workspaces/{slug}/invitations/{id}/resend", None, Access::Members),
    route("POST", "/api/workspaces/{slug}/invitations/accept", None, Access::Members),
    route("POST", "/api/workspaces/{slug}/invitations/decline", None, Access::Members),
    route("GET", "/api/workspaces/{slug}/projects", None, Access::Members),
    route("POST", "/api/workspaces/{slug}/projects", Some(r#"{"name":"New"}"#), Access::Members),
    route("GET", "/api/workspaces/{slug}/projects/{project}", None, Access::Members),
    route(
        "PATCH",
        "/api/workspaces/{slug}/projects/{project}",
        Some(r#"{"name":"New"}"#),
        Access::Members,
    ),
    route("DELETE", "/api/workspaces/{slug}/projects/{project}", None, Access::Members),
    route("POST", "/api/workspaces/{slug}/projects/{project}/archive", None, Access::Members),
    route("POST", "/api/workspaces/{slug}/projects/{project}/restore", None, Access::Members),
    route(
        "POST",
        "/api/workspaces/{slug}/projects/{project}/documents",
        Some(r#"{"title":"New"}"#),
        Access::Members,
    ),
    route("GET", "/api/workspaces/{slug}/documents", None, Access::Members),
    route("POST", "/api/workspaces/{slug}/documents", Some(r#"{"title":"New"}"#), Access::Members),
    route("GET", "/api/workspaces/{slug}/documents/{document}", None, Access::Members),
    route(
        "PATCH",
        "/api/workspaces/{slug}/documents/{document}",
        Some(r#"{"title":"New"}"#),
        Access::Members,
    ),
    route("DELETE", "/api/workspaces/{slug}/documents/{document}", None, Access::Members),
    route("POST", "/api/workspaces/{slug}/documents/{document}/restore", None, Access::Members),
    route("GET", "/api/workspaces/{slug}/documents/{document}/sync", None, Access::Members),
    route("GET", "/api/workspaces/{slug}/documents/{document}/versions", None, Access::Members),
    route(
        "GET",
        "/api/workspaces/{slug}/documents/{document}/versions/{version}",
        None,
        Access::Members,
    ),
    route(
        "GET",
        "/api/workspaces/{slug}/documents/{document}/versions/{version}/diff",
        None,
        Access::Members,
    ),
    route(
        "POST",
        "/api/workspaces/{slug}/documents/{document}/versions/{version}/restore",
        None,
        Access::Members,
    ),
    route("GET", "/api/workspaces/{slug}/search", None, Access::Members),
    route("GET", "/api/agents", None, Access::People),
    route("POST", "/api/agents", Some(r#"{"name":"New"}"#), Access::People),
    route("GET", "/api/agents/{id}", None, Access::People),
    route("PATCH", "/api/agents/{id}", Some(r#"{"name":"New"}"#), Access::People),
    route("PUT", "/api/agents/{id}", Some(r#"{"name":"New"}"#), Access::People),
    route("DELETE", "/api/agents/{id}", None, Access::People),
    route("POST", "/api/agents/{id}/query", Some(r#"{"question":"Why?"}"#), Access::People),
    route(
        "POST",
        "/api/workspaces/{slug}/documents/{document}/agent-queries",
        Some(r#"{"command":"@j nobody Why?","node_id":"n-1"}"#),
        Access::Members,
    ),
    route("GET", "/api/agent-queries/{id}", None, Access::People),
    route("POST", "/api/agent-queries/{id}/cancel", None, Access::People),
    route("POST", "/api/agents/{id}/clone", Some("{}"), Access::People),
    route("GET", "/api/agents/{id}/skills", None, Access::People),
    route("GET", "/api/agents/{id}/workspaces", None, Access::People),
    route(
        "PUT",
        "/api/agents/{id}/workspaces",
        Some(r#"{"workspaces":["lumen"]}"#),
        Access::People,
    ),
    route("GET", "/api/workspaces/{slug}/agents", None, Access::Members),
    route("PUT", "/api/workspaces/{slug}/agents/{id}", None, Access::Members),
    route("DELETE", "/api/workspaces/{slug}/agents/{id}", None, Access::Members),
    route("GET", "/api/chat/sessions", None, Access::People),
    route("POST", "/api/chat/sessions", Some("{}"), Access::People),
    route("GET", "/api/chat/sessions/{id}", None, Access::People),
    route("PATCH", "/api/chat/sessions/{id}", Some(r#"{"title":"New"}"#), Access::People),
    route("DELETE", "/api/chat/sessions/{id}", None, Access::People),
    route("GET", "/api/chat/sessions/{id}/messages", None, Access::People),
    route(
        "POST",
        "/api/chat/sessions/{id}/messages",
        Some(r#"{"content":"How?"}"#),
        Access::People,
    ),
    route("POST", "/api/chat/sessions/{id}/cancel", None, Access::People),
    route("DELETE", "/api/chat/sessions/{id}/messages/{message}", None, Access::People),
    route("GET", "/api/chat/sessions/{id}/export", None, Access::People),
    route("GET", "/api/chat/search", None, Access::People),
    route("GET", "/api/v1/workspaces/{workspace_id}/schema", None, Access::Graphs),
    route(
        "PUT",
        "/api/v1/workspaces/{workspace_id}/schema",
        Some(r#"{"entity_types":[{"name":"Person"}],"edge_types":[{"name":"KNOWS"}]}"#),
        Access::Graphs,
    ),
    route("GET", "/api/v1/workspaces/{workspace_id}/schema/history", None, Access::Graphs),
    route("GET", "/api/v1/workspaces/{workspace_id}/export", None, Access::Graphs),
    route("POST", "/api/v1/workspaces/{workspace_id}/import", None, Access::Graphs),
    route(
        "GET",
        "/api/v1/workspaces/{workspace_id}/schema/versions/{version}",
        None,
        Access::Graphs,
    ),
    route(
        "POST",
        "/api/v1/workspaces/{workspace_id}/schema/dry-run",
        Some(r#"{"entity_types":[{"name":"Person"}]}"#),
        Access::Graphs,
    ),
    route("GET", "/api/v1/workspaces/{workspace_id}/entities", None, Access::Graphs),
    route(
        "POST",
        "/api/v1/workspaces/{workspace_id}/entities",
        Some(r#"{"type":"Person","properties":{}}"#),
        Access::Graphs,
    ),
    route(
        "POST",
        "/api/v1/workspaces/{workspace_id}/entities/bulk",
        Some(r#"{"entities":[{"type":"Person"}]}"#),
        Access::Graphs,
    ),
    route(
        "PUT",
        "/api/v1/workspaces/{workspace_id}/entities/bulk",
        Some(r#"{"updates":[{"id":"0199a1b2-0000-7000-8000-000000000001","properties":{}}]}"#),
        Access::Graphs,
    ),
    route(
        "DELETE",
        "/api/v1/workspaces/{workspace_id}/entities/bulk",
        Some(r#"{"ids":["0199a1b2-0000-7000-8000-000000000001"]}"#),
        Access::Graphs,
    ),
    route(
        "PUT",
        "/api/v1/workspaces/{workspace_id}/entities/by-key/{type}/{key}",
        Some(r#"{"properties":{}}"#),
        Access::Graphs,
    ),
    route("GET", "/api/v1/workspaces/{workspace_id}/entities/{id}", None, Access::Graphs),
    route(
        "PUT",
        "/api/v1/workspaces/{workspace_id}/entities/{id}",
        Some(r#"{"properties":{}}"#),
        Access::Graphs,
    ),
    route("DELETE", "/api/v1/workspaces/{workspace_id}/entities/{id}", None, Access::Graphs),
    route(
        "POST",
        "/api/v1/workspaces/{workspace_id}/entities/{id}/merge",
        Some(r#"{"properties":{}}"#),
        Access::Graphs,
    ),
    route("POST", "/api/v1/workspaces/{workspace_id}/entities/{id}/restore", None, Access::Graphs),
    route("GET", "/api/v1/workspaces/{workspace_id}/entities/{id}/neighbors", None, Access::Graphs),
    route(
        "GET",
        "/api/v1/workspaces/{workspace_id}/entities/{id}/paths/{target_id}",
        None,
        Access::Graphs,
    ),
    route("GET", "/api/v1/workspaces/{workspace_id}/traverse", None, Access::Graphs),
    route("GET", "/api/v1/workspaces/{workspace_id}/edges", None, Access::Graphs),
    route(
        "POST",
        "/api/v1/workspaces/{workspace_id}/edges",
        Some(
            r#"{"type":"KNOWS","source_id":"0199a1b2-0000-7000-8000-000000000001","target_id":"0199a1b2-0000-7000-8000-000000000001"}"#,
        ),
        Access::Graphs,
    ),
    route(
        "POST",
        "/api/v1/workspaces/{workspace_id}/edges/bulk",
        Some(
            r#"{"edges":[{"type":"KNOWS","source_id":"0199a1b2-0000-7000-8000-000000000001","target_id":"0199a1b2-0000-7000-8000-000000000001"}]}"#,
        ),
        Access::Graphs,
    ),
    route("GET", "/api/v1/workspaces/{workspace_id}/edges/{id}", None, Access::Graphs),
    route(
        "PUT",
        "/api/v1/workspaces/{workspace_id}/edges/{id}",
        Some(r#"{"properties":{}}"#),
        Access::Graphs,
    ),
    route("DELETE", "/api/v1/workspaces/{workspace_id}/edges/{id}", None, Access::Graphs),
    route(
        "POST",
        "/api/v1/workspaces/{workspace_id}/edges/{id}/merge",
        Some(r#"{"properties":{}}"#),
        Access::Graphs,
    ),
    route("POST", "/api/v1/workspaces/{workspace_id}/edges/{id}/restore", None, Access::Graphs),
    route("GET", "/api/workspaces/{slug}/events", None, Access::Members),
    route("GET", "/api/workspaces/{slug}/events/stream", None, Access::Members),
    route("GET", "/admin/handlers", None, Access::Operators),
    route("GET", "/admin/handlers/{handler}", None, Access::Operators),
    route("POST", "/admin/handlers/{handler}/pause", None, Access::Operators),
    route("POST", "/admin/handlers/{handler}/resume", None, Access::Operators),
    route("POST", "/admin/handlers/{handler}/rebuild", None, Access::Operators),
    route("GET", "/admin/handlers/{handler}/rebuild", None, Access::Operators),
    route("DELETE", "/admin/handlers/{handler}/rebuild", None, Access::Operators),
    route(
        "POST",
        "/admin/handlers/{handler}/rewind",
        Some(r#"{"to_position":0}"#),
        Access::Operators,
    ),
    route(
        "POST",
        "/admin/handlers/{handler}/replay",
        Some(r#"{"aggregate_type":"user","aggregate_id":"1"}"#),
        Access::Operators,
    ),
    route("POST", "/admin/handlers/{handler}/dead-letters/retry", None, Access::Operators),
    route("GET", "/admin/dead-letters", None, Access::Operators),
    route("GET", "/admin/dead-letters/{handler}/{position}", None, Access::Operators),
    route("POST", "/admin/dead-letters/{handler}/{position}/retry", None, Access::Operators),
    route(
        "POST",
        "/admin/dead-letters/{handler}/{position}/edit",
        Some(r#"{"data":{}}"#),
        Access::Operators,
    ),
    route(
        "POST",
        "/admin/dead-letters/{handler}/{position}/discard",
        Some("{}"),
        Access::Operators,
    ),
    route("GET", "/admin/queues", None, Access::Operators),
    route("GET", "/admin/queues/{queue}", None, Access::Operators),
    route("POST", "/admin/queues/{queue}/pause", None, Access::Operators),
    route("POST", "/admin/queues/{queue}/resume", None, Access::Operators),
    route("POST", "/admin/queues/{queue}/dead-jobs/retry", None, Access::Operators),
    route("GET", "/admin/jobs", None, Access::Operators),
    route("GET", "/admin/jobs/{id}", None, Access::Operators),
    route("POST", "/admin/jobs/{id}/retry", None, Access::Operators),
    route("POST", "/admin/jobs/{id}/cancel", None, Access::Operators),
    route("POST", "/admin/jobs/{id}/discard", None, Access::Operators),
    route("GET", "/admin/schedules", None, Access::Operators),
    route("POST", "/admin/schedules/{schedule}/pause", None, Access::Operators),
    route("POST", "/admin/schedules/{schedule}/resume", None, Access::Operators),
    route("GET", "/admin/timers", None, Access::Operators),
    route("GET", "/admin/processes", None, Access::Operators),
];

/// The project that the addresses of routes name, once somebody has begun it.
pub(crate) const PROJECT: &str = "lamps";

/// The document that they name, once somebody has created it.
pub(crate) const DOCUMENT: &str = "plans";

impl Route {
    pub(crate) fn all(access: Access) -> impl Iterator<Item = &'static Self> {
        ROUTES.iter().filter(move |route| route.access == access)
    }

    /// The address with these names filled in.
    pub(crate) fn at(&self, slug: &str, member: &str, id: &str) -> String {
        let path = self.path.replace("{handler}", "notifications.on_invitation");
        let path = path.replace("{position}", "7").replace("{slug}", slug);
        let path = path.replace("{queue}", "tests.queue").replace("{schedule}", "tests.hourly");
        let path = path.replace("{token}", "no-token").replace("{project}", PROJECT);
        let path = path.replace("{document}", DOCUMENT).replace("{version}", "1");
        path.replace("{member}", member).replace("{id}", id).replace("{message}", id)
    }

    /// The address of a graph with the ids of a workspace and of something in it filled in.
    pub(crate) fn in_graph(&self, workspace: &str, id: &str) -> String {
        let path = self.path.replace("{workspace_id}", workspace).replace("{version}", "1");
        let path = path.replace("{type}", "Person").replace("{key}", "ada");
        path.replace("{target_id}", id).replace("{id}", id)
    }

    /// What a key needs for it, as the documentation says.
    pub(crate) fn key_scope(&self) -> String {
        let name = format!("{} {}", self.method, self.path);
        documented().remove(&name).expect("every route is documented")
    }

    pub(crate) fn method(&self) -> Method {
        self.method.parse().unwrap()
    }

    /// The request of this person at this address, with the body that the route takes.
    pub(crate) fn request(&self, of: &Persona, path: &str) -> Request {
        let request = of.request(self.method(), path);
        match self.body {
            Some(body) => request.header("content-type", "application/json").bytes(body),
            None => request,
        }
    }
}

/// The table of routes: their names, and what keys need for them.
fn documented() -> BTreeMap<String, String> {
    let readme = include_str!("../../../crates/api/README.md");
    let rows = readme.lines().filter_map(|line| line.strip_prefix("| `")?.strip_suffix(" |"));
    let mut scopes = BTreeMap::new();
    for (names, scope) in rows.filter_map(|row| {
        let mut cells = row.split(" | ");
        Some((cells.next()?, cells.last()?.trim_matches('`')))
    }) {
        for name in names.split(", ") {
            let name = name.trim_matches('`').replace("{id or e-mail}", "{member}");
            if name.contains(" /") {
                let before = scopes.insert(name.clone(), scope.to_owned());
                assert_eq!(before, None, "{name} stands twice");
            }
        }
    }
    scopes
}

#[test]
fn the_list_of_routes_is_the_documented_one() {
    let listed: BTreeMap<String, String> = ROUTES
        .iter()
        .map(|route| (format!("{} {}", route.method, route.path), route.key_scope()))
        .collect();
    assert_eq!(listed, documented());
    for route in ROUTES {
        let scope = route.key_scope();
        let fits = match route.access {
            Access::Everybody => scope == "everybody",
            Access::Operators => scope == "operators",
            // A scenario compares it with what the host demands.
            Access::People | Access::Members | Access::Graphs => {
                scope == "session" || scope.contains(':')
            }
        };
        assert!(fits, "{route:?}: {scope}");
    }
}
