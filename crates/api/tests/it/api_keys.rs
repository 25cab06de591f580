//! API keys: how they are made and changed, and what they may do.

use std::time::Duration;

use expect_test::{Expect, expect};
use identity::Role;
use serde_json::{Value, json};

use crate::{
    client::{Answer, Ask, delete, get, patch, post},
    host::{Host, Person},
};

/// A key of somebody, by its id and its token.
struct Robot {
    id: String,
    token: String,
}

async fn made(host: &Host, by: &str, body: Value) -> Answer {
    host.ask(post("/api/api-keys").bearer(by).json(body)).await
}

async fn robot(host: &Host, by: &Person, body: Value) -> Robot {
    let answer = made(host, &by.token, body).await;
    assert_eq!(answer.status, 201, "{answer}");
    Robot { id: answer.text_at("/data/id"), token: answer.text_at("/token") }
}

/// The answer without the token, of which only the beginning is shown otherwise.
fn redacted(answer: &Answer) -> String {
    let token = answer.text_at("/token");
    assert_eq!(token.len(), 64);
    assert_eq!(answer.text_at("/data/prefix"), token[..8]);
    answer.to_string().replace(&token, "TOKEN").replace(&token[..8], "PREFIX")
}

async fn check(host: &Host, ask: Ask, expected: Expect) {
    expected.assert_eq(&host.ask(ask).await.to_string());
}

#[tokio::test]
async fn a_new_key_is_shown_with_its_token_this_once() {
    let host = Host::new().await;
    let ada = host.person("ada").await;
    host.workspace(&ada, "Acme").await;
    let body = json!({
        "name": "Robot",
        "description": "builds",
        "permissions": ["agents:*", "agents:read"],
        "workspace_access": ["acme"],
        "expires_at": "2027-01-05T10:00:00.5+01:00",
    });
    let answer = made(&host, &ada.token, body).await;
    assert_eq!(answer.status, 201);
    expect![[r#"201 {"data":{"id":"ID","made_by":null,"name":"Robot","description":"builds","permissions":["agents:*","agents:read"],"workspace_access":["acme"],"is_active":true,"prefix":"PREFIX","expires_at":"2027-01-05T09:00:00.500Z","last_used_at":null,"revoked_at":null,"inserted_at":"2026-01-05T09:00:00Z","updated_at":"2026-01-05T09:00:00Z"},"token":"TOKEN"}"#]].assert_eq(&redacted(&answer));
    let nested = json!({ "api_key": { "name": "Nested", "permissions": null } });
    expect![[r#"201 {"data":{"id":"ID","made_by":null,"name":"Nested","description":null,"permissions":null,"workspace_access":[],"is_active":true,"prefix":"PREFIX","expires_at":null,"last_used_at":null,"revoked_at":null,"inserted_at":"2026-01-05T09:00:00Z","updated_at":"2026-01-05T09:00:00Z"},"token":"TOKEN"}"#]].assert_eq(&redacted(&made(&host, &ada.token, nested).await));
    let listed = host.ask(get("/api/api-keys?is_active=true&limit=1").bearer(&ada.token)).await;
    let listed = listed.json();
    assert_eq!(
        (&listed["data"][0]["name"], listed["data"][0].get("token")),
        (&json!("Nested"), None)
    );
    assert!(listed["meta"]["next"].is_string());
}

#[tokio::test]
async fn permissions_are_kept_as_they_were_given() {
    let host = Host::new().await;
    let ada = host.person("ada").await;
    for permissions in [json!(null), json!([]), json!(["*"]), json!(["chat:read", "agents:*"])] {
        let body = json!({ "name": "Robot", "permissions": permissions });
        let key = robot(&host, &ada, body).await;
        let change = patch(format!("/api/api-keys/{}", key.id)).bearer(&ada.token);
        let changed = host.ask(change.json(json!({ "name": "Other" }))).await;
        assert_eq!(changed.json()["data"]["permissions"], permissions);
        assert_eq!(changed.json()["data"]["name"], "Other");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_key_is_named() {
    let host = Host::new().await;
    let ada = host.person("ada").await;
    let ask = |body| post("/api/api-keys").bearer(&ada.token).json(body);
    let body = json!({
        "name": 7, "description": [], "permissions": "agents:read", "workspace_access": [7],
        "expires_at": "soon",
    });
    check(&host, ask(body), expect![[r#"422 {"code":"validation_failed","errors":{"description":["must be a text"],"expires_at":["must be a time like 2026-01-05T09:00:00Z"],"name":["must be a text"],"permissions":["must be a list of texts"],"workspace_access":["must be a list of texts"]},"request_id":"r-1"}"#]]).await;
    let body = json!({
        "name": "", "permissions": ["agents:fly"], "expires_at": "2026-01-05T09:00:00Z",
    });
    check(&host, ask(body), expect![[r#"422 {"code":"validation_failed","errors":{"expires_at":["must be in the future"],"name":["can't be blank"],"permissions":["must be scopes such as agents:read, beginnings of them such as agents:*, or *"]},"request_id":"r-1"}"#]]).await;
    let too_many = vec!["*"; 101];
    check(&host, ask(json!({ "name": "R", "permissions": too_many })), expect![[r#"422 {"code":"validation_failed","errors":{"permissions":["should have at most 100 item(s)"]},"request_id":"r-1"}"#]]).await;
    let body = json!({ "name": "R", "workspace_access": ["nowhere"] });
    check(&host, ask(body), expect![[r#"403 {"code":"workspace_out_of_reach","error":"Insufficient permissions","request_id":"r-1"}"#]]).await;
    let body = json!({ "name": "R", "workspace_access": ["a\u{0}b"] });
    check(&host, ask(body), expect![[r#"422 {"code":"validation_failed","errors":{"workspace_access":["has an invalid character"]},"request_id":"r-1"}"#]]).await;
}

#[tokio::test]
async fn an_old_session_makes_and_changes_no_key_but_revokes_them() {
    let host = Host::new().await;
    let ada = host.person("ada").await;
    let key = robot(&host, &ada, json!({ "name": "Robot" })).await;
    host.test.clock.advance(Duration::from_mins(20));
    let at = format!("/api/api-keys/{}", key.id);
    for ask in [post("/api/api-keys"), patch(&at)] {
        let ask = ask.bearer(&ada.token).json(json!({ "name": "Other" }));
        check(&host, ask, expect![[r#"403 {"code":"reauthentication_needed","error":"The log-in was too long ago: show once more who you are","request_id":"r-1"}"#]]).await;
    }
    assert_eq!(host.ask(get("/api/workspaces").bearer(&key.token)).await.status, 200);
    for _ in 0..2 {
        assert_eq!(host.ask(delete(&at).bearer(&ada.token)).await.status, 204);
    }
    check(&host, get("/api/workspaces").bearer(&key.token), expect![[r#"401 {"code":"unauthenticated","error":"Invalid or revoked API key","request_id":"r-1"}"#]]).await;
    let listed = host.ask(get("/api/api-keys?is_active=false").bearer(&ada.token)).await;
    assert_eq!(listed.json()["data"][0]["revoked_at"], "2026-01-05T09:20:00Z");
    let fresh = host.log_in("ada").await;
    let change = patch(&at).bearer(&fresh).json(json!({ "name": "Other" }));
    check(&host, change, expect![[r#"409 {"code":"api_key_inactive","error":"The API key is revoked or expired","request_id":"r-1"}"#]]).await;
}

#[tokio::test]
async fn nobody_has_the_keys_of_others() {
    let host = Host::new().await;
    let (ada, eve) = (host.person("ada").await, host.person("eve").await);
    let key = robot(&host, &ada, json!({ "name": "Robot" })).await;
    let at = format!("/api/api-keys/{}", key.id);
    let change = |at: &str| patch(at).bearer(&eve.token).json(json!({ "name": "Mine" }));
    check(
        &host,
        change(&at),
        expect![[
            r#"403 {"code":"forbidden","error":"Insufficient permissions","request_id":"r-1"}"#
        ]],
    )
    .await;
    check(
        &host,
        change(&at.replace('0', "1")),
        expect![[
            r#"404 {"code":"api_key_not_found","error":"API key not found","request_id":"r-1"}"#
        ]],
    )
    .await;
    check(
        &host,
        change("/api/api-keys/no-id"),
        expect![[
            r#"404 {"code":"api_key_not_found","error":"API key not found","request_id":"r-1"}"#
        ]],
    )
    .await;
    let rotate = post(format!("{at}/rotate")).bearer(&eve.token).json(json!({}));
    check(
        &host,
        rotate,
        expect![[
            r#"404 {"code":"api_key_not_found","error":"API key not found","request_id":"r-1"}"#
        ]],
    )
    .await;
    check(
        &host,
        delete(&at).bearer(&eve.token),
        expect![[
            r#"404 {"code":"api_key_not_found","error":"API key not found","request_id":"r-1"}"#
        ]],
    )
    .await;
    check(
        &host,
        get("/api/api-keys").bearer(&eve.token),
        expect![[r#"200 {"data":[],"meta":{"next":null}}"#]],
    )
    .await;
    assert_eq!(host.ask(get("/api/workspaces").bearer(&key.token)).await.status, 200);
}

#[tokio::test]
async fn a_key_is_shown_as_bearer_and_as_nothing_else() {
    let host = Host::new().await;
    let ada = host.person("ada").await;
    let key = robot(&host, &ada, json!({ "name": "Robot" })).await;
    let ask = || get("/api/workspaces");
    assert_eq!(host.ask(ask().bearer(&key.token)).await.status, 200);
    assert_eq!(host.ask(ask().bearer(&format!(" {} ", key.token))).await.status, 200);
    assert_eq!(host.ask(ask().cookie(&key.token)).await.status, 401);
    for wrong in [
        key.token.to_uppercase(),
        key.token[1..].to_owned(),
        format!("{}x", key.token),
        "x".repeat(64),
    ] {
        check(&host, ask().bearer(&wrong), expect![[r#"401 {"code":"unauthenticated","error":"Invalid or revoked API key","request_id":"r-1"}"#]]).await;
    }
    let basic = ask().header("authorization", format!("Basic {}", key.token));
    check(&host, basic, expect![[r#"401 {"code":"unauthenticated","error":"Invalid or revoked API key","request_id":"r-1"}"#]]).await;
}

#[tokio::test]
async fn a_key_ends_when_its_time_is_over_and_says_when_it_was_used() {
    let host = Host::new().await;
    let ada = host.person("ada").await;
    let body = json!({ "name": "Robot", "expires_at": "2026-01-05T09:02:00Z" });
    let key = robot(&host, &ada, body).await;
    let ask = async || host.ask(get("/api/workspaces").bearer(&key.token)).await.status.as_u16();
    let used = async || {
        let listed = host.ask(get("/api/api-keys").bearer(&ada.token)).await;
        listed.json()["data"][0]["last_used_at"].clone()
    };
    assert_eq!(used().await, json!(null));
    for (seconds, status, noted) in [
        (0, 200, "2026-01-05T09:00:00Z"),
        (59, 200, "2026-01-05T09:00:00Z"),
        (1, 200, "2026-01-05T09:01:00Z"),
        (60, 401, "2026-01-05T09:01:00Z"),
    ] {
        host.test.clock.advance(Duration::from_secs(seconds));
        assert_eq!((ask().await, used().await), (status, json!(noted)));
    }
}

#[tokio::test]
async fn a_rotated_key_has_another_token_and_the_one_before_is_good_for_a_while() {
    let host = Host::new().await;
    let ada = host.person("ada").await;
    let key = robot(&host, &ada, json!({ "name": "Robot" })).await;
    let rotate = |body: Value| {
        post(format!("/api/api-keys/{}/rotate", key.id)).bearer(&ada.token).json(body)
    };
    let wrong = rotate(json!({ "overlap_seconds": 604_801 }));
    check(&host, wrong, expect![[r#"422 {"code":"validation_failed","errors":{"overlap_seconds":["must be 0 to 604800"]},"request_id":"r-1"}"#]]).await;
    let rotated = host.ask(rotate(json!({ "overlap_seconds": 60 }))).await;
    assert_eq!(rotated.status, 200);
    redacted(&rotated);
    let second = rotated.json()["token"].as_str().unwrap().to_owned();
    let works =
        async |token: &str| host.ask(get("/api/workspaces").bearer(token)).await.status == 200;
    assert!(works(&key.token).await && works(&second).await);
    host.test.clock.advance(Duration::from_mins(1));
    assert!(!works(&key.token).await && works(&second).await);
    let third = host.ask(rotate(json!({}))).await.json()["token"].as_str().unwrap().to_owned();
    assert!(!works(&second).await && works(&third).await);
    host.test.clock.advance(Duration::from_mins(20));
    let late = rotate(json!({}));
    check(&host, late, expect![[r#"403 {"code":"reauthentication_needed","error":"The log-in was too long ago: show once more who you are","request_id":"r-1"}"#]]).await;
}

#[tokio::test]
async fn a_key_does_what_its_scopes_say_and_nothing_of_the_account() {
    let host = Host::new().await;
    let ada = host.person("ada").await;
    let body = json!({ "name": "Robot", "permissions": ["workspaces:read"] });
    let reader = robot(&host, &ada, body).await;
    assert_eq!(host.ask(get("/api/workspaces").bearer(&reader.token)).await.status, 200);
    let create = || post("/api/workspaces").json(json!({ "name": "Acme" }));
    check(&host, create().bearer(&reader.token), expect![[r#"403 {"code":"scope_missing","error":"Insufficient permissions","request_id":"r-1","required":"workspaces:write"}"#]]).await;
    let everything = robot(&host, &ada, json!({ "name": "Robot" })).await;
    assert_eq!(host.ask(create().bearer(&everything.token)).await.status, 201);
    for ask in [get("/api/me"), get("/api/me/export"), delete("/api/sessions"), get("/welcome")] {
        check(&host, ask.bearer(&everything.token), expect![[r#"403 {"code":"session_required","error":"Insufficient permissions","request_id":"r-1"}"#]]).await;
    }
}

#[tokio::test]
async fn a_key_knows_no_workspace_but_those_of_its_list() {
    let host = Host::new().await;
    let ada = host.person("ada").await;
    host.workspace(&ada, "Acme").await;
    host.workspace(&ada, "Bolt").await;
    let nowhere = robot(&host, &ada, json!({ "name": "Robot" })).await;
    let body = json!({ "name": "Robot", "workspace_access": ["acme"] });
    let somewhere = robot(&host, &ada, body).await;
    for (key, lists) in [(&nowhere, json!([])), (&somewhere, json!(["acme"]))] {
        for uri in ["/api/workspaces", "/api/me/workspaces"] {
            let listed = host.ask(get(uri).bearer(&key.token)).await.json();
            let slugs = listed["data"].as_array().unwrap().iter().map(|one| one["slug"].clone());
            assert_eq!(slugs.collect::<Value>(), lists);
        }
    }
    assert_eq!(host.ask(get("/api/workspaces/acme").bearer(&somewhere.token)).await.status, 200);
    for slug in ["bolt", "nowhere", "%FF", "ACME"] {
        for ask in [
            get(format!("/api/workspaces/{slug}")),
            patch(format!("/api/workspaces/{slug}")),
            get(format!("/api/workspaces/{slug}/events")),
            delete(format!("/api/workspaces/{slug}/members/x")),
        ] {
            check(&host, ask.bearer(&somewhere.token), expect![[r#"403 {"code":"workspace_out_of_reach","error":"Insufficient permissions","request_id":"r-1"}"#]]).await;
        }
    }
}

#[tokio::test]
async fn a_key_reaches_a_workspace_as_long_as_its_owner_belongs_there() {
    let host = Host::new().await;
    let (ada, ben) = (host.person("ada").await, host.person("ben").await);
    host.workspace(&ada, "Acme").await;
    host.invite(&ada, "acme", "ben", Role::Admin).await;
    host.ask(post("/api/workspaces/acme/invitations/accept").bearer(&ben.token)).await;
    let body = json!({ "name": "Robot", "workspace_access": ["acme"] });
    let key = robot(&host, &ben, body).await;
    let show = || get("/api/workspaces/acme").bearer(&key.token);
    assert_eq!(host.ask(show()).await.status, 200);
    // What a member may not, the key of that member may not either.
    let demoted = patch(format!("/api/workspaces/acme/members/{}", ben.id)).bearer(&ada.token);
    host.ask(demoted.json(json!({ "role": "guest" }))).await;
    let rename = patch("/api/workspaces/acme").bearer(&key.token).json(json!({ "name": "Mine" }));
    check(
        &host,
        rename,
        expect![[
            r#"403 {"code":"forbidden","error":"Insufficient permissions","request_id":"r-1"}"#
        ]],
    )
    .await;
    host.ask(delete("/api/workspaces/acme/members/ben@example.com").bearer(&ada.token)).await;
    check(&host, show(), expect![[r#"403 {"code":"workspace_out_of_reach","error":"Insufficient permissions","request_id":"r-1"}"#]]).await;
    let listed = host.ask(get("/api/api-keys").bearer(&ben.token)).await;
    assert_eq!(listed.json()["data"][0]["workspace_access"], json!([]));
}

#[tokio::test]
async fn a_key_gives_no_more_than_it_has() {
    let host = Host::new().await;
    let ada = host.person("ada").await;
    host.workspace(&ada, "Acme").await;
    let wide = robot(&host, &ada, json!({ "name": "Wide", "workspace_access": ["acme"] })).await;
    let body = json!({ "name": "Maker", "permissions": ["api_keys:write", "chat:*"] });
    let maker = robot(&host, &ada, body).await;
    let copied = made(&host, &maker.token, json!({ "name": "Copy" })).await;
    assert_eq!(copied.json()["data"]["permissions"], json!(["api_keys:write", "chat:*"]));
    for wider in [
        json!({ "name": "R", "permissions": null }),
        json!({ "name": "R", "permissions": ["agents:read"] }),
    ] {
        let ask = post("/api/api-keys").bearer(&maker.token).json(wider);
        check(&host, ask, expect![[r#"403 {"code":"wider_than_key","error":"Insufficient permissions","request_id":"r-1"}"#]]).await;
    }
    for slug in ["acme", "nowhere"] {
        let body = json!({ "name": "R", "workspace_access": [slug] });
        let ask = post("/api/api-keys").bearer(&maker.token).json(body);
        check(&host, ask, expect![[r#"403 {"code":"workspace_out_of_reach","error":"Insufficient permissions","request_id":"r-1"}"#]]).await;
    }
    for (id, change) in
        [(&maker.id, json!({ "permissions": ["*"] })), (&wide.id, json!({ "name": "Mine" }))]
    {
        let ask = patch(format!("/api/api-keys/{id}")).bearer(&maker.token).json(change);
        check(&host, ask, expect![[r#"403 {"code":"wider_than_key","error":"Insufficient permissions","request_id":"r-1"}"#]]).await;
    }
    let revoke = delete(format!("/api/api-keys/{}", wide.id)).bearer(&maker.token);
    check(
        &host,
        revoke,
        expect![[
            r#"403 {"code":"wider_than_key","error":"Insufficient permissions","request_id":"r-1"}"#
        ]],
    )
    .await;
    let seen = host.ask(get("/api/api-keys").bearer(&maker.token)).await.json();
    let names = seen["data"].as_array().unwrap().iter().map(|key| key["name"].clone());
    assert_eq!(names.collect::<Value>(), json!(["Copy", "Maker"]));
}

#[tokio::test]
async fn whoever_has_only_the_token_before_deals_with_no_keys() {
    let host = Host::new().await;
    let ada = host.person("ada").await;
    let leaked = robot(&host, &ada, json!({ "name": "Robot" })).await;
    let at = format!("/api/api-keys/{}", leaked.id);
    let rotate = |token: &str| {
        post(format!("{at}/rotate")).bearer(token).json(json!({ "overlap_seconds": 60 }))
    };
    let rotated = host.ask(rotate(&leaked.token)).await;
    assert_eq!(rotated.status, 200, "{rotated}");
    assert_eq!(host.ask(get("/api/workspaces").bearer(&leaked.token)).await.status, 200);
    let body = json!({ "name": "Mine" });
    for ask in [
        rotate(&leaked.token),
        post("/api/api-keys").bearer(&leaked.token).json(body.clone()),
        patch(&at).bearer(&leaked.token).json(body),
        delete(&at).bearer(&leaked.token),
        get("/api/api-keys").bearer(&leaked.token),
    ] {
        check(&host, ask, expect![[r#"403 {"code":"scope_missing","error":"Insufficient permissions","request_id":"r-1","required":"api_keys:write"}"#]]).await;
    }
    assert_eq!(host.ask(rotate(&rotated.text_at("/token"))).await.status, 200);
}

#[tokio::test]
async fn a_key_neither_leaves_for_its_owner_nor_lessens_what_its_owner_may() {
    let host = Host::new().await;
    let (ada, ben) = (host.person("ada").await, host.person("ben").await);
    host.workspace(&ada, "Acme").await;
    host.invite(&ada, "acme", "ben", Role::Admin).await;
    host.ask(post("/api/workspaces/acme/invitations/accept").bearer(&ben.token)).await;
    let body = json!({ "name": "Robot", "workspace_access": ["acme"] });
    let key = robot(&host, &ben, body).await;
    for member in [ben.id.to_string(), "ben@example.com".to_owned()] {
        let at = format!("/api/workspaces/acme/members/{member}");
        for ask in [patch(&at).json(json!({ "role": "guest" })), delete(&at)] {
            check(
                &host,
                ask.bearer(&key.token),
                expect![[
                    r#"403 {"code":"forbidden","error":"Insufficient permissions","request_id":"r-1"}"#
                ]],
            )
            .await;
        }
    }
}

#[tokio::test]
async fn what_a_key_has_made_ends_with_it() {
    let host = Host::new().await;
    let ada = host.person("ada").await;
    let leaked = robot(&host, &ada, json!({ "name": "Leaked" })).await;
    let made = made(&host, &leaked.token, json!({ "name": "Made" })).await;
    assert_eq!(made.text_at("/data/made_by"), leaked.id);
    let works = async || {
        host.ask(get("/api/workspaces").bearer(&made.text_at("/token"))).await.status == 200
    };
    assert!(works().await);
    host.ask(delete(format!("/api/api-keys/{}", leaked.id)).bearer(&ada.token)).await;
    assert!(!works().await);
}

#[tokio::test]
async fn the_end_of_a_key_is_changed_and_taken_away() {
    let host = Host::new().await;
    let ada = host.person("ada").await;
    let key = robot(&host, &ada, json!({ "name": "Robot" })).await;
    let change = |expires_at: Value| {
        let ask = patch(format!("/api/api-keys/{}", key.id)).bearer(&ada.token);
        ask.json(json!({ "expires_at": expires_at }))
    };
    for expires_at in [json!("2026-01-05T09:01:00Z"), json!(null), json!("2026-01-05T09:02:00Z")] {
        let changed = host.ask(change(expires_at.clone())).await;
        assert_eq!(changed.json()["data"]["expires_at"], expires_at, "{changed}");
    }
    check(&host, change(json!("soon")), expect![[r#"422 {"code":"validation_failed","errors":{"expires_at":["must be a time like 2026-01-05T09:00:00Z"]},"request_id":"r-1"}"#]]).await;
    host.test.clock.advance(Duration::from_mins(2));
    assert_eq!(host.ask(get("/api/workspaces").bearer(&key.token)).await.status, 401);
}
