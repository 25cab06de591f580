//! What programs do with the keys of people: what the routes say, and nothing else.

use scenarios::{Persona, on_both_engines};
use serde_json::{Value, json};

use crate::routes::{Access, Route};

const ID: &str = "00000000-0000-7000-8000-000000000001";

/// A program that acts for this person by a new key.
pub(crate) async fn program(person: &Persona, permissions: Value, slugs: &[&str]) -> Persona {
    let body = json!({ "name": "Robot", "permissions": permissions, "workspace_access": slugs });
    let answer = person.post("/api/api-keys").json(body).await.is(201);
    let token = answer.body()["token"].as_str().expect("keys have tokens");
    person.clone().with_bearer(token)
}

/// Every route that asks who somebody is, at an address in this workspace.
async fn routes(of: &Persona, slug: &str) -> Vec<(&'static Route, String)> {
    let workspace = of.graph_of(slug).await;
    let of_slugs = Route::all(Access::People).chain(Route::all(Access::Members));
    let of_slugs = of_slugs.map(|route| (route, route.at(slug, ID, ID)));
    let of_ids = Route::all(Access::Graphs).map(|route| (route, route.in_graph(&workspace, ID)));
    of_slugs.chain(of_ids).collect()
}

on_both_engines! {
    async fn a_key_without_scopes_does_nothing_anywhere(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen").await;
        let key = program(&ada, json!([]), &[&slug]).await;
        let head = scenario.head().await;
        for (route, path) in routes(&ada, &slug).await {
            let answer = route.request(&key, &path).await;
            let scope = route.key_scope();
            if scope == "session" {
                answer.is_refused(403, "session_required");
            } else {
                answer.is_refused(403, "scope_missing");
                assert_eq!(answer.body()["required"], scope, "{route:?}");
            }
        }
        assert_eq!(scenario.types_after(head).await, Vec::<String>::new());
    }

    async fn a_key_with_all_scopes_does_whatever_is_for_keys(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen").await;
        let key = program(&ada, json!(["*"]), &[&slug]).await;
        // A stream that is open has no end to wait for.
        for path in ["/api/me", &format!("/api/workspaces/{slug}")] {
            key.get(&format!("{path}/events/stream")).stream().await;
        }
        let is_endless = |route: &Route| route.path.ends_with("events/stream");
        for (route, path) in routes(&ada, &slug).await {
            if is_endless(route) {
                continue;
            }
            if route.is_file() {
                route.request(&key, &path).file("application/x-ndjson").await;
                continue;
            }
            let answer = route.request(&key, &path).await;
            if route.key_scope() == "session" {
                answer.is_refused(403, "session_required");
            } else {
                assert!(![401, 403].contains(&answer.status()), "{route:?}: {}", answer.body());
            }
        }
    }

    async fn a_workspace_out_of_reach_is_refused_before_anything_else(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let (lumen, other) = (ada.found("Lumen").await, ada.found("Other").await);
        let key = program(&ada, json!(null), &[&lumen]).await;
        let of_keys = |route: &&Route| route.key_scope() != "session";
        for route in Route::all(Access::Members).filter(of_keys) {
            for slug in [other.as_str(), "nowhere", "%FF%FE", "LUMEN"] {
                let answer = route.request(&key, &route.at(slug, ID, ID)).await;
                answer.is_refused(403, "workspace_out_of_reach");
            }
        }
        let other = ada.graph_of(&other).await;
        for route in Route::all(Access::Graphs) {
            for workspace in [other.as_str(), ID] {
                let answer = route.request(&key, &route.in_graph(workspace, ID)).await;
                answer.is_refused(403, "workspace_out_of_reach");
            }
        }
        ada.delete(&format!("/api/workspaces/{lumen}")).await.is(204);
        let answer = key.get(&format!("/api/workspaces/{lumen}")).await;
        answer.is_refused(403, "workspace_out_of_reach");
        assert!(key.get("/api/workspaces").await.is(200).list().is_empty());
    }

    async fn what_a_key_does_is_done_by_the_key(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen").await;
        let key = program(&ada, json!(["workspaces:write"]), &[&slug]).await;
        key.invite(&slug, "ben@example.com", "member").await;
        scenario.run_until_idle().await;
        let path = format!("/api/workspaces/{slug}/events?type=identity.invitation_created");
        let entry = &ada.get(&path).await.is(200).list()[0].clone();
        assert_eq!(entry["actor"]["kind"], "api_key");
        assert_eq!(entry["actor"]["user_id"], ada.id());
        let keys = ada.get("/api/api-keys").await.is(200);
        assert_eq!(entry["actor"]["ref"], keys.list()[0]["id"]);
    }

    async fn the_owner_is_told_by_mail_of_keys_that_are_made_and_rotated(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        program(&ada, json!(null), &[]).await;
        let told = scenario.mails("ada").await.pop().unwrap();
        assert_eq!(told.kind, "identity.api_key_created");
        assert!(told.text.contains("Robot"), "{}", told.text);
        let id = ada.get("/api/api-keys").await.is(200).list()[0]["id"].clone();
        let rotate = ada.post(&format!("/api/api-keys/{}/rotate", id.as_str().unwrap()));
        rotate.json(json!({})).await.is(200);
        assert_eq!(scenario.mails("ada").await.pop().unwrap().kind, "identity.api_key_rotated");
    }

    async fn keys_end_with_the_account(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let key = program(&ada, json!(null), &[]).await;
        key.get("/api/workspaces").await.is(200);
        ada.delete("/api/me").await.is(204);
        key.get("/api/workspaces").await.is_refused(401, "unauthenticated");
    }
}
