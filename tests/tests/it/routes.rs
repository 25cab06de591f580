//! Every route of the HTTP edge, for what must hold on all of them.

use std::collections::BTreeMap;

use reqwest::Method;
use scenarios::{Persona, Request};

mod listed;

pub(crate) use listed::ROUTES;

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

    /// Whether it answers with a file, one line after the other.
    pub(crate) fn is_file(&self) -> bool {
        self.path.ends_with("{workspace_id}/export")
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
            let name = name.trim_matches('`').to_owned();
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
