//! Logging in and out, and whose request it is.

use std::time::Duration;

use expect_test::expect;
use identity::{IssueConfirmation, testing::PASSWORD};
use perme8_events::Origin;
use serde_json::json;

use crate::{
    client::{Ask, delete, get, post},
    host::Host,
};

fn log_in(email: &str, password: &str) -> Ask {
    post("/api/sessions").json(json!({"email": email, "password": password}))
}

#[tokio::test]
async fn a_log_in_gives_a_token_and_the_same_as_a_cookie() {
    let host = Host::new().await;
    host.person("ada").await;
    let answer = host.ask(log_in("Ada@Example.com", PASSWORD)).await;
    let token = answer.json()["token"].as_str().unwrap().to_owned();
    expect![[r#"201 {"data":{"user":{"id":"ID","email":"ada@example.com","first_name":"ada","last_name":"Example","has_password":true,"confirmed_at":"2026-01-05T09:00:00Z","registered_at":"2026-01-05T09:00:00Z"},"expires_at":"2026-01-19T09:00:00Z"},"token":"TOKEN"}"#]].assert_eq(&answer.to_string().replace(&token, "TOKEN"));
    expect!["perme8_session=TOKEN; HttpOnly; SameSite=Lax; Path=/; Max-Age=1209600"]
        .assert_eq(&answer.header("set-cookie").replace(&token, "TOKEN"));
    for ask in [get("/api/me").bearer(&token), get("/api/me").cookie(&token)] {
        assert_eq!(host.ask(ask).await.status, 200);
    }
}

#[tokio::test]
async fn cookies_are_secure_where_the_host_says_so() {
    let host = Host::with(|options| options.secure_cookies = true).await;
    host.person("ada").await;
    let answer = host.ask(log_in("ada@example.com", PASSWORD)).await;
    assert!(answer.header("set-cookie").ends_with("; Secure"));
}

#[tokio::test]
async fn every_refused_log_in_gets_the_same_answer() {
    let host = Host::new().await;
    host.person("ada").await;
    let redeem = |token: &str| post("/api/sessions").json(json!({"token": token}));
    for ask in [
        log_in("ada@example.com", "wrong"),
        log_in("nobody@example.com", PASSWORD),
        log_in("no address", PASSWORD),
        log_in("", ""),
        redeem("nonsense"),
        redeem(&"A".repeat(43)),
    ] {
        let answer = host.ask(ask).await;
        assert_eq!(answer.header("www-authenticate"), "Bearer");
        assert_eq!(answer.header("set-cookie"), "");
        expect![[r#"401 {"code":"invalid_credentials","error":"Invalid or expired credentials","request_id":"r-1"}"#]].assert_eq(&answer.to_string());
    }
}

#[tokio::test]
async fn log_ins_and_registrations_do_not_queue_without_end() {
    let host = Host::with(|options| options.log_ins = 0).await;
    let person = json!({"email": "ada@example.com", "first_name": "Ada", "last_name": "Lovelace"});
    for ask in [log_in("ada@example.com", PASSWORD), post("/api/users").json(person)] {
        let answer = host.ask(ask).await;
        assert_eq!(answer.header("retry-after"), "1");
        expect![[r#"503 {"code":"too_many_log_ins","error":"Too many people log in or register at this moment: try again soon","request_id":"r-1"}"#]].assert_eq(&answer.to_string());
    }
}

#[tokio::test]
async fn a_log_in_makes_room_for_the_next() {
    let host = Host::with(|options| options.log_ins = 1).await;
    for _ in 0..3 {
        assert_eq!(host.ask(log_in("ada@example.com", PASSWORD)).await.status, 401);
    }
}

#[tokio::test]
async fn a_log_in_needs_its_fields() {
    let host = Host::new().await;
    let answer = host.ask(post("/api/sessions").json(json!({"password": 1}))).await;
    expect![[r#"422 {"code":"validation_failed","errors":{"email":["can't be blank"],"password":["must be a text"]},"request_id":"r-1"}"#]].assert_eq(&answer.to_string());
}

/// Ada has registered, and this is what her mail says.
async fn mailed(host: &Host, password: Option<&str>) -> String {
    let body = json!({
        "email": "ada@example.com", "first_name": "Ada", "last_name": "Lovelace", "password": password
    });
    host.ask(post("/api/users").json(body)).await;
    let issue = IssueConfirmation { email: "ada@example.com".to_owned() };
    let token = host.identity.issue_confirmation(Origin::system("tests"), issue).await;
    token.expect("nobody has confirmed it").expose().to_owned()
}

#[tokio::test]
async fn a_token_from_a_mail_confirms_and_logs_in_once() {
    let host = Host::new().await;
    let token = mailed(&host, Some(PASSWORD)).await;
    let redeem = || post("/api/sessions").json(json!({"token": token, "password": PASSWORD}));
    let answer = host.ask(redeem()).await;
    assert_eq!(answer.status, 201);
    let session = answer.json()["token"].as_str().unwrap().to_owned();
    assert_eq!(answer.json()["data"]["user"]["has_password"], true);
    assert_eq!(host.ask(get("/api/me").bearer(&session)).await.status, 200);
    expect![[r#"401 {"code":"invalid_credentials","error":"Invalid or expired credentials","request_id":"r-1"}"#]].assert_eq(&host.ask(redeem()).await.to_string());
}

#[tokio::test]
async fn a_token_from_a_mail_is_enough() {
    let host = Host::new().await;
    let token = mailed(&host, None).await;
    let answer = host.ask(post("/api/sessions").json(json!({"token": token}))).await;
    assert_eq!(answer.status, 201);
    assert_eq!(answer.json()["data"]["user"]["has_password"], false);
    let session = answer.json()["token"].as_str().unwrap().to_owned();
    assert_eq!(host.ask(get("/api/me").bearer(&session)).await.status, 200);
}

#[tokio::test]
async fn a_session_ends_when_its_person_says_so() {
    let host = Host::new().await;
    let ada = host.person("ada").await;
    let answer = host.ask(delete("/api/sessions").cookie(&ada.token)).await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""));
    expect!["perme8_session=; HttpOnly; SameSite=Lax; Path=/; Max-Age=0"]
        .assert_eq(answer.header("set-cookie"));
    assert_eq!(host.ask(get("/api/me").bearer(&ada.token)).await.status, 401);
}

#[tokio::test]
async fn missing_malformed_and_expired_sessions_look_alike() {
    let host = Host::new().await;
    let ada = host.person("ada").await;
    host.test.clock.advance(Duration::from_hours(14 * 24));
    for ask in [
        get("/api/me"),
        get("/api/me").cookie(&ada.token),
        get("/api/workspaces/nowhere"),
        get("/api/me/events/stream"),
        post("/api/workspaces").raw("text/plain", "nonsense"),
        post("/api/notifications/42/read"),
    ] {
        let answer = host.ask(ask).await;
        assert_eq!(answer.header("www-authenticate"), "Bearer");
        expect![[r#"401 {"code":"unauthenticated","error":"Missing, invalid or expired credentials","request_id":"r-1"}"#]].assert_eq(&answer.to_string());
    }
    // Whoever shows a bearer token may take it for that of a key.
    for ask in [
        get("/api/me").bearer("nonsense"),
        get("/api/me").bearer(&ada.token),
        get("/api/me").header("authorization", "Basic YTpi"),
        get("/api/me").header("authorization", "bearer x"),
    ] {
        let answer = host.ask(ask).await;
        assert_eq!(answer.header("www-authenticate"), "Bearer");
        expect![[r#"401 {"code":"unauthenticated","error":"Invalid or revoked API key","request_id":"r-1"}"#]].assert_eq(&answer.to_string());
    }
}

#[tokio::test]
async fn pages_of_other_origins_change_nothing() {
    let host = Host::new().await;
    let ada = host.person("ada").await;
    let create = || post("/api/workspaces").json(json!({"name": "Acme"}));
    for foreign in [
        create().cookie(&ada.token).header("sec-fetch-site", "cross-site"),
        create().cookie(&ada.token).header("sec-fetch-site", "same-site"),
        create().cookie(&ada.token).header("origin", "https://evil.example"),
        create().cookie(&ada.token).header("origin", "null"),
        delete("/api/sessions").cookie(&ada.token).header("origin", "https://evil.example"),
        log_in("ada@example.com", PASSWORD).header("origin", "https://evil.example"),
    ] {
        expect![[r#"403 {"code":"cross_origin","error":"Requests from other origins are refused","request_id":"r-1"}"#]].assert_eq(&host.ask(foreign).await.to_string());
    }
    for own in [
        create().cookie(&ada.token).header("sec-fetch-site", "same-origin"),
        create().cookie(&ada.token).header("origin", "https://perme8.example"),
        create().cookie(&ada.token),
        create().bearer(&ada.token).header("origin", "https://elsewhere.example"),
    ] {
        assert_eq!(host.ask(own).await.status, 201);
    }
    let read = get("/api/me").cookie(&ada.token).header("sec-fetch-site", "cross-site");
    assert_eq!(host.ask(read).await.status, 200);
}

#[tokio::test]
async fn people_see_their_sessions_and_end_them_one_by_one() {
    let host = Host::new().await;
    let (ada, ben) = (host.person("ada").await, host.person("ben").await);
    host.test.clock.advance(Duration::from_mins(5));
    let other = host.ask(log_in("ada@example.com", PASSWORD)).await.json();
    let other = other["token"].as_str().unwrap();
    let list = get("/api/me/sessions").bearer(&ada.token);
    let shown = host.ask(list).await;
    expect![[r#"200 {"data":[{"id":"ID","began_at":"2026-01-05T09:05:00Z","authenticated_at":"2026-01-05T09:05:00Z","last_used_at":"2026-01-05T09:05:00Z","expires_at":"2026-01-19T09:05:00Z","address":null,"user_agent":null,"current":false},{"id":"ID","began_at":"2026-01-05T09:00:00Z","authenticated_at":"2026-01-05T09:00:00Z","last_used_at":"2026-01-05T09:05:00Z","expires_at":"2026-01-19T09:00:00Z","address":null,"user_agent":null,"current":true}],"meta":{"next":null}}"#]].assert_eq(&shown.to_string());
    let shown = shown.json();
    let [latest, own] = &shown["data"].as_array().unwrap()[..] else { panic!("two sessions") };
    let revoke = |id: &serde_json::Value, token: &str| {
        delete(format!("/api/me/sessions/{}", id.as_str().unwrap())).bearer(token)
    };
    let of_another = host.ask(revoke(&latest["id"], &ben.token)).await;
    expect![[r#"404 {"code":"session_not_found","error":"Session not found","request_id":"r-1"}"#]]
        .assert_eq(&of_another.to_string());
    assert_eq!(host.ask(delete("/api/me/sessions/7").bearer(&ada.token)).await.status, 404);
    let revoked = host.ask(revoke(&latest["id"], &ada.token)).await;
    assert_eq!((revoked.status.as_u16(), revoked.header("set-cookie")), (204, ""));
    assert_eq!(host.ask(get("/api/me").bearer(other)).await.status, 401);
    let revoked = host.ask(revoke(&own["id"], &ada.token)).await;
    assert_eq!(revoked.status, 204);
    assert!(revoked.header("set-cookie").contains("Max-Age=0"));
    assert_eq!(host.ask(get("/api/me").bearer(&ada.token)).await.status, 401);
}

#[tokio::test]
async fn people_show_once_more_who_they_are() {
    let host = Host::new().await;
    let ada = host.person("ada").await;
    host.test.clock.advance(Duration::from_hours(1));
    let show = |body| post("/api/me/reauthenticate").bearer(&ada.token).json(body);
    let shown = host.ask(show(json!({"password": PASSWORD}))).await;
    expect![[r#"200 {"data":{"fresh_until":"2026-01-05T10:20:00Z"}}"#]]
        .assert_eq(&shown.to_string());
    for wrong in [json!({"password": "wrong"}), json!({"token": "nonsense"})] {
        let refused = host.ask(show(wrong)).await;
        expect![[r#"401 {"code":"invalid_credentials","error":"Invalid or expired credentials","request_id":"r-1"}"#]].assert_eq(&refused.to_string());
    }
    let host = Host::with(|options| options.log_ins = 0).await;
    let ada = host.person("ada").await;
    let busy =
        post("/api/me/reauthenticate").bearer(&ada.token).json(json!({"password": PASSWORD}));
    assert_eq!(host.ask(busy).await.status, 503);
}
