//! API keys: how they are made, shown, changed and ended.

use std::time::Duration;

use expect_test::expect;
use serde_json::{Value, json};

use crate::{
    client::{Answer, delete, get, patch, post},
    host::Host,
    robot::{check, made, robot},
};

/// The answer without the token, of which only the beginning is shown otherwise.
fn redacted(answer: &Answer) -> String {
    let token = answer.text_at("/token");
    assert_eq!(token.len(), 64);
    assert_eq!(answer.text_at("/data/prefix"), token[..8]);
    answer.to_string().replace(&token, "TOKEN").replace(&token[..8], "PREFIX")
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
