//! How often anybody may ask for anything.

use std::time::Duration;

use api::{Limits, OperatorToken, Quota};
use axum::{body::Body, extract::ConnectInfo, http::Request};
use expect_test::expect;
use futures_util::stream;
use serde_json::json;

use crate::{
    client::{Ask, get, post},
    host::Host,
    robot::{Robot, robot},
};

const HERE: &str = "192.0.2.1";

fn quota(text: &str) -> Quota {
    text.parse().expect("tests write proper quotas")
}

fn three_a_minute() -> Limits {
    Limits { stranger: quota("3/min"), ..Limits::default() }
}

fn two_a_minute_for_callers() -> Limits {
    Limits { caller: quota("2/min"), stranger: quota("1/h"), ..Limits::default() }
}

async fn statuses(host: &Host, asks: impl IntoIterator<Item = Ask>) -> Vec<u16> {
    let mut statuses = Vec::new();
    for ask in asks {
        statuses.push(host.ask(ask).await.status.as_u16());
    }
    statuses
}

#[tokio::test]
async fn those_who_do_not_show_who_they_are_share_the_requests_of_their_address() {
    let host = Host::new().await.at_most(three_a_minute());
    let ada = host.person("ada").await;
    let asks = [
        get("/login"),
        get("/nothing"),
        get("/api/me").bearer("made-up"),
        get("/api/me").bearer("another"),
        post("/api/sessions").unsaid("{"),
        get("/api/me").cookie("made-up"),
    ];
    let asks = asks.map(|ask| ask.from(HERE));
    assert_eq!(statuses(&host, asks).await, [200, 404, 401, 429, 429, 429]);
    let refused = host.ask(get("/login").from(HERE)).await;
    assert_eq!(refused.header("retry-after"), "20");
    expect![[r#"429 {"code":"rate_limited","error":"Too many requests: try again later","request_id":"r-1"}"#]].assert_eq(&refused.to_string());
    // Neither those elsewhere nor those who are known are concerned.
    assert_eq!(host.ask(get("/login").from("192.0.2.2")).await.status, 200);
    assert_eq!(host.ask(get("/api/me").bearer(&ada.token).from(HERE)).await.status, 200);
    host.test.clock.advance(Duration::from_secs(20));
    let asks = [get("/login"), get("/login")].map(|ask| ask.from(HERE));
    assert_eq!(statuses(&host, asks).await, [200, 429]);
}

#[tokio::test]
async fn a_session_has_requests_of_its_own_wherever_it_is() {
    let host = Host::new().await.at_most(two_a_minute_for_callers());
    let (ada, ben) = (host.person("ada").await, host.person("ben").await);
    let asks = [
        get("/api/me").bearer(&ada.token).from(HERE),
        get("/login").cookie(&ada.token).from("192.0.2.2"),
        get("/api/me").bearer(&ada.token).from("192.0.2.3"),
        get("/api/me/events/stream").bearer(&ada.token).from(HERE),
        get("/api/me").bearer(&ben.token).from(HERE),
    ];
    assert_eq!(statuses(&host, asks).await, [200, 200, 429, 429, 200]);
    let refused = host.ask(get("/api/me").bearer(&ada.token)).await;
    assert_eq!(refused.header("retry-after"), "30");
}

#[tokio::test]
async fn a_key_has_requests_of_its_own_also_those_that_it_may_not_make() {
    let host = Host::new().await;
    let ada = host.person("ada").await;
    let Robot { token: key, id: _ } = robot(&host, &ada, json!({"name": "Robot"})).await;
    let host = host.at_most(two_a_minute_for_callers());
    let asks = [
        get("/api/workspaces").bearer(&key).from(HERE),
        get("/api/me/sessions").bearer(&key).from(HERE),
        get("/api/workspaces").bearer(&key).from("192.0.2.2"),
        get("/api/me").bearer(&ada.token).from(HERE),
    ];
    assert_eq!(statuses(&host, asks).await, [200, 403, 429, 200]);
}

#[tokio::test]
async fn whoever_looks_after_the_host_is_always_answered() {
    let token = "operators-of-tests";
    let operators = OperatorToken::new(token).unwrap();
    let host = Host::with(|options| options.operator_token = Some(operators)).await;
    let host = host.at_most(three_a_minute());
    for _ in 0..5 {
        for ask in [
            get("/health"),
            get("/api/health"),
            get("/ready"),
            get("/metrics"),
            get("/admin/handlers").bearer(token),
        ] {
            assert_ne!(host.ask(ask.from(HERE)).await.status, 429);
        }
    }
    // Whoever guesses the token is a stranger.
    let guesses = (0..4).map(|number| {
        get("/admin/handlers").bearer(&format!("operators-of-nothing-{number}")).from(HERE)
    });
    assert_eq!(statuses(&host, guesses).await, [401, 401, 401, 429]);
}

#[tokio::test]
async fn nobody_waits_for_the_body_of_a_request_that_is_refused() {
    let host = Host::new().await.at_most(three_a_minute());
    let peer = ConnectInfo(std::net::SocketAddr::new(HERE.parse().unwrap(), 4711));
    let asks = [get("/login"), get("/login"), get("/login")].map(|ask| ask.from(HERE));
    assert_eq!(statuses(&host, asks).await, [200, 200, 200]);
    // Its body never comes.
    let body = Body::from_stream(stream::pending::<Result<Vec<u8>, std::io::Error>>());
    let request = Request::post("/api/sessions").header("content-type", "application/json");
    let response = host.respond_to(request.extension(peer).body(body).unwrap()).await;
    assert_eq!(response.status(), 429);
}
