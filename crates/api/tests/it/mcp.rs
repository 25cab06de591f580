//! The Model Context Protocol, spoken by hand; with its own library it is spoken in the scenarios.

use std::{collections::BTreeSet, fmt::Write as _, time::Duration};

use api::Limits;
use expect_test::{Expect, expect};
use serde_json::{Value, json};

use crate::{
    client::{Answer, Ask, delete, get, post},
    host::{Host, Person},
    robot::robot,
};

/// A message of the protocol, as clients send it.
pub(crate) fn say(token: &str, message: Value) -> Ask {
    unheard(message).bearer(token)
}

/// The same, of somebody who shows nothing.
fn unheard(message: Value) -> Ask {
    post("/mcp").header("accept", "application/json, text/event-stream").json(message)
}

#[expect(clippy::needless_pass_by_value, reason = "written as a literal")]
pub(crate) fn request(method: &str, params: Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": params })
}

fn initialize() -> Value {
    let client = json!({ "name": "tests", "version": "1" });
    let params =
        json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client });
    request("initialize", params)
}

/// A key of somebody, with these permissions and workspaces.
pub(crate) async fn key_of(host: &Host, of: &Person, permissions: Value, slugs: &[&str]) -> String {
    let body = json!({ "name": "Robot", "permissions": permissions, "workspace_access": slugs });
    robot(host, of, body).await.token
}

/// Ada's workspace Acme, and a key of hers that reaches it.
pub(crate) async fn acme() -> (Host, Person, String) {
    let host = Host::new().await;
    let ada = host.person("ada").await;
    host.workspace(&ada, "Acme").await;
    let key = key_of(&host, &ada, json!(null), &["acme"]).await;
    (host, ada, key)
}

pub(crate) async fn refused(host: &Host, ask: Ask, expected: Expect) {
    expected.assert_eq(&host.ask(ask).await.to_string());
}

#[tokio::test]
async fn a_client_shakes_hands_and_goes_on_under_the_name_of_its_session() {
    let (host, _, key) = acme().await;
    let begun = host.ask(say(&key, initialize())).await;
    expect![[r#"200 {"jsonrpc":"2.0","id":7,"result":{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"perme8-mcp","version":"1.0.0"},"instructions":"Workspaces hold projects and documents, each addressed by its slug. tools.search finds what you can do."}}"#]].assert_eq(&begun.to_string());
    assert_eq!(begun.header("content-type"), "application/json");
    assert_eq!(begun.header("x-frame-options"), "DENY");
    let session = begun.header("mcp-session-id").to_owned();
    assert_eq!(session.len(), 64);
    let told = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
    let told = host.ask(say(&key, told).header("mcp-session-id", &session)).await;
    assert_eq!((told.status.as_u16(), told.text.as_str()), (202, ""));
    let list = say(&key, request("tools/list", json!({}))).header("mcp-session-id", &session);
    let listed = host.ask(list.header("mcp-protocol-version", "2025-06-18")).await;
    assert_eq!(listed.header("mcp-session-id"), "");
    let tools = listed.json()["result"]["tools"].as_array().unwrap().clone();
    let names: Vec<_> = tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    expect!["jarga.list_workspaces jarga.get_workspace jarga.list_projects jarga.create_project jarga.get_project jarga.list_documents jarga.create_document jarga.get_document knowledge.search knowledge.get knowledge.traverse knowledge.create knowledge.update knowledge.relate tools.search"].assert_eq(&names.join(" "));
    refused(
        &host,
        say(&key, request("ping", json!({}))),
        expect![[r#"200 {"jsonrpc":"2.0","id":7,"result":{}}"#]],
    )
    .await;
}

#[tokio::test]
async fn the_session_of_another_caller_is_not_found() {
    let (host, ada, key) = acme().await;
    let session = host.ask(say(&key, initialize())).await.header("mcp-session-id").to_owned();
    let other = key_of(&host, &ada, json!(null), &["acme"]).await;
    for (token, name) in
        [(&other, session.as_str()), (&ada.token, &session), (&key, "7"), (&key, "")]
    {
        let list = say(token, request("tools/list", json!({})));
        let refused = host.ask(list.header("mcp-session-id", name)).await;
        assert_eq!(
            (refused.status.as_u16(), refused.text_at("/code").as_str()),
            (404, "session_not_found")
        );
    }
    // Whoever begins anew has no use for the one before.
    let again = host.ask(say(&other, initialize()).header("mcp-session-id", &session)).await;
    assert_eq!(again.status, 200);
    assert_ne!(again.header("mcp-session-id"), session);
}

#[tokio::test]
async fn nobody_gets_in_without_a_good_key_or_a_session() {
    let (host, ada, key) = acme().await;
    let ping = || request("ping", json!({}));
    refused(&host, unheard(ping()), expect![[r#"401 {"code":"unauthenticated","error":"unauthorized","message":"Missing Authorization header","request_id":"r-1"}"#]]).await;
    refused(&host, unheard(ping()).cookie(&ada.token), expect![[r#"401 {"code":"unauthenticated","error":"unauthorized","message":"Missing Authorization header","request_id":"r-1"}"#]]).await;
    let nowhere = key_of(&host, &ada, json!(null), &[]).await;
    let brief = json!({ "name": "Robot", "workspace_access": ["acme"], "expires_at": "2026-01-05T09:30:00Z" });
    let brief = robot(&host, &ada, brief).await;
    assert_eq!(host.ask(say(&brief.token, ping())).await.status, 200);
    let body = json!({ "name": "Robot", "workspace_access": ["acme"] });
    let revoked = robot(&host, &ada, body).await;
    assert_eq!(host.ask(say(&revoked.token, ping())).await.status, 200);
    host.ask(delete(format!("/api/api-keys/{}", revoked.id)).bearer(&ada.token)).await;
    host.test.clock.advance(Duration::from_hours(1));
    let mut told = BTreeSet::new();
    for token in ["nonsense", &nowhere, &brief.token, &revoked.token] {
        let answer = host.ask(say(token, initialize())).await;
        assert_eq!(answer.header("www-authenticate"), "Bearer");
        told.insert(answer.to_string());
    }
    expect![[r#"401 {"code":"unauthenticated","error":"unauthorized","message":"Invalid or revoked API key","request_id":"r-1"}"#]].assert_eq(&told.into_iter().collect::<String>());
    for credentials in [key.clone(), format!("Basic {key}")] {
        let ask = unheard(ping()).header("authorization", credentials);
        assert_eq!(host.ask(ask).await.status, 401);
    }
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let ask = unheard(ping()).header("authorization", format!("{scheme} {key}"));
        assert_eq!(host.ask(ask).await.status, 200);
    }
    let elsewhere = get("/api/workspaces").header("authorization", format!("bearer {key}"));
    assert_eq!(host.ask(elsewhere).await.status, 401);
    assert_eq!(host.ask(say(&ada.token, ping())).await.status, 200);
}

#[tokio::test]
async fn what_is_no_message_is_refused_as_everywhere() {
    let (host, _, key) = acme().await;
    let raw = |body: &str| {
        let accept = "application/json, text/event-stream";
        post("/mcp").bearer(&key).header("accept", accept).raw("application/json", body)
    };
    let mut told = String::new();
    let mut tell = |answer: Answer| writeln!(told, "{answer}").unwrap();
    for body in
        ["", "{", "[]", "7", r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, r#"{"method":7}"#]
    {
        tell(host.ask(raw(body)).await);
    }
    let ping = request("ping", json!({})).to_string();
    let answered = json!({ "jsonrpc": "2.0", "id": 1, "result": {} });
    tell(host.ask(say(&key, answered)).await);
    tell(host.ask(post("/mcp").bearer(&key).raw("application/json", ping.as_str())).await);
    tell(host.ask(post("/mcp").bearer(&key).raw("text/plain", ping.as_str())).await);
    tell(host.ask(raw(&ping).header("mcp-protocol-version", "1999-01-01")).await);
    tell(host.ask(raw(&" ".repeat(8 * 1024 * 1024 + 1))).await);
    tell(host.ask(get("/mcp").bearer(&key)).await);
    tell(host.ask(delete("/mcp").bearer(&key)).await);
    tell(host.ask(raw(&ping).header("origin", "https://evil.example")).await);
    tell(host.ask(raw(&ping).header("origin", "https://perme8.example")).await);
    expect![[r#"
        400 {"code":"malformed_json","error":"The body is not JSON","request_id":"r-1"}
        400 {"code":"malformed_json","error":"The body is not JSON","request_id":"r-1"}
        400 {"code":"malformed_message","error":"The message or its headers are not as the Model Context Protocol has them","request_id":"r-1"}
        400 {"code":"malformed_message","error":"The message or its headers are not as the Model Context Protocol has them","request_id":"r-1"}
        400 {"code":"malformed_message","error":"The message or its headers are not as the Model Context Protocol has them","request_id":"r-1"}
        400 {"code":"malformed_message","error":"The message or its headers are not as the Model Context Protocol has them","request_id":"r-1"}
        400 {"jsonrpc":"2.0","error":{"code":-32600,"message":"stateless server does not accept JSON-RPC responses"}}
        406 {"code":"not_acceptable","error":"Accept must name application/json and text/event-stream","request_id":"r-1"}
        415 {"code":"unsupported_media_type","error":"The body must be application/json","request_id":"r-1"}
        400 {"code":"malformed_message","error":"The message or its headers are not as the Model Context Protocol has them","request_id":"r-1"}
        413 {"code":"body_too_large","error":"The body is too large","request_id":"r-1"}
        405 {"code":"method_not_allowed","error":"Method not allowed","request_id":"r-1"}
        405 {"code":"method_not_allowed","error":"Method not allowed","request_id":"r-1"}
        403 {"code":"cross_origin","error":"Requests from other origins are refused","request_id":"r-1"}
        200 {"jsonrpc":"2.0","id":7,"result":{}}
    "#]].assert_eq(&told);
}

#[tokio::test]
async fn a_key_asks_as_often_as_anywhere() {
    let limits = Limits { caller: "2/1min".parse().unwrap(), ..Limits::default() };
    let (host, _, key) = acme().await;
    let host = host.at_most(limits);
    let ping = || {
        let ask = unheard(request("ping", json!({})));
        ask.header("authorization", format!("bearer {key}")).from("192.0.2.7")
    };
    for status in [200, 200, 429] {
        assert_eq!(host.ask(ping()).await.status, status);
    }
}
