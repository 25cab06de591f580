//! The agents of people, and those that they share.

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use crate::{
    client::{Answer, delete, get, patch, post, put},
    host::Person,
    office::Office,
    robot::robot,
};

fn check(answer: &Answer, expected: &Expect) {
    expected.assert_eq(&answer.to_string());
}

/// The address of a new agent of this person.
async fn made(office: &Office, who: &Person, body: Value) -> String {
    let answer = office.ask(who, post("/api/agents").json(body)).await;
    assert_eq!(answer.status, 201);
    format!("/api/agents/{}", answer.json()["data"]["id"].as_str().expect("agents have ids"))
}

#[tokio::test]
async fn an_agent_is_made_and_shown_as_clients_know_it() {
    let office = Office::open().await;
    let body = json!({
        "name": " Helper ", "description": "Helps.", "system_prompt": "Be brief.", "model": "scripted",
        "temperature": 1.25, "visibility": "SHARED", "enabled": false, "user_id": "x",
    });
    let made = office.ask(&office.ben, post("/api/agents").json(body)).await;
    assert!(made.header("etag").ends_with("-1\""), "{}", made.header("etag"));
    check(
        &made,
        &expect![[
            r#"201 {"data":{"id":"ID","name":"Helper","description":"Helps.","system_prompt":"Be brief.","model":"scripted","temperature":1.25,"visibility":"SHARED","enabled":false,"inserted_at":"2026-01-05T09:00:00Z","updated_at":"2026-01-05T09:00:00Z"}}"#
        ]],
    );
    let plain = office.ask(&office.ben, post("/api/agents").json(json!({"name": "Plain"}))).await;
    check(
        &plain,
        &expect![[
            r#"201 {"data":{"id":"ID","name":"Plain","description":null,"system_prompt":null,"model":null,"temperature":0.7,"visibility":"PRIVATE","enabled":true,"inserted_at":"2026-01-05T09:00:00Z","updated_at":"2026-01-05T09:00:00Z"}}"#
        ]],
    );
    let list = office.ask(&office.ben, get("/api/agents")).await.json();
    let names: Vec<_> = list["data"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
    assert_eq!(names, ["Plain", "Helper"]);
    let at = format!("/api/agents/{}", list["data"][0]["id"].as_str().unwrap());
    let seen = office.ask(&office.ben, get(&at)).await;
    assert_eq!((seen.status.as_u16(), &seen.json()["data"]["name"]), (200, &json!("Plain")));
    check(
        &office.ask(&office.ada, get(&at)).await,
        &expect![[
            r#"404 {"code":"agent_not_found","error":"Agent not found","request_id":"r-1"}"#
        ]],
    );
    check(
        &office.ask(&office.ada, get("/api/agents/no-id")).await,
        &expect![[
            r#"404 {"code":"agent_not_found","error":"Agent not found","request_id":"r-1"}"#
        ]],
    );
}

#[tokio::test]
async fn every_wrong_field_is_named() {
    let office = Office::open().await;
    let wrong =
        json!({"description": 1, "temperature": 2.5, "visibility": "secret", "enabled": null});
    check(
        &office.ask(&office.ben, post("/api/agents").json(wrong)).await,
        &expect![[
            r#"422 {"code":"validation_failed","errors":{"description":["must be a text"],"enabled":["can't be blank"],"name":["can't be blank"],"temperature":["must be less than or equal to 2"],"visibility":["is invalid"]},"request_id":"r-1"}"#
        ]],
    );
    let at = made(&office, &office.ben, json!({"name": "Helper"})).await;
    let wrong = json!({"name": null, "temperature": null, "visibility": null, "enabled": null});
    check(
        &office.ask(&office.ben, patch(&at).json(wrong)).await,
        &expect![[
            r#"422 {"code":"validation_failed","errors":{"enabled":["can't be blank"],"name":["can't be blank"],"temperature":["can't be blank"],"visibility":["can't be blank"]},"request_id":"r-1"}"#
        ]],
    );
    let wrong = json!({"name": " ", "temperature": "warm", "enabled": 1});
    check(
        &office.ask(&office.ben, patch(&at).json(wrong)).await,
        &expect![[
            r#"422 {"code":"validation_failed","errors":{"enabled":["must be true or false"],"temperature":["is invalid"]},"request_id":"r-1"}"#
        ]],
    );
    let long = json!({"name": "x".repeat(256), "temperature": -1});
    check(
        &office.ask(&office.ben, patch(&at).json(long)).await,
        &expect![[
            r#"422 {"code":"validation_failed","errors":{"temperature":["must be greater than or equal to 0"]},"request_id":"r-1"}"#
        ]],
    );
    let long = json!({"name": "x".repeat(256), "model": "x".repeat(201)});
    check(
        &office.ask(&office.ben, patch(&at).json(long)).await,
        &expect![[
            r#"422 {"code":"validation_failed","errors":{"model":["should be at most 200 character(s)"],"name":["should be at most 255 character(s)"]},"request_id":"r-1"}"#
        ]],
    );
}

#[tokio::test]
async fn an_agent_has_a_model_that_may_be_asked() {
    let office = Office::open().await;
    let unknown = || json!({"name": "Helper", "model": "other/model"});
    let refused = expect![[
        r#"422 {"code":"validation_failed","errors":{"model":["may not be asked here: choose another one"]},"request_id":"r-1"}"#
    ]];
    check(&office.ask(&office.ben, post("/api/agents").json(unknown())).await, &refused);
    let at = made(&office, &office.ben, json!({"name": "Helper", "model": " scripted "})).await;
    check(&office.ask(&office.ben, patch(&at).json(unknown())).await, &refused);
    let copied = office.ask(&office.ben, post(format!("{at}/clone")).json(json!({}))).await;
    assert_eq!(
        (copied.status.as_u16(), copied.text_at("/data/model")),
        (201, "scripted".to_owned())
    );
    let erased = office.ask(&office.ben, patch(&at).json(json!({"model": null}))).await;
    assert_eq!((erased.status.as_u16(), &erased.json()["data"]["model"]), (200, &json!(null)));
}

#[tokio::test]
async fn what_is_wrong_is_said_only_to_who_may_change_place_or_copy() {
    let office = Office::open().await;
    let at = made(&office, &office.ben, json!({"name": "Helper"})).await;
    let nowhere = "/api/agents/00000000-0000-7000-8000-000000000001".to_owned();
    let wrong = |at: &str| {
        [
            patch(at).json(json!({"temperature": 9})),
            put(format!("{at}/workspaces")).json(json!({})),
            post(format!("{at}/clone")).json(json!({"workspace": 1})),
        ]
    };
    for (who, at, status) in
        [(&office.ada, &at, 404), (&office.ben, &nowhere, 404), (&office.ben, &at, 422)]
    {
        for ask in wrong(at) {
            assert_eq!(office.ask(who, ask).await.status, status);
        }
    }
}

#[tokio::test]
async fn an_agent_is_changed_and_deleted_by_its_owner_who_has_seen_it() {
    let office = Office::open().await;
    let body = json!({"name": "Helper", "description": "Helps.", "model": "scripted"});
    let at = made(&office, &office.ben, body).await;
    let seen = office.ask(&office.ben, get(&at)).await.header("etag").to_owned();
    let change = json!({"name": "Scribe", "description": null, "temperature": 0});
    let changed = office.ask(&office.ben, patch(&at).header("if-match", &seen).json(change)).await;
    check(
        &changed,
        &expect![[
            r#"200 {"data":{"id":"ID","name":"Scribe","description":null,"system_prompt":null,"model":"scripted","temperature":0.0,"visibility":"PRIVATE","enabled":true,"inserted_at":"2026-01-05T09:00:00Z","updated_at":"2026-01-05T09:00:00Z"}}"#
        ]],
    );
    let late = put(&at).header("if-match", &seen).json(json!({"name": "Late"}));
    check(
        &office.ask(&office.ben, late).await,
        &expect![[
            r#"412 {"code":"version_mismatch","error":"It has changed since: look at it again","request_id":"r-1"}"#
        ]],
    );
    let foreign = patch(&at).json(json!({"name": "Mine"}));
    assert_eq!(office.ask(&office.ada, foreign).await.status, 404);
    assert_eq!(office.ask(&office.ada, delete(&at)).await.status, 404);
    let late = office.ask(&office.ben, delete(&at).header("if-match", &seen)).await;
    assert_eq!(late.status, 412);
    let deleted = office.ask(&office.ben, delete(&at)).await;
    assert_eq!((deleted.status.as_u16(), &deleted.json()["data"]["name"]), (200, &json!("Scribe")));
    assert_eq!(office.ask(&office.ben, delete(&at)).await.status, 404);
}

#[tokio::test]
async fn agents_come_into_workspaces_and_out_again_and_what_is_refused_is_told() {
    let office = Office::open().await;
    let body = json!({"name": "Helper", "visibility": "SHARED", "system_prompt": "Be brief."});
    let at = made(&office, &office.ben, body).await;
    let place = put(format!("{at}/workspaces")).json(json!({"workspaces": ["acme", "nowhere"]}));
    check(
        &office.ask(&office.ben, place).await,
        &expect![[
            r#"200 {"data":{"workspaces":["acme"],"added":["acme"],"removed":[],"refused":[{"workspace":"nowhere","reason":"workspace_not_found"}]}}"#
        ]],
    );
    check(
        &office.ask(&office.ben, get(format!("{at}/workspaces"))).await,
        &expect![[r#"200 {"data":{"workspaces":["acme"]}}"#]],
    );
    let list = get("/api/workspaces/acme/agents?enabled=true");
    check(
        &office.ask(&office.gus, list).await,
        &expect![[
            r#"200 {"data":{"my_agents":[],"other_agents":[{"id":"ID","owner":{"id":"ID","name":"ben Example"},"name":"Helper","description":null,"model":null,"temperature":0.7,"visibility":"SHARED","enabled":true,"inserted_at":"2026-01-05T09:00:00Z","updated_at":"2026-01-05T09:00:00Z"}]}}"#
        ]],
    );
    let own = office.ask(&office.ben, get("/api/workspaces/acme/agents")).await.json();
    assert_eq!(own["data"]["my_agents"][0]["system_prompt"], "Be brief.");
    let list = get("/api/workspaces/acme/agents?enabled=false");
    check(
        &office.ask(&office.ben, list).await,
        &expect![[r#"200 {"data":{"my_agents":[],"other_agents":[]}}"#]],
    );
    let there = format!("/api/workspaces/acme{}", at.trim_start_matches("/api"));
    check(
        &office.ask(&office.gus, delete(&there)).await,
        &expect![[
            r#"403 {"code":"forbidden","error":"Insufficient permissions","request_id":"r-1"}"#
        ]],
    );
    assert_eq!(office.ask(&office.ada, delete(&there)).await.status, 204);
    check(
        &office.ask(&office.ada, delete(&there)).await,
        &expect![[
            r#"404 {"code":"agent_not_found","error":"Agent not found","request_id":"r-1"}"#
        ]],
    );
    assert_eq!(office.ask(&office.ben, put(&there)).await.status, 204);
    assert_eq!(office.ask(&office.ada, put(&there)).await.status, 404);
    let nowhere = put(format!("{at}/workspaces")).json(json!({"workspaces": null}));
    check(
        &office.ask(&office.ben, nowhere).await,
        &expect![[
            r#"422 {"code":"validation_failed","errors":{"workspaces":["can't be blank"]},"request_id":"r-1"}"#
        ]],
    );
    let of_gus = made(&office, &office.gus, json!({"name": "Guest"})).await;
    let there = format!("/api/workspaces/acme{}", of_gus.trim_start_matches("/api"));
    check(
        &office.ask(&office.gus, put(&there)).await,
        &expect![[
            r#"403 {"code":"forbidden","error":"Insufficient permissions","request_id":"r-1"}"#
        ]],
    );
}

#[tokio::test]
async fn whoever_sees_an_agent_makes_another_one_like_it() {
    let office = Office::open().await;
    let body = json!({"name": "Helper", "system_prompt": "Be brief.", "visibility": "SHARED", "enabled": false});
    let at = made(&office, &office.ben, body).await;
    let copy = |body: Value| post(format!("{at}/clone")).json(body);
    check(
        &office.ask(&office.ada, copy(json!({}))).await,
        &expect![[
            r#"404 {"code":"agent_not_found","error":"Agent not found","request_id":"r-1"}"#
        ]],
    );
    let place = put(format!("{at}/workspaces")).json(json!({"workspaces": ["acme"]}));
    assert_eq!(office.ask(&office.ben, place).await.status, 200);
    let copied = office.ask(&office.gus, copy(json!({"workspace": "acme"}))).await;
    check(
        &copied,
        &expect![[
            r#"201 {"data":{"id":"ID","name":"Helper (Copy)","description":null,"system_prompt":"Be brief.","model":null,"temperature":0.7,"visibility":"PRIVATE","enabled":true,"inserted_at":"2026-01-05T09:00:00Z","updated_at":"2026-01-05T09:00:00Z"}}"#
        ]],
    );
    check(
        &office.ask(&office.gus, copy(json!({"workspace": "nowhere"}))).await,
        &expect![[
            r#"404 {"code":"workspace_not_found","error":"Workspace not found","request_id":"r-1"}"#
        ]],
    );
    let stranger = office.host.person("eve").await;
    assert_eq!(office.ask(&stranger, copy(json!({}))).await.status, 404);
}

#[tokio::test]
async fn the_skills_of_an_own_agent_are_the_tools_that_there_are() {
    let office = Office::open().await;
    let shared = json!({"name": "Helper", "visibility": "SHARED"});
    let at = made(&office, &office.ben, shared).await;
    let skills = office.ask(&office.ben, get(format!("{at}/skills"))).await.json();
    let skills = skills["data"].as_array().unwrap();
    let names: Vec<_> = skills.iter().map(|skill| skill["name"].as_str().unwrap()).collect();
    assert_eq!((names.len(), names[0], names[14]), (15, "jarga.list_workspaces", "tools.search"));
    expect![[r#"{"description":"Shows a document, and what it says in Markdown.","name":"jarga.get_document"}"#]].assert_eq(&skills[7].to_string());
    check(
        &office.ask(&office.ada, get(format!("{at}/skills"))).await,
        &expect![[
            r#"404 {"code":"agent_not_found","error":"Agent not found","request_id":"r-1"}"#
        ]],
    );
    check(
        &office.ask(&office.ben, get("/api/agents/x/skills")).await,
        &expect![[
            r#"404 {"code":"agent_not_found","error":"Agent not found","request_id":"r-1"}"#
        ]],
    );
}

#[tokio::test]
async fn a_key_places_an_agent_where_it_reaches_and_nowhere_else() {
    let office = Office::open().await;
    office.host.workspace(&office.ben, "Home").await;
    let at = made(&office, &office.ben, json!({ "name": "Helper" })).await;
    let places = format!("{at}/workspaces");
    let everywhere = json!({ "workspaces": ["acme", "home"] });
    assert_eq!(office.ask(&office.ben, put(&places).json(everywhere)).await.status, 200);
    let body = json!({
        "name": "Robot", "permissions": ["agents:*"], "workspace_access": ["acme"],
    });
    let key = robot(&office.host, &office.ben, body).await.token;
    let seen = office.host.ask(get(&places).bearer(&key)).await.json();
    assert_eq!(seen["data"]["workspaces"], json!(["acme"]));
    let out = put(&places).bearer(&key).json(json!({ "workspaces": ["home"] }));
    assert_eq!(office.host.ask(out).await.text_at("/code"), "workspace_out_of_reach");
    let copy = post(format!("{at}/clone")).bearer(&key).json(json!({ "workspace": "home" }));
    assert_eq!(office.host.ask(copy).await.text_at("/code"), "workspace_out_of_reach");
    let nowhere = put(&places).bearer(&key).json(json!({ "workspaces": [] }));
    assert_eq!(office.host.ask(nowhere).await.json()["data"]["removed"], json!(["acme"]));
    let left = office.ask(&office.ben, get(&places)).await.json();
    assert_eq!(left["data"]["workspaces"], json!(["home"]));
}
