//! What is refused before any facade is asked, and what every response carries.

use expect_test::expect;
use serde_json::json;

use crate::{
    client::{Answer, delete, get, patch, post},
    host::Host,
};

#[tokio::test]
async fn what_is_no_json_is_malformed() {
    let host = Host::new().await;
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    for body in [
        &b""[..],
        b"{",
        b"{\"email\": }",
        b"nonsense",
        b"{\"email\": \"\xff\"}",
        b"{} {}",
        deep.as_bytes(),
    ] {
        let answer = host.ask(post("/api/sessions").raw("application/json", body)).await;
        expect![[
            r#"400 {"code":"malformed_json","error":"The body is not JSON","request_id":"r-1"}"#
        ]]
        .assert_eq(&answer.to_string());
    }
    let answer = host.ask(post("/api/sessions")).await;
    assert_eq!(answer.status, 400);
}

#[tokio::test]
async fn a_body_is_an_object() {
    let host = Host::new().await;
    for body in ["[]", "null", "1", "\"text\""] {
        let answer = host.ask(post("/api/sessions").raw("application/json", body)).await;
        expect![[r#"422 {"code":"validation_failed","errors":{"body":["must be an object"]},"request_id":"r-1"}"#]].assert_eq(&answer.to_string());
    }
}

#[tokio::test]
async fn a_body_says_that_it_is_json() {
    let host = Host::new().await;
    for ask in [
        post("/api/sessions").raw("text/plain", "{}"),
        post("/api/sessions").raw("application/x-www-form-urlencoded", "email=a"),
        post("/api/sessions").raw("application/json-seq", "{}"),
        post("/api/sessions").unsaid("{}"),
    ] {
        expect![[r#"415 {"code":"unsupported_media_type","error":"The body must be application/json","request_id":"r-1"}"#]].assert_eq(&host.ask(ask).await.to_string());
    }
    for kind in
        ["application/json; charset=utf-8", "Application/JSON", "application/vnd.perme8+json"]
    {
        assert_eq!(host.ask(post("/api/sessions").raw(kind, "{}")).await.status, 422, "{kind}");
    }
}

#[tokio::test]
async fn a_body_has_a_size() {
    let host = Host::new().await;
    let of = |size: usize| {
        let frame = r#"{"email":"","password":""}"#.len();
        json!({"email": "", "password": "x".repeat(size - frame)})
    };
    expect![[
        r#"413 {"code":"body_too_large","error":"The body is too large","request_id":"r-1"}"#
    ]]
    .assert_eq(&host.ask(post("/api/sessions").json(of(1024 * 1024 + 1))).await.to_string());
    assert_eq!(host.ask(post("/api/sessions").json(of(1024 * 1024))).await.status, 401);
}

#[tokio::test]
async fn what_is_nowhere_is_not_found() {
    let host = Host::new().await;
    for uri in ["/", "/api", "/api/nothing", "/api/me/", "/api/workspaces/a/b", "/%ff"] {
        let answer = host.ask(get(uri)).await;
        expect![[r#"404 {"code":"not_found","error":"Not found","request_id":"r-1"}"#]]
            .assert_eq(&answer.to_string());
    }
}

#[tokio::test]
async fn a_route_has_its_methods() {
    let host = Host::new().await;
    let answer = host.ask(patch("/api/sessions")).await;
    assert_eq!(answer.header("allow"), "POST,DELETE");
    expect![[
        r#"405 {"code":"method_not_allowed","error":"Method not allowed","request_id":"r-1"}"#
    ]]
    .assert_eq(&answer.to_string());
    assert_eq!(host.ask(delete("/health")).await.header("allow"), "GET,HEAD");
}

#[tokio::test]
async fn a_database_out_of_reach_is_told_with_when_to_come_back() {
    let host = Host::new().await;
    let ada = host.person("ada").await;
    host.test.db.close().await;
    let answer = host.ask(get("/api/me").bearer(&ada.token)).await;
    assert_eq!(answer.header("retry-after"), "1");
    expect![[r#"503 {"code":"storage_unavailable","error":"The database cannot be reached: try again soon","request_id":"r-1"}"#]].assert_eq(&answer.to_string());
}

#[tokio::test]
async fn every_response_has_the_headers() {
    let host = Host::new().await;
    let ada = host.person("ada").await;
    let expected = expect![[r#"
        cache-control: no-store
        content-security-policy: default-src 'none'; frame-ancestors 'none'
        permissions-policy: camera=(), microphone=(), geolocation=()
        referrer-policy: strict-origin-when-cross-origin
        strict-transport-security: max-age=31536000; includeSubDomains
        x-content-type-options: nosniff
        x-frame-options: DENY
        x-request-id: r-1
    "#]];
    for (status, ask) in [
        (200, get("/api/me").bearer(&ada.token)),
        (200, get("/health")),
        (200, get("/api/me/events/stream").bearer(&ada.token)),
        (201, post("/api/workspaces").bearer(&ada.token).json(json!({"name": "Acme"}))),
        (400, post("/api/sessions").raw("application/json", "{")),
        (401, get("/api/me")),
        (403, post("/api/sessions").header("sec-fetch-site", "cross-site")),
        (404, get("/nowhere")),
        (404, get("/api/workspaces/nowhere").bearer(&ada.token)),
        (405, patch("/api/sessions")),
        (413, post("/api/sessions").raw("application/json", vec![b' '; 2 * 1024 * 1024])),
        (415, post("/api/sessions").raw("text/plain", "x")),
        (422, post("/api/sessions").json(json!({}))),
        (204, delete("/api/sessions").bearer(&ada.token)),
    ] {
        let response = host.respond(ask).await;
        assert_eq!(response.status().as_u16(), status);
        let mut headers: Vec<_> = response
            .headers()
            .iter()
            .filter(|(name, _)| {
                !["content-type", "content-length", "allow"].contains(&name.as_str())
            })
            .filter(|(name, _)| {
                !["www-authenticate", "set-cookie", "x-accel-buffering"].contains(&name.as_str())
            })
            .map(|(name, value)| format!("{name}: {}\n", value.to_str().unwrap()))
            .collect();
        headers.sort();
        expected.assert_eq(&headers.concat());
        if status >= 400 {
            assert_eq!(response.headers()["content-type"], "application/json");
        }
    }
}

#[tokio::test]
async fn a_request_without_a_proper_name_gets_one() {
    let host = Host::new().await;
    let request = axum::http::Request::get("/nowhere").header("x-request-id", "two words");
    let request = request.body(axum::body::Body::empty()).unwrap();
    let answer = Answer::read(host.respond_to(request).await).await;
    let name = answer.header("x-request-id").to_owned();
    assert!(name.parse::<uuid::Uuid>().is_ok());
    assert_eq!(answer.json()["request_id"], name);
}
