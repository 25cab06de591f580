//! Accounts.

use expect_test::{Expect, expect};
use perme8_events::{Actor, EventFilter, EventStore as _, Position};
use serde_json::{Value, json};

use crate::{
    client::{get, patch, post},
    host::Host,
};

async fn check(body: Value, expected: Expect) {
    let host = Host::new().await;
    let answer = host.ask(post("/api/users").json(body)).await;
    expected.assert_eq(&answer.to_string());
}

#[tokio::test]
async fn a_registration_shows_the_user() {
    check(
        json!({"email": "Ada@Example.com", "first_name": "Ada", "last_name": "Lovelace", "is_admin": true}),
        expect![[r#"201 {"data":{"id":"ID","email":"ada@example.com","first_name":"Ada","last_name":"Lovelace","has_password":false,"confirmed_at":null,"registered_at":"2026-01-05T09:00:00Z"}}"#]],
    )
    .await;
}

#[tokio::test]
async fn fields_of_a_wrong_type_are_all_named() {
    check(
        json!({"email": 7, "first_name": ["Ada"], "last_name": {}, "password": false}),
        expect![[r#"422 {"code":"validation_failed","errors":{"email":["must be a text"],"first_name":["must be a text"],"last_name":["must be a text"],"password":["must be a text"]},"request_id":"r-1"}"#]],
    )
    .await;
}

#[tokio::test]
async fn missing_fields_are_all_named() {
    check(json!({"email": null}), expect![[r#"422 {"code":"validation_failed","errors":{"email":["can't be blank"],"first_name":["can't be blank"],"last_name":["can't be blank"]},"request_id":"r-1"}"#]]).await;
}

#[tokio::test]
async fn texts_have_limits() {
    check(
        json!({"email": "no address", "first_name": "a".repeat(101), "last_name": " ", "password": "short"}),
        expect![[r#"422 {"code":"validation_failed","errors":{"email":["must have the @ sign and no spaces"],"first_name":["should be at most 100 character(s)"],"last_name":["can't be blank"],"password":["should be at least 12 character(s)"]},"request_id":"r-1"}"#]],
    )
    .await;
}

#[tokio::test]
async fn an_address_is_taken_in_any_letter_case() {
    let host = Host::new().await;
    host.person("ada").await;
    let body = json!({"email": "ADA@example.com", "first_name": "Ada", "last_name": "Lovelace"});
    let answer = host.ask(post("/api/users").json(body)).await;
    expect![[r#"422 {"code":"validation_failed","errors":{"email":["has already been taken"]},"request_id":"r-1"}"#]].assert_eq(&answer.to_string());
}

#[tokio::test]
async fn everybody_sees_their_own_profile() {
    let host = Host::new().await;
    let ada = host.person("ada").await;
    let answer = host.ask(get("/api/me").bearer(&ada.token)).await;
    expect![[r#"200 {"data":{"id":"ID","email":"ada@example.com","first_name":"ada","last_name":"Example","has_password":true,"confirmed_at":"2026-01-05T09:00:00Z","registered_at":"2026-01-05T09:00:00Z"}}"#]].assert_eq(&answer.to_string());
}

#[tokio::test]
async fn a_visitor_registers_as_nobody_in_particular() {
    let host = Host::new().await;
    let body = json!({"email": "ada@example.com", "first_name": "Ada", "last_name": "Lovelace"});
    assert_eq!(host.ask(post("/api/users").json(body)).await.status, 201);
    let log = host.test.db.read(&EventFilter::All, Position::START, 10).await.unwrap();
    let actors: Vec<_> = log.iter().map(|event| (&*event.event_type, &event.actor)).collect();
    assert_eq!(actors, [("identity.user_registered", &Actor::Anonymous)]);
}

#[tokio::test]
async fn people_change_their_names_one_by_one() {
    let host = Host::new().await;
    let ada = host.person("ada").await;
    let change = |body: Value| patch("/api/me").bearer(&ada.token).json(body);
    let answer = host.ask(change(json!({"last_name": "Lovelace"}))).await;
    expect![[r#"200 {"data":{"id":"ID","email":"ada@example.com","first_name":"ada","last_name":"Lovelace","has_password":true,"confirmed_at":"2026-01-05T09:00:00Z","registered_at":"2026-01-05T09:00:00Z"}}"#]].assert_eq(&answer.to_string());
    assert_eq!(host.ask(get("/api/me").bearer(&ada.token)).await.text, answer.text);
    let answer = host.ask(change(json!({"first_name": " ", "last_name": 7}))).await;
    expect![[r#"422 {"code":"validation_failed","errors":{"last_name":["must be a text"]},"request_id":"r-1"}"#]].assert_eq(&answer.to_string());
    let answer = host.ask(change(json!({"first_name": "a\nb"}))).await;
    expect![[r#"422 {"code":"validation_failed","errors":{"first_name":["must be a single line without control characters"]},"request_id":"r-1"}"#]].assert_eq(&answer.to_string());
}
