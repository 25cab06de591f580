//! The projects of a workspace.

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use crate::{
    client::{Answer, Ask, delete, get, patch, post},
    office::Office,
};

const PROJECTS: &str = "/api/workspaces/acme/projects";

fn check(answer: &Answer, expected: &Expect) {
    expected.assert_eq(&answer.to_string());
}

#[tokio::test]
async fn a_project_is_begun_and_shown_as_clients_know_it() {
    let office = Office::open().await;
    let body =
        json!({"name": "Road Map", "description": "What comes.", "color": "#4f46e5", "slug": "x"});
    let begun = office.begin(&office.ben, body).await;
    assert!(begun.header("etag").ends_with("-1\""), "{}", begun.header("etag"));
    check(
        &begun,
        &expect![[
            r#"201 {"data":{"name":"Road Map","slug":"road-map","description":"What comes.","workspace_slug":"acme"}}"#
        ]],
    );
    let again = office.begin(&office.ada, json!({"name": "Café"})).await;
    check(
        &again,
        &expect![[
            r#"201 {"data":{"name":"Café","slug":"cafe","description":null,"workspace_slug":"acme"}}"#
        ]],
    );
    let seen = office.ask(&office.gus, get(format!("{PROJECTS}/road-map"))).await;
    assert_eq!(seen.header("etag"), begun.header("etag"));
    check(
        &seen,
        &expect![[
            r#"200 {"data":{"name":"Road Map","slug":"road-map","description":"What comes.","workspace_slug":"acme","documents":[]}}"#
        ]],
    );
    let workspace = office.ask(&office.gus, get("/api/workspaces/acme")).await;
    check(
        &workspace,
        &expect![[
            r#"200 {"data":{"name":"Acme","slug":"acme","documents":[],"projects":[{"name":"Café","slug":"cafe"},{"name":"Road Map","slug":"road-map"}]}}"#
        ]],
    );
}

#[tokio::test]
async fn what_cannot_be_begun_is_refused_in_a_fixed_order() {
    let office = Office::open().await;
    // Whoever may not, is not told what is wrong with the fields.
    check(
        &office.begin(&office.gus, json!({})).await,
        &expect![[
            r#"403 {"code":"forbidden","error":"Insufficient permissions","request_id":"r-1"}"#
        ]],
    );
    check(
        &office.begin(&office.ben, json!({})).await,
        &expect![[
            r#"422 {"code":"validation_failed","errors":{"name":["can't be blank"]},"request_id":"r-1"}"#
        ]],
    );
    check(
        &office.begin(&office.ben, json!({"name": " ", "description": 1})).await,
        &expect![[
            r#"422 {"code":"validation_failed","errors":{"description":["must be a text"]},"request_id":"r-1"}"#
        ]],
    );
    check(
        &office.begin(&office.gus, json!({"name": 1})).await,
        &expect![[
            r#"403 {"code":"forbidden","error":"Insufficient permissions","request_id":"r-1"}"#
        ]],
    );
    let nowhere = post("/api/workspaces/nowhere/projects").json(json!({"name": 1}));
    check(
        &office.ask(&office.ada, nowhere).await,
        &expect![[
            r#"404 {"code":"workspace_not_found","error":"Workspace not found","request_id":"r-1"}"#
        ]],
    );
    let missing = office.ask(&office.ada, get(format!("{PROJECTS}/missing"))).await;
    check(
        &missing,
        &expect![[
            r#"404 {"code":"project_not_found","error":"Project not found","request_id":"r-1"}"#
        ]],
    );
}

#[tokio::test]
async fn nobody_overwrites_what_they_have_not_seen() {
    let office = Office::open().await;
    let begun = office.begin(&office.ben, json!({"name": "Plans"})).await;
    let first = begun.header("etag");
    let second = first.replace("-1\"", "-2\"");
    let change = async |seen: Option<&str>, body: Value| {
        let ask = patch(format!("{PROJECTS}/plans")).json(body);
        let ask = match seen {
            Some(tag) => ask.header("if-match", tag),
            None => ask,
        };
        office.ask(&office.ben, ask).await
    };
    let changed = change(Some(first), json!({"name": "The Plans", "color": "#4F46E5"})).await;
    assert_eq!(changed.header("etag"), second);
    check(
        &changed,
        &expect![[
            r##"200 {"data":{"name":"The Plans","slug":"plans","description":null,"color":"#4f46e5","workspace_slug":"acme","owner_id":"ID","archived_at":null,"created_at":"2026-01-05T09:00:00Z","version":2}}"##
        ]],
    );
    check(
        &change(Some(first), json!({"name": "Late"})).await,
        &expect![[
            r#"412 {"code":"version_mismatch","error":"It has changed since: look at it again","request_id":"r-1"}"#
        ]],
    );
    check(
        &change(None, json!({"name": "Late", "version": 1})).await,
        &expect![[
            r#"409 {"code":"version_conflict","error":"It has changed since: look at it again","request_id":"r-1"}"#
        ]],
    );
    check(
        &change(Some(&second), json!({"name": "Late", "version": 1})).await,
        &expect![[
            r#"412 {"code":"version_mismatch","error":"It has changed since: look at it again","request_id":"r-1"}"#
        ]],
    );
    check(
        &change(None, json!({"name": "", "color": "red", "version": "2"})).await,
        &expect![[
            r#"422 {"code":"validation_failed","errors":{"version":["must be a whole number"]},"request_id":"r-1"}"#
        ]],
    );
    assert_eq!(
        change(Some(&second), json!({"description": "All.", "version": 2})).await.status,
        200
    );
    for (path, ask) in [("", delete as fn(String) -> Ask), ("/archive", post), ("/restore", post)] {
        let ask = ask(format!("{PROJECTS}/plans{path}")).header("if-match", &second);
        assert_eq!(office.ask(&office.ben, ask).await.status, 412, "{path}");
    }
}

#[tokio::test]
async fn what_has_the_name_of_something_that_is_gone_was_never_seen() {
    let office = Office::open().await;
    let old = office.begin(&office.ben, json!({"name": "Plans"})).await;
    let at = format!("{PROJECTS}/plans");
    assert_eq!(office.ask(&office.ben, delete(&at)).await.status, 204);
    let new = office.begin(&office.ben, json!({"name": "Plans"})).await;
    assert_ne!(old.header("etag"), new.header("etag"));
    // Tags of what is gone, and what is no tag.
    for seen in [old.header("etag"), "\"1\"", "1", ""] {
        let ask = patch(&at).json(json!({"name": "Late"})).header("if-match", seen);
        assert_eq!(office.ask(&office.ben, ask).await.status, 412, "{seen}");
        let ask = delete(&at).header("if-match", seen);
        assert_eq!(office.ask(&office.ben, ask).await.status, 412, "{seen}");
        // Whoever may not change it is told that first.
        let ask = delete(&at).header("if-match", seen);
        assert_eq!(office.ask(&office.gus, ask).await.status, 403, "{seen}");
    }
    let ask = delete(&at).header("if-match", new.header("etag"));
    assert_eq!(office.ask(&office.ben, ask).await.status, 204);
}

#[tokio::test]
async fn what_is_wrong_with_a_change_is_told_to_those_alone_who_may_make_it() {
    let office = Office::open().await;
    office.begin(&office.ben, json!({"name": "Plans"})).await;
    let wrong = || json!({"name": 1, "color": [], "version": "1"});
    let at = format!("{PROJECTS}/plans");
    let eve = office.host.person("eve").await;
    for (who, path, status, code) in [
        (&eve, at.as_str(), 404, "workspace_not_found"),
        (&office.gus, "/api/workspaces/acme/projects/missing", 404, "project_not_found"),
        (&office.gus, &at, 403, "forbidden"),
        (&office.ben, &at, 422, "validation_failed"),
        (&eve, "/api/workspaces/acme", 404, "workspace_not_found"),
        (&office.ben, "/api/workspaces/acme", 403, "forbidden"),
        (&office.ada, "/api/workspaces/acme", 422, "validation_failed"),
    ] {
        let answer = office.ask(who, patch(path).json(wrong())).await;
        assert_eq!(
            (answer.status.as_u16(), answer.text_at("/code").as_str()),
            (status, code),
            "{path}"
        );
    }
    office.ask(&office.ben, post(format!("{at}/archive"))).await;
    let answer = office.ask(&office.ben, patch(&at).json(wrong())).await;
    assert_eq!(answer.text_at("/code"), "project_archived");
    // What is no JSON cannot be a wish.
    let answer = office.ask(&eve, patch(&at).raw("text/plain", "{}")).await;
    assert_eq!(answer.status, 415);
}

#[tokio::test]
async fn what_is_put_away_is_not_changed() {
    let office = Office::open().await;
    office.begin(&office.ada, json!({"name": "Plans"})).await;
    let at = |rest: &str| format!("{PROJECTS}/plans{rest}");
    check(
        &office.ask(&office.ben, post(at("/archive"))).await,
        &expect![[
            r#"403 {"code":"forbidden","error":"Insufficient permissions","request_id":"r-1"}"#
        ]],
    );
    check(
        &office.ask(&office.ada, post(at("/archive"))).await,
        &expect![[
            r#"200 {"data":{"name":"Plans","slug":"plans","description":null,"color":null,"workspace_slug":"acme","owner_id":"ID","archived_at":"2026-01-05T09:00:00Z","created_at":"2026-01-05T09:00:00Z","version":2}}"#
        ]],
    );
    let change = || patch(at("")).json(json!({"name": "New"}));
    check(
        &office.ask(&office.ada, change()).await,
        &expect![[
            r#"409 {"code":"project_archived","error":"The project is archived","request_id":"r-1"}"#
        ]],
    );
    assert_eq!(office.ask(&office.ada, post(at("/restore"))).await.status, 200);
    assert_eq!(office.ask(&office.ada, post("/api/workspaces/acme/archive")).await.status, 200);
    check(
        &office.ask(&office.ada, change()).await,
        &expect![[
            r#"409 {"code":"workspace_archived","error":"The workspace is archived","request_id":"r-1"}"#
        ]],
    );
    check(
        &office.begin(&office.ada, json!({"name": "Late"})).await,
        &expect![[
            r#"409 {"code":"workspace_archived","error":"The workspace is archived","request_id":"r-1"}"#
        ]],
    );
    assert_eq!(office.ask(&office.ada, post("/api/workspaces/acme/restore")).await.status, 200);
    assert_eq!(office.ask(&office.ada, delete(at(""))).await.status, 204);
    check(
        &office.ask(&office.ada, delete(at(""))).await,
        &expect![[
            r#"404 {"code":"project_not_found","error":"Project not found","request_id":"r-1"}"#
        ]],
    );
}

#[tokio::test]
async fn projects_come_in_pages() {
    let office = Office::open().await;
    for name in ["One", "Two", "Three"] {
        office.begin(&office.ben, json!({"name": name})).await;
        office.host.test.clock.advance(std::time::Duration::from_secs(1));
    }
    office.ask(&office.ben, post(format!("{PROJECTS}/two/archive"))).await;
    let list =
        async |query: &str| office.ask(&office.gus, get(format!("{PROJECTS}?{query}"))).await;
    let first = list("limit=1").await.json();
    assert_eq!(first["data"][0]["slug"], "three");
    let next = first["meta"]["next"].as_str().unwrap();
    check(
        &list(&format!("limit=1&after={next}")).await,
        &expect![[
            r#"200 {"data":[{"name":"One","slug":"one","description":null,"color":null,"workspace_slug":"acme","owner_id":"ID","archived_at":null,"created_at":"2026-01-05T09:00:00Z","version":1}],"meta":{"next":null}}"#
        ]],
    );
    assert_eq!(list("archived=true").await.json()["data"][0]["slug"], "two");
    assert_eq!(list("q=THR").await.json()["data"].as_array().unwrap().len(), 1);
    let long = format!("q={}&limit=0&archived=maybe&after=x", "x".repeat(201));
    check(
        &list(&long).await,
        &expect![[
            r#"422 {"code":"validation_failed","errors":{"after":["must be what meta.next said"],"archived":["must be true or false"],"limit":["must be a number, 1 to 100"],"q":["should be at most 200 character(s)"]},"request_id":"r-1"}"#
        ]],
    );
}
