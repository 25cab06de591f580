//! Workspaces and their members.

use std::time::Duration;

use expect_test::expect;
use identity::{Role, testing::PASSWORD};
use serde_json::{Value, json};

use crate::{
    client::{delete, get, patch, post, put},
    host::{Host, Person},
};

#[tokio::test]
async fn a_new_workspace_is_shown_with_id_and_slug() {
    let host = Host::new().await;
    let ada = host.person("ada").await;
    let body =
        json!({"name": "Acme Inc.", "description": "We make everything", "color": "#4F46E5"});
    let answer = host.ask(post("/api/workspaces").bearer(&ada.token).json(body)).await;
    expect![[r##"201 {"data":{"id":"ID","name":"Acme Inc.","slug":"acme-inc","description":"We make everything","color":"#4f46e5","role":"owner","archived_at":null,"created_at":"2026-01-05T09:00:00Z","version":1}}"##]].assert_eq(&answer.to_string());
}

#[tokio::test]
async fn only_the_callers_list_shows_ids() {
    let host = Host::new().await;
    let ada = host.person("ada").await;
    host.workspace(&ada, "Acme").await;
    let ask = |uri: &str| host.ask(get(uri).bearer(&ada.token));
    expect![[r#"200 {"data":[{"name":"Acme","slug":"acme"}]}"#]]
        .assert_eq(&ask("/api/workspaces").await.to_string());
    expect![[r#"200 {"data":{"name":"Acme","slug":"acme","documents":[],"projects":[]}}"#]]
        .assert_eq(&ask("/api/workspaces/acme").await.to_string());
    expect![[r#"200 {"data":[{"id":"ID","name":"Acme","slug":"acme","description":null,"color":null,"role":"owner","archived_at":null,"created_at":"2026-01-05T09:00:00Z","version":1}],"meta":{"next":null}}"#]].assert_eq(&ask("/api/me/workspaces").await.to_string());
}

#[tokio::test]
async fn a_workspace_needs_a_name() {
    let host = Host::new().await;
    let ada = host.person("ada").await;
    let body = json!({"name": " ", "color": "red"});
    let answer = host.ask(post("/api/workspaces").bearer(&ada.token).json(body)).await;
    expect![[r#"422 {"code":"validation_failed","errors":{"color":["must look like #rrggbb"],"name":["can't be blank"]},"request_id":"r-1"}"#]].assert_eq(&answer.to_string());
}

#[tokio::test]
async fn a_workspace_of_others_looks_like_none() {
    let host = Host::new().await;
    let (ada, eve) = (host.person("ada").await, host.person("eve").await);
    host.workspace(&ada, "Acme").await;
    let role = || json!({"role": "guest"});
    let invitee = || json!({"email": "eve@example.com", "role": "guest"});
    for slug in ["acme", "nowhere", "%00", "%ff", "a%0Ab", "0199a1b2-0000-7000-8000-000000000001"] {
        let at = |rest: &str| format!("/api/workspaces/{slug}{rest}");
        for ask in [
            get(at("")),
            get(at("/members")),
            patch(at("/members/ada@example.com")).json(role()),
            delete(at("/members/ada@example.com")),
            post(at("/leave")),
            get(at("/invitations")),
            post(at("/invitations")).json(invitee()),
            delete(at("/invitations/0199a1b2-0000-7000-8000-000000000001")),
            post(at("/invitations/0199a1b2-0000-7000-8000-000000000001/resend")),
            get(at("/preferences")),
            put(at("/preferences")).json(json!({"selected_agent_id": null})),
            get(at("/events/stream")),
        ] {
            let answer = host.ask(ask.bearer(&eve.token)).await;
            expect![[r#"404 {"code":"workspace_not_found","error":"Workspace not found","request_id":"r-1"}"#]].assert_eq(&answer.to_string());
        }
    }
}

#[tokio::test]
async fn members_are_listed_changed_and_removed() {
    let host = Host::new().await;
    let ada = host.person("ada").await;
    let acme = host.workspace(&ada, "Acme").await;
    let bob = host.member(&ada, &acme, "bob", Role::Member).await;
    let role = |role: &str| json!({"role": role});
    let by_id = format!("/api/workspaces/acme/members/{}", bob.id);

    let answer = host.ask(patch(&by_id).bearer(&ada.token).json(role("admin"))).await;
    expect![[r#"200 {"data":{"user_id":"ID","email":"bob@example.com","first_name":"bob","last_name":"Example","role":"admin","joined_at":"2026-01-05T09:00:00Z"}}"#]].assert_eq(&answer.to_string());
    let by_email = "/api/workspaces/acme/members/Bob@Example.com";
    assert_eq!(host.ask(patch(by_email).bearer(&ada.token).json(role("guest"))).await.status, 200);

    let answer = host.ask(get("/api/workspaces/acme/members").bearer(&bob.token)).await;
    expect![[r#"200 {"data":[{"user_id":"ID","email":"ada@example.com","first_name":"ada","last_name":"Example","role":"owner","joined_at":"2026-01-05T09:00:00Z"},{"user_id":"ID","email":"bob@example.com","first_name":"bob","last_name":"Example","role":"guest","joined_at":"2026-01-05T09:00:00Z"}],"meta":{"next":null}}"#]].assert_eq(&answer.to_string());

    let answer = host.ask(delete(by_email).bearer(&ada.token)).await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""));
    let answer = host.ask(delete(by_email).bearer(&ada.token)).await;
    expect![[r#"404 {"code":"member_not_found","error":"Member not found","request_id":"r-1"}"#]]
        .assert_eq(&answer.to_string());
}

#[tokio::test]
async fn roles_have_names_and_limits() {
    let host = Host::new().await;
    let ada = host.person("ada").await;
    let acme = host.workspace(&ada, "Acme").await;
    let bob = host.member(&ada, &acme, "bob", Role::Member).await;
    let change = |body, who: &Person, of: &str| {
        host.ask(
            patch(format!("/api/workspaces/acme/members/{of}@example.com"))
                .bearer(&who.token)
                .json(body),
        )
    };
    expect![[r#"422 {"code":"validation_failed","errors":{"role":["must be guest, member or admin"]},"request_id":"r-1"}"#]].assert_eq(&change(json!({"role": "boss"}), &ada, "bob").await.to_string());
    expect![[r#"422 {"code":"validation_failed","errors":{"role":["must be a text"]},"request_id":"r-1"}"#]].assert_eq(&change(json!({"role": 3}), &ada, "bob").await.to_string());
    expect![[r#"422 {"code":"validation_failed","errors":{"role":["can't be blank"]},"request_id":"r-1"}"#]].assert_eq(&change(json!({}), &ada, "bob").await.to_string());
    expect![[r#"422 {"code":"validation_failed","errors":{"role":["cannot be assigned"]},"request_id":"r-1"}"#]].assert_eq(&change(json!({"role": "owner"}), &ada, "bob").await.to_string());
    expect![[r#"403 {"code":"forbidden","error":"Insufficient permissions","request_id":"r-1"}"#]]
        .assert_eq(&change(json!({"role": "guest"}), &bob, "bob").await.to_string());
    expect![[r#"409 {"code":"owner_protected","error":"The owner of a workspace keeps that role and stays","request_id":"r-1"}"#]].assert_eq(&change(json!({"role": "guest"}), &ada, "ada").await.to_string());
    expect![[r#"404 {"code":"member_not_found","error":"Member not found","request_id":"r-1"}"#]]
        .assert_eq(&change(json!({"role": "guest"}), &ada, "nobody").await.to_string());
}

#[tokio::test]
async fn everybody_may_leave_but_the_owner() {
    let host = Host::new().await;
    let ada = host.person("ada").await;
    let acme = host.workspace(&ada, "Acme").await;
    let bob = host.member(&ada, &acme, "bob", Role::Admin).await;
    let leave = |who: &Person| host.ask(post("/api/workspaces/acme/leave").bearer(&who.token));
    assert_eq!(leave(&bob).await.status, 204);
    expect![[
        r#"404 {"code":"workspace_not_found","error":"Workspace not found","request_id":"r-1"}"#
    ]]
    .assert_eq(&leave(&bob).await.to_string());
    expect![[r#"409 {"code":"owner_protected","error":"The owner of a workspace keeps that role and stays","request_id":"r-1"}"#]].assert_eq(&leave(&ada).await.to_string());
    let remove = delete("/api/workspaces/acme/members/ada@example.com").bearer(&ada.token);
    expect![[r#"409 {"code":"owner_protected","error":"The owner of a workspace keeps that role and stays","request_id":"r-1"}"#]].assert_eq(&host.ask(remove).await.to_string());
}

#[tokio::test]
async fn managers_change_what_a_workspace_is_called() {
    let host = Host::new().await;
    let ada = host.person("ada").await;
    let acme = host.workspace(&ada, "Acme").await;
    let guest = host.member(&ada, &acme, "gus", Role::Guest).await;
    let change =
        |who: &Person, body| host.ask(patch("/api/workspaces/acme").bearer(&who.token).json(body));
    let seen = host.ask(get("/api/workspaces/acme").bearer(&ada.token)).await;
    let second = seen.header("etag").replace("-1\"", "-2\"");
    let answer = change(&ada, json!({"name": "Acme Inc.", "color": "#4F46E5"})).await;
    assert_eq!(answer.header("etag"), second);
    expect![[r##"200 {"data":{"name":"Acme Inc.","slug":"acme","description":null,"color":"#4f46e5","role":"owner","archived_at":null,"created_at":"2026-01-05T09:00:00Z","version":2}}"##]].assert_eq(&answer.to_string());
    expect![[r#"422 {"code":"validation_failed","errors":{"color":["must look like #rrggbb"],"name":["can't be blank"]},"request_id":"r-1"}"#]].assert_eq(&change(&ada, json!({"name": " ", "color": "red"})).await.to_string());
    expect![[r#"403 {"code":"forbidden","error":"Insufficient permissions","request_id":"r-1"}"#]]
        .assert_eq(&change(&guest, json!({"name": "Mine"})).await.to_string());
    let late = patch("/api/workspaces/acme").header("if-match", seen.header("etag"));
    let late = late.bearer(&ada.token).json(json!({"name": "Late"}));
    expect![[r#"412 {"code":"version_mismatch","error":"It has changed since: look at it again","request_id":"r-1"}"#]].assert_eq(&host.ask(late).await.to_string());
    expect![[r#"409 {"code":"version_conflict","error":"It has changed since: look at it again","request_id":"r-1"}"#]].assert_eq(&change(&ada, json!({"name": "Late", "version": 1})).await.to_string());
    expect![[r#"422 {"code":"validation_failed","errors":{"version":["must be a whole number"]},"request_id":"r-1"}"#]].assert_eq(&change(&ada, json!({"version": "2"})).await.to_string());
    let in_time = change(&ada, json!({"name": "In Time", "version": 2})).await.json();
    assert_eq!(in_time["data"]["version"], 3);
}

#[tokio::test]
async fn an_archived_workspace_is_left_alone_until_it_is_restored() {
    let host = Host::new().await;
    let ada = host.person("ada").await;
    host.workspace(&ada, "Acme").await;
    let ask =
        |rest: &str| host.ask(post(format!("/api/workspaces/acme/{rest}")).bearer(&ada.token));
    expect![[r#"200 {"data":{"name":"Acme","slug":"acme","description":null,"color":null,"role":"owner","archived_at":"2026-01-05T09:00:00Z","created_at":"2026-01-05T09:00:00Z","version":2}}"#]].assert_eq(&ask("archive").await.to_string());
    let change = patch("/api/workspaces/acme").bearer(&ada.token).json(json!({"name": "New"}));
    expect![[r#"409 {"code":"workspace_archived","error":"The workspace is archived","request_id":"r-1"}"#]].assert_eq(&host.ask(change).await.to_string());
    let list = async |who: &Person, uri: &str| host.ask(get(uri).bearer(&who.token)).await;
    assert_eq!(list(&ada, "/api/workspaces").await.text, r#"{"data":[]}"#);
    expect![[r#"200 {"data":[{"name":"Acme","slug":"acme"}]}"#]]
        .assert_eq(&list(&ada, "/api/workspaces?archived=true").await.to_string());
    let mine = list(&ada, "/api/me/workspaces?archived=true&limit=1").await.json();
    assert_eq!(mine["data"][0]["archived_at"], "2026-01-05T09:00:00Z");
    assert_eq!(mine["meta"], json!({"next": null}));
    let eve = host.person("eve").await;
    assert_eq!(list(&eve, "/api/workspaces?archived=true").await.text, r#"{"data":[]}"#);
    for uri in ["/api/workspaces?archived=maybe", "/api/me/workspaces?archived=maybe"] {
        expect![[r#"422 {"code":"validation_failed","errors":{"archived":["must be true or false"]},"request_id":"r-1"}"#]].assert_eq(&list(&ada, uri).await.to_string());
    }
    expect![[r#"200 {"data":{"name":"Acme","slug":"acme","description":null,"color":null,"role":"owner","archived_at":null,"created_at":"2026-01-05T09:00:00Z","version":3}}"#]].assert_eq(&ask("restore").await.to_string());
}

#[tokio::test]
async fn a_workspace_is_given_away_and_deleted_by_its_owner_alone() {
    let host = Host::new().await;
    let ada = host.person("ada").await;
    let acme = host.workspace(&ada, "Acme").await;
    let bob = host.member(&ada, &acme, "bob", Role::Member).await;
    let transfer = |who: &Person, to: String| {
        let body = json!({"user_id": to});
        host.ask(post("/api/workspaces/acme/transfer").bearer(&who.token).json(body))
    };
    let delete = |who: &Person| host.ask(delete("/api/workspaces/acme").bearer(&who.token));
    expect![[r#"422 {"code":"validation_failed","errors":{"user_id":["must be the id of a person"]},"request_id":"r-1"}"#]].assert_eq(&transfer(&ada, "bob".to_owned()).await.to_string());
    let nobody = "0199a1b2-0000-7000-8000-000000000001".to_owned();
    expect![[r#"404 {"code":"member_not_found","error":"Member not found","request_id":"r-1"}"#]]
        .assert_eq(&transfer(&ada, nobody).await.to_string());
    assert_eq!(transfer(&ada, bob.id.to_string()).await.status, 204);
    expect![[r#"403 {"code":"forbidden","error":"Insufficient permissions","request_id":"r-1"}"#]]
        .assert_eq(&transfer(&ada, ada.id.to_string()).await.to_string());
    expect![[r#"403 {"code":"forbidden","error":"Insufficient permissions","request_id":"r-1"}"#]]
        .assert_eq(&delete(&ada).await.to_string());
    // An open session is not enough for what cannot be undone.
    host.test.clock.advance(Duration::from_mins(20));
    let old = host.ask(get("/api/me/export").bearer(&bob.token)).await.to_string();
    for refused in [delete(&bob).await, transfer(&bob, ada.id.to_string()).await] {
        assert_eq!(refused.to_string(), old);
    }
    expect![[r#"403 {"code":"reauthentication_needed","error":"The log-in was too long ago: show once more who you are","request_id":"r-1"}"#]].assert_eq(&old);
    let proof = post("/api/me/reauthenticate").bearer(&bob.token);
    assert_eq!(host.ask(proof.json(json!({"password": PASSWORD}))).await.status, 200);
    assert_eq!(delete(&bob).await.status, 204);
    expect![[
        r#"404 {"code":"workspace_not_found","error":"Workspace not found","request_id":"r-1"}"#
    ]]
    .assert_eq(&delete(&bob).await.to_string());
}

#[tokio::test]
async fn members_are_searched_for() {
    let host = Host::new().await;
    let ada = host.person("ada").await;
    let acme = host.workspace(&ada, "Acme").await;
    for name in ["bea", "ben"] {
        host.member(&ada, &acme, name, Role::Guest).await;
    }
    let ask = |query: &str| {
        host.ask(get(format!("/api/workspaces/acme/members?{query}")).bearer(&ada.token))
    };
    let emails = |answer: &Value| -> Vec<String> {
        let list = answer["data"].as_array().unwrap();
        list.iter().map(|member| member["email"].as_str().unwrap().to_owned()).collect()
    };
    let first = ask("q=BE&limit=1").await.json();
    let next = first["meta"]["next"].as_str().unwrap().to_owned();
    let second = ask(&format!("q=BE&limit=1&after={next}")).await.json();
    assert_eq!(emails(&first).len(), 1);
    assert_eq!(second["meta"]["next"], Value::Null);
    let mut found = [emails(&first), emails(&second)].concat();
    found.sort();
    assert_eq!(found, ["bea@example.com", "ben@example.com"]);
    let long = format!("q={}&limit=0", "x".repeat(201));
    expect![[r#"422 {"code":"validation_failed","errors":{"limit":["must be a number, 1 to 100"],"q":["should be at most 200 character(s)"]},"request_id":"r-1"}"#]].assert_eq(&ask(&long).await.to_string());
}
