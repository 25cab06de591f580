//! The conversations of the caller.

use expect_test::{Expect, expect};
use serde_json::json;

use crate::{
    client::{Answer, Ask, Blocks, delete, field, get, patch, post},
    office::Office,
    robot::robot,
};

const SESSIONS: &str = "/api/chat/sessions";

fn check(answer: &Answer, expected: &Expect) {
    expected.assert_eq(&answer.to_string());
}

/// The address of a conversation of Ada that begins with this.
async fn begun(office: &Office, body: serde_json::Value) -> String {
    let begun = office.ask(&office.ada, post(SESSIONS).json(body)).await;
    assert_eq!(begun.status, 201, "{begun}");
    format!("{SESSIONS}/{}", begun.text_at("/data/id"))
}

#[tokio::test]
async fn a_conversation_is_begun_shown_renamed_and_deleted() {
    let office = Office::open().await;
    office.begin(&office.ada, json!({"name": "Mill"})).await;
    let ada = async |ask: Ask| office.ask(&office.ada, ask).await;
    let body = json!({"workspace": "acme", "project": "mill", "title": " Looms "});
    check(
        &ada(post(SESSIONS).json(body)).await,
        &expect![[
            r#"201 {"data":{"id":"ID","title":"Looms","is_title_automatic":false,"workspace":"acme","project":"mill","preview":null,"message_count":0,"answer_id":null,"created_at":"2026-01-05T09:00:00Z","last_message_at":"2026-01-05T09:00:00Z","version":1}}"#
        ]],
    );
    let session = begun(&office, json!({})).await;
    let seen = ada(get(&session)).await;
    check(
        &seen,
        &expect![[
            r#"200 {"data":{"id":"ID","title":null,"is_title_automatic":true,"workspace":null,"project":null,"preview":null,"message_count":0,"answer_id":null,"created_at":"2026-01-05T09:00:00Z","last_message_at":"2026-01-05T09:00:00Z","version":1,"messages":[]},"meta":{"before":null,"after":null}}"#
        ]],
    );
    let rename =
        patch(&session).json(json!({"title": "Mills"})).header("if-match", seen.header("etag"));
    check(
        &ada(rename).await,
        &expect![[
            r#"200 {"data":{"id":"ID","title":"Mills","is_title_automatic":false,"workspace":null,"project":null,"preview":null,"message_count":0,"answer_id":null,"created_at":"2026-01-05T09:00:00Z","last_message_at":"2026-01-05T09:00:00Z","version":2}}"#
        ]],
    );
    let late = patch(&session).json(json!({"title": "Late", "version": 1}));
    check(
        &ada(late).await,
        &expect![[
            r#"409 {"code":"version_conflict","error":"It has changed since: look at it again","request_id":"r-1"}"#
        ]],
    );
    check(
        &ada(patch(&session).json(json!({"title": " "}))).await,
        &expect![[
            r#"422 {"code":"validation_failed","errors":{"title":["can't be blank"]},"request_id":"r-1"}"#
        ]],
    );
    check(
        &ada(get(format!("{SESSIONS}?workspace=acme&limit=1"))).await,
        &expect![[
            r#"200 {"data":[{"id":"ID","title":"Looms","is_title_automatic":false,"workspace":"acme","project":"mill","preview":null,"message_count":0,"answer_id":null,"created_at":"2026-01-05T09:00:00Z","last_message_at":"2026-01-05T09:00:00Z","version":1}],"meta":{"next":null}}"#
        ]],
    );
    assert_eq!(ada(delete(&session)).await.status, 204);
    check(
        &ada(get(&session)).await,
        &expect![[
            r#"404 {"code":"chat_session_not_found","error":"Conversation not found","request_id":"r-1"}"#
        ]],
    );
}

#[tokio::test]
async fn nobody_sees_that_of_others() {
    let office = Office::open().await;
    let session = begun(&office, json!({"workspace": "acme"})).await;
    let message = format!("{session}/messages/00000000-0000-0000-0000-000000000001");
    for ask in [
        get(&session),
        get(format!("{session}/messages")),
        get(format!("{session}/export")),
        patch(&session).json(json!({"title": 1})),
        delete(&message),
        delete(&session),
    ] {
        let answer = office.ask(&office.ben, ask).await;
        assert_eq!(
            (answer.status.as_u16(), answer.json()["code"].as_str()),
            (404, Some("chat_session_not_found"))
        );
    }
    let of_ben = office.ask(&office.ben, get(SESSIONS)).await;
    check(&of_ben, &expect![[r#"200 {"data":[],"meta":{"next":null}}"#]]);
    let missing = office.ask(&office.ada, delete(&message)).await;
    check(
        &missing,
        &expect![[
            r#"404 {"code":"message_not_found","error":"Message not found","request_id":"r-1"}"#
        ]],
    );
    check(
        &office.ask(&office.ada, get(format!("{SESSIONS}/x"))).await,
        &expect![[
            r#"404 {"code":"chat_session_not_found","error":"Conversation not found","request_id":"r-1"}"#
        ]],
    );
    let nowhere = post(SESSIONS).json(json!({"workspace": "nowhere"}));
    check(
        &office.ask(&office.ada, nowhere).await,
        &expect![[
            r#"404 {"code":"workspace_not_found","error":"Workspace not found","request_id":"r-1"}"#
        ]],
    );
}

#[tokio::test]
async fn what_is_asked_for_has_a_form() {
    let office = Office::open().await;
    let session = begun(&office, json!({})).await;
    let ada = async |ask: Ask| office.ask(&office.ada, ask).await;
    check(
        &ada(get("/api/chat/search")).await,
        &expect![[
            r#"422 {"code":"validation_failed","errors":{"q":["can't be blank"]},"request_id":"r-1"}"#
        ]],
    );
    check(
        &ada(get(format!("/api/chat/search?q={}", "a".repeat(201)))).await,
        &expect![[
            r#"422 {"code":"validation_failed","errors":{"q":["should be at most 200 character(s)"]},"request_id":"r-1"}"#
        ]],
    );
    check(
        &ada(get("/api/chat/search?q=mill")).await,
        &expect![[r#"200 {"data":[],"meta":{"next":null}}"#]],
    );
    check(
        &ada(get(format!("{session}/messages?before=2&after=1"))).await,
        &expect![[
            r#"422 {"code":"validation_failed","errors":{"after":["cannot stand beside before"]},"request_id":"r-1"}"#
        ]],
    );
    check(
        &ada(get(format!("{session}/messages?before=x"))).await,
        &expect![[
            r#"422 {"code":"validation_failed","errors":{"before":["must be the number of a message"]},"request_id":"r-1"}"#
        ]],
    );
    check(
        &ada(get(format!("{session}/export?format=pdf"))).await,
        &expect![[
            r#"422 {"code":"validation_failed","errors":{"format":["must be markdown or json"]},"request_id":"r-1"}"#
        ]],
    );
    check(
        &ada(get(format!("{session}/export"))).await,
        &expect![[r#"
        200 # Conversation
    "#]],
    );
    check(
        &ada(get(format!("{session}/export?format=json"))).await,
        &expect![[
            r#"200 {"session":{"id":"ID","title":null,"is_title_automatic":true,"workspace":null,"project":null,"preview":null,"message_count":0,"answer_id":null,"created_at":"2026-01-05T09:00:00Z","last_message_at":"2026-01-05T09:00:00Z","version":1},"messages":[]}"#
        ]],
    );
}

#[tokio::test]
async fn a_key_needs_the_scope_and_names_workspaces_that_it_reaches() {
    let office = Office::open().await;
    let session = begun(&office, json!({})).await;
    let host = &office.host;
    let key = |scope: &str| json!({"name": scope, "permissions": [scope], "workspace_access": []});
    let reader = robot(host, &office.ada, key("chat:read")).await;
    let writer = robot(host, &office.ada, key("chat:write")).await;
    assert_eq!(host.ask(get(&session).bearer(&reader.token)).await.status, 200);
    check(
        &host.ask(delete(&session).bearer(&reader.token)).await,
        &expect![[
            r#"403 {"code":"scope_missing","error":"Insufficient permissions","request_id":"r-1","required":"chat:write"}"#
        ]],
    );
    check(
        &host.ask(get(&session).bearer(&writer.token)).await,
        &expect![[
            r#"403 {"code":"scope_missing","error":"Insufficient permissions","request_id":"r-1","required":"chat:read"}"#
        ]],
    );
    let there = post(SESSIONS).json(json!({"workspace": "acme"}));
    check(
        &host.ask(there.bearer(&writer.token)).await,
        &expect![[
            r#"403 {"code":"workspace_out_of_reach","error":"Insufficient permissions","request_id":"r-1"}"#
        ]],
    );
}

#[tokio::test]
async fn what_is_said_is_answered_once_for_each_key() {
    let office = Office::open().await;
    let session = begun(&office, json!({})).await;
    let messages = format!("{session}/messages");
    let say = async |body: serde_json::Value| {
        let ask = post(&messages).json(body).header("idempotency-key", "k-1");
        office.ask(&office.ada, ask).await
    };
    let first = say(json!({"content": "How do mills work?"})).await;
    let latency = first.json()["data"]["answer"]["latency_ms"].take();
    let timeless =
        first.to_string().replace(&format!("\"latency_ms\":{latency}"), "\"latency_ms\":0");
    expect![[r#"200 {"data":{"message":{"id":"ID","session_id":"ID","number":1,"role":"user","content":"How do mills work?","status":"complete","reason":null,"answers":null,"agent_id":null,"model":null,"prompt_tokens":null,"completion_tokens":null,"latency_ms":null,"created_at":"2026-01-05T09:00:00Z","ended_at":"2026-01-05T09:00:00Z"},"answer":{"id":"ID","session_id":"ID","number":2,"role":"assistant","content":"Because.","status":"complete","reason":null,"answers":"ID","agent_id":null,"model":"scripted","prompt_tokens":45,"completion_tokens":3,"latency_ms":0,"created_at":"2026-01-05T09:00:00Z","ended_at":"2026-01-05T09:00:00Z"}}}"#]].assert_eq(&timeless);
    let again = say(json!({"content": "How do mills work?"})).await;
    assert_eq!(again.text_at("/data/answer/id"), first.text_at("/data/answer/id"));
    assert_eq!(office.host.model.asked().len(), 1);
    check(
        &say(json!({"content": "Why?"})).await,
        &expect![[
            r#"422 {"code":"idempotency_key_taken","error":"Something else was sent with this key: take another one","request_id":"r-1"}"#
        ]],
    );
    check(
        &say(json!({"content": " ", "model": "a b"})).await,
        &expect![[
            r#"422 {"code":"validation_failed","errors":{"model":["must be the name of a model"]},"request_id":"r-1"}"#
        ]],
    );
    let other = post(&messages).json(json!({"content": "a", "model": "other"}));
    check(
        &office.ask(&office.ada, other).await,
        &expect![[
            r#"422 {"code":"llm_model_not_allowed","error":"This model may not be asked here: choose another one","request_id":"r-1"}"#
        ]],
    );
    let cancel = office.ask(&office.ada, post(format!("{session}/cancel"))).await;
    check(
        &cancel,
        &expect![[
            r#"409 {"code":"no_answer","error":"No answer is being written","request_id":"r-1"}"#
        ]],
    );
    let ended = first.text_at("/data/answer/id");
    let cancel = post(format!("{session}/cancel?answer_id={ended}"));
    assert_eq!(office.ask(&office.ada, cancel).await.text_at("/data/content"), "Because.");
    let of_ben = post(&messages).json(json!({"content": 1}));
    assert_eq!(office.ask(&office.ben, of_ben).await.status, 404);
    let export = office.ask(&office.ada, get(format!("{session}/export"))).await;
    check(
        &export,
        &expect![[r#"
            200 # How do mills work?

            ## You, 2026-01-05T09:00:00Z

            How do mills work?

            ## Assistant, 2026-01-05T09:00:00Z

            Because.
        "#]],
    );
}

#[tokio::test]
async fn a_document_is_read_by_those_who_may_read_documents() {
    let office = Office::open().await;
    office.write(&office.ada, json!({"title": "Gears", "content": "Gears turn."})).await;
    let session = begun(&office, json!({"workspace": "acme"})).await;
    let host = &office.host;
    let say = |slug: &str| {
        let body = json!({"content": "How?", "context": {"document": slug, "content": "Why?"}});
        post(format!("{session}/messages")).json(body)
    };
    let key =
        json!({"name": "writer", "permissions": ["chat:write"], "workspace_access": ["acme"]});
    let writer = robot(host, &office.ada, key).await;
    check(
        &host.ask(say("gears").bearer(&writer.token)).await,
        &expect![[
            r#"403 {"code":"scope_missing","error":"Insufficient permissions","request_id":"r-1","required":"documents:read"}"#
        ]],
    );
    check(
        &office.ask(&office.ada, say("looms")).await,
        &expect![[
            r#"404 {"code":"document_not_found","error":"Document not found","request_id":"r-1"}"#
        ]],
    );
    assert_eq!(office.ask(&office.ada, say("gears")).await.status, 200);
    let asked = host.model.asked();
    assert!(asked[0].messages[0].text.contains("Gears turn."));
    assert_eq!(asked[0].messages[1].text, "How?", "what is around it is not it");
}

#[tokio::test]
async fn an_answer_is_heard_piece_by_piece_and_again_when_it_has_ended() {
    let office = Office::open().await;
    let session = begun(&office, json!({})).await;
    for _ in 0..2 {
        let say = post(format!("{session}/messages"))
            .json(json!({"content": "Why?"}))
            .header("accept", "text/event-stream")
            .header("idempotency-key", "k-1");
        let mut blocks = Blocks::of(office.host.respond(say.bearer(&office.ada.token)).await);
        let started = blocks.event().await.expect("it begins");
        assert_eq!(field(&started, "event").as_deref(), Some("started"));
        let mut told = String::new();
        let done = loop {
            let block = blocks.event().await.expect("it ends");
            let data: serde_json::Value =
                serde_json::from_str(&field(&block, "data").expect("it says something")).unwrap();
            if field(&block, "event").as_deref() != Some("chunk") {
                assert_eq!(field(&block, "event").as_deref(), Some("done"));
                break data;
            }
            told.push_str(data["text"].as_str().expect("it is text"));
        };
        assert_eq!(told, "Because.");
        assert_eq!(done["answer"]["content"], "Because.");
        assert_eq!(done["answer"]["status"], "complete");
        assert_eq!(blocks.event().await, None);
    }
    assert_eq!(office.host.model.asked().len(), 1);
}
