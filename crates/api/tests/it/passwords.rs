//! Setting another password.

use std::time::Duration;

use expect_test::expect;
use identity::testing::PASSWORD;
use serde_json::json;

use crate::{
    client::{Ask, get, post, put},
    host::{Host, Person},
};

const NEW: &str = "purple elephants sing at noon";

fn change(who: &Person, password: &str, current: Option<&str>) -> Ask {
    let body = json!({"password": password, "current_password": current});
    put("/api/me/password").bearer(&who.token).json(body)
}

async fn logs_in(host: &Host, password: &str) -> bool {
    let body = json!({"email": "ada@example.com", "password": password});
    host.ask(post("/api/sessions").json(body)).await.status == 201
}

#[tokio::test]
async fn a_password_is_changed_in_the_session_that_goes_on() {
    let host = Host::new().await;
    let ada = host.person("ada").await;
    let elsewhere = json!({"email": "ada@example.com", "password": PASSWORD});
    let elsewhere = host.ask(post("/api/sessions").json(elsewhere)).await.json();
    let answer = host.ask(change(&ada, NEW, Some(PASSWORD))).await;
    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (204, ""));
    assert!(logs_in(&host, NEW).await && !logs_in(&host, PASSWORD).await);
    assert_eq!(host.ask(get("/api/me").bearer(&ada.token)).await.status, 200);
    let other = get("/api/me").bearer(elsewhere["token"].as_str().unwrap());
    assert_eq!(host.ask(other).await.status, 401);
}

#[tokio::test]
async fn an_old_session_needs_the_current_password() {
    let host = Host::new().await;
    let ada = host.person("ada").await;
    host.test.clock.advance(Duration::from_mins(20));
    expect![[r#"403 {"code":"reauthentication_needed","error":"The log-in was too long ago: show once more who you are","request_id":"r-1"}"#]].assert_eq(&host.ask(change(&ada, NEW, None)).await.to_string());
    expect![[r#"422 {"code":"validation_failed","errors":{"current_password":["is wrong"],"password":["is too easy to guess: take more words, and none that have to do with each other or with you"]},"request_id":"r-1"}"#]]
        .assert_eq(&host.ask(change(&ada, "ada@example.com", Some("wrong"))).await.to_string());
    assert_eq!(host.ask(change(&ada, NEW, Some(PASSWORD))).await.status, 204);
}

#[tokio::test]
async fn a_link_that_leads_nowhere_sets_nothing() {
    let host = Host::new().await;
    for token in ["nonsense", "%FF", &"A".repeat(43), &"A".repeat(129)] {
        let reset =
            put(format!("/api/users/password-reset/{token}")).json(json!({"password": NEW}));
        expect![[r#"401 {"code":"invalid_credentials","error":"Invalid or expired credentials","request_id":"r-1"}"#]].assert_eq(&host.ask(reset).await.to_string());
    }
}

#[tokio::test]
async fn asking_for_a_link_tells_nothing() {
    let host = Host::new().await;
    host.person("ada").await;
    for email in ["ada@example.com", "nobody@example.com", "no address"] {
        let answer =
            host.ask(post("/api/users/password-reset").json(json!({"email": email}))).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (202, ""), "{email}");
    }
}

#[tokio::test]
async fn passwords_do_not_queue_without_end() {
    let host = Host::with(|options| options.log_ins = 0).await;
    let ada = host.person("ada").await;
    let token = "A".repeat(43);
    for ask in [
        change(&ada, NEW, None),
        put(format!("/api/users/password-reset/{token}")).json(json!({"password": NEW})),
        post("/password-reset")
            .raw("application/x-www-form-urlencoded", format!("token={token}&password=x")),
    ] {
        assert_eq!(host.ask(ask).await.status, 503);
    }
}
