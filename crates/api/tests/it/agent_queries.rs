//! Agents that are asked.

use std::time::Duration;

use expect_test::{Expect, expect};
use identity::RevokeApiKey;
use llm::{
    AskFailure,
    testing::{Gate, Script},
};
use perme8_events::Origin;
use serde_json::{Value, json};

use crate::{
    client::{Answer, Ask, field, get, post, put, redacted},
    host::{Host, Person},
    office::Office,
    robot::robot,
};

fn check(answer: &Answer, expected: &Expect) {
    let text = answer.to_string();
    let latency = text.find("\"latency_ms\":").map(|at| {
        let digits = &text[at + 13..];
        digits[..digits.find([',', '}']).expect("a number ends")].to_owned()
    });
    let shown =
        latency.map(|ms| text.replace(&format!("\"latency_ms\":{ms}"), "\"latency_ms\":MS"));
    expected.assert_eq(shown.as_ref().unwrap_or(&text));
}

/// The address of an agent of this person that is shared in Acme, if it is.
pub(crate) async fn agent(office: &Office, who: &Person, body: Value) -> String {
    let made = office.ask(who, post("/api/agents").json(body)).await;
    let at = format!("/api/agents/{}", made.text_at("/data/id"));
    let into = put(format!("{at}/workspaces")).json(json!({ "workspaces": ["acme"] }));
    assert_eq!(office.ask(who, into).await.status, 200);
    at
}

/// An agent of Ben's.
async fn helper(office: &Office) -> String {
    let body = json!({
        "name": "Helper", "system_prompt": "Be brief.", "temperature": 1.25, "visibility": "SHARED",
    });
    agent(office, &office.ben, body).await
}

fn question(at: &str, body: Value) -> Ask {
    post(format!("{at}/query")).json(body)
}

fn streamed(at: &str, who: &Person) -> Ask {
    let ask = question(at, json!({ "question": "Why?" })).header("accept", "text/event-stream");
    ask.bearer(&who.token)
}

#[tokio::test]
async fn an_agent_answers_its_owner_and_fellow_members() {
    let office = Office::open().await;
    let at = helper(&office).await;
    for who in [&office.ben, &office.gus] {
        let answer = office.ask(who, question(&at, json!({ "question": "Why?" }))).await;
        check(
            &answer,
            &expect![[
                r#"200 {"data":{"response":"Because.","model":"scripted","usage":{"prompt_tokens":12,"completion_tokens":3,"is_estimated":false},"latency_ms":MS,"query_id":"ID"}}"#
            ]],
        );
    }
    let asked = &office.host.model.asked()[1];
    assert_eq!(asked.temperature, Some(1.25));
    assert_eq!(asked.user_id, office.gus.id);
    let said: Vec<&str> = asked.messages.iter().map(|message| message.text.as_str()).collect();
    assert_eq!(said, ["Be brief.", "Why?"]);
    let eve = office.host.person("eve").await;
    check(
        &office.ask(&eve, question(&at, json!({ "question": "Why?" }))).await,
        &expect![[
            r#"404 {"code":"agent_not_found","error":"Agent not found","request_id":"r-1"}"#
        ]],
    );
}

#[tokio::test]
async fn what_is_wrong_with_a_question_is_told_first() {
    let office = Office::open().await;
    let nowhere = "/api/agents/00000000-0000-7000-8000-000000000001";
    for body in [
        json!({}),
        json!({ "question": "" }),
        json!({ "question": "  " }),
        json!({ "question": 1, "context": 2, "model": 3 }),
        json!({ "question": "Why?", "context": { "document": "plan" } }),
        json!({ "question": "Why?", "context": { "workspace": 1 } }),
    ] {
        let answer = office.ask(&office.ben, question(nowhere, body)).await;
        assert_eq!(answer.status, 422, "{answer}");
    }
    check(
        &office.ask(&office.ben, question(nowhere, json!({ "question": "Why?" }))).await,
        &expect![[
            r#"404 {"code":"agent_not_found","error":"Agent not found","request_id":"r-1"}"#
        ]],
    );
    let off = json!({ "name": "Off", "enabled": false });
    let off = agent(&office, &office.ben, off).await;
    check(
        &office.ask(&office.ben, question(&off, json!({ "question": "Why?" }))).await,
        &expect![[
            r#"409 {"code":"agent_disabled","error":"The agent is turned off: its owner can turn it on","request_id":"r-1"}"#
        ]],
    );
    let other = json!({ "question": "Why?", "model": "other/model" });
    let at = helper(&office).await;
    check(
        &office.ask(&office.ben, question(&at, other)).await,
        &expect![[
            r#"422 {"code":"llm_model_not_allowed","error":"This model may not be asked here: choose another one","request_id":"r-1"}"#
        ]],
    );
    assert!(office.host.model.asked().is_empty());
}

#[tokio::test]
async fn a_question_is_asked_where_the_caller_reads_and_nowhere_else() {
    let office = Office::open().await;
    let at = helper(&office).await;
    office.begin(&office.ada, json!({ "name": "Rocket" })).await;
    let plan = json!({ "title": "Plan", "content": "We fly.", "visibility": "public", "project_slug": "rocket" });
    assert_eq!(office.write(&office.ada, plan).await.status, 201);
    let diary = json!({ "title": "Diary", "content": "I am afraid." });
    assert_eq!(office.write(&office.ada, diary).await.status, 201);
    let about = |context: Value| question(&at, json!({ "question": "Why?", "context": context }));
    let place = json!({ "workspace": "acme", "document": "plan", "text": "It rains." });
    assert_eq!(office.ask(&office.ben, about(place)).await.status, 200);
    assert_eq!(office.ask(&office.ben, about(json!("It rains."))).await.status, 200);
    let said: Vec<String> =
        office.host.model.asked().iter().map(|call| call.messages[0].text.clone()).collect();
    for part in ["Acme", "Rocket", "Plan", "We fly.", "It rains."] {
        assert!(said[0].contains(part), "{part}: {}", said[0]);
    }
    assert!(said[1].contains("It rains.") && !said[1].contains("Acme"), "{}", said[1]);
    let eve = office.host.person("eve").await;
    office.host.workspace(&eve, "Evil").await;
    for (place, code) in [
        (json!({ "workspace": "acme", "document": "diary" }), "document_not_found"),
        (json!({ "workspace": "acme", "project": "none" }), "project_not_found"),
        (json!({ "workspace": "evil" }), "workspace_not_found"),
    ] {
        let answer = office.ask(&office.ben, about(place)).await;
        assert_eq!((answer.status.as_u16(), answer.text_at("/code")), (404, code.to_owned()));
    }
    assert_eq!(office.host.model.asked().len(), 2);
}

#[tokio::test]
async fn failures_have_the_status_that_clients_of_agents_know() {
    let office = Office::open().await;
    let at = helper(&office).await;
    let ask = async |script: Script| {
        office.host.model.next(script);
        office.ask(&office.ben, question(&at, json!({ "question": "Why?" }))).await
    };
    check(
        &ask(Script::refusing(AskFailure::IdleTimeout)).await,
        &expect![[
            r#"504 {"code":"llm_timeout","error":"The language model did not answer in time","query_id":"ID","request_id":"r-1"}"#
        ]],
    );
    check(
        &ask(Script::new().fails(AskFailure::Broken)).await,
        &expect![[
            r#"500 {"code":"llm_broken","error":"The answer of the language model broke off","query_id":"ID","request_id":"r-1"}"#
        ]],
    );
    check(
        &ask(Script::new().says("Be").fails(AskFailure::IdleTimeout)).await,
        &expect![[
            r#"200 {"data":{"response":"Be","model":"scripted","usage":{"prompt_tokens":12,"completion_tokens":1,"is_estimated":false},"latency_ms":MS,"partial":true,"reason":"llm_timeout","query_id":"ID"}}"#
        ]],
    );
    check(
        &ask(Script::new().says("Be").is_cut_short()).await,
        &expect![[
            r#"200 {"data":{"response":"Be","model":"scripted","usage":{"prompt_tokens":12,"completion_tokens":1,"is_estimated":false},"latency_ms":MS,"partial":true,"reason":"cut_short","query_id":"ID"}}"#
        ]],
    );
    // Whoever may not ask now leaves nothing that has an id.
    let refused = async |failure| {
        office.host.model.permit_nobody(failure);
        office.ask(&office.ben, question(&at, json!({ "question": "Why?" }))).await
    };
    check(
        &refused(AskFailure::NotConfigured).await,
        &expect![[
            r#"500 {"code":"llm_not_configured","error":"No language model is configured: whoever runs this installation can do that","request_id":"r-1"}"#
        ]],
    );
    let retry_after = Duration::from_millis(1_200);
    let busy = refused(AskFailure::Busy { retry_after }).await;
    assert_eq!((busy.status.as_u16(), busy.header("retry-after")), (429, "2"));
}

#[tokio::test]
async fn an_answer_is_streamed_and_shown_to_whoever_asked_alone() {
    let office = Office::open().await;
    let at = helper(&office).await;
    let mut blocks = office.host.stream(streamed(&at, &office.gus)).await;
    let started = blocks.next().await.unwrap();
    let query = started.split('"').nth(3).unwrap().to_owned();
    let mut told = redacted(&started);
    while let Some(block) = blocks.next().await {
        told = format!("{told}\n\n{}", redacted(&block));
    }
    let (told, _) = told.split_once("\"latency_ms\"").unwrap();
    expect![[r#"
        event: started
        data: {"query_id":"ID"}

        event: chunk
        data: {"text":"Because."}

        event: done
        data: {"#]]
    .assert_eq(told);
    let shown = get(format!("/api/agent-queries/{query}"));
    check(
        &office.ask(&office.gus, shown).await,
        &expect![[
            r#"200 {"data":{"id":"ID","agent_id":"ID","workspace":null,"node_id":null,"question":"Why?","answer":"Because.","status":"completed","is_partial":false,"error":null,"model":"scripted","prompt_tokens":12,"completion_tokens":3,"latency_ms":MS,"started_at":"2026-01-05T09:00:00Z","ended_at":"2026-01-05T09:00:00Z"}}"#
        ]],
    );
    for other in [&office.ben, &office.ada] {
        let shown = get(format!("/api/agent-queries/{query}"));
        assert_eq!(office.ask(other, shown).await.text_at("/code"), "agent_query_not_found");
        let cancel = post(format!("/api/agent-queries/{query}/cancel"));
        assert_eq!(office.ask(other, cancel).await.status, 404);
    }
}

#[tokio::test]
async fn an_answer_is_cancelled_by_another_request_and_by_going_away() {
    let office = Office::open().await;
    let at = helper(&office).await;
    let gate = Gate::closed();
    let endless = || Script::new().says("Be").waits_for(&gate).says("cause.");
    office.host.model.next(endless());
    let mut blocks = office.host.stream(streamed(&at, &office.gus)).await;
    let query = blocks.next().await.unwrap().split('"').nth(3).unwrap().to_owned();
    assert_eq!(blocks.kind().await.unwrap(), "chunk");
    let cancel = post(format!("/api/agent-queries/{query}/cancel"));
    assert_eq!(office.ask(&office.gus, cancel).await.status, 204);
    assert_eq!(blocks.kind().await.unwrap(), "cancelled");
    assert!(blocks.next().await.is_none());

    office.host.model.next(endless());
    let mut blocks = office.host.stream(streamed(&at, &office.gus)).await;
    let query = blocks.next().await.unwrap().split('"').nth(3).unwrap().to_owned();
    drop(blocks);
    let shown = async || {
        let shown = get(format!("/api/agent-queries/{query}"));
        office.ask(&office.gus, shown).await.text_at("/data/status")
    };
    while shown().await == "running" {
        tokio::task::yield_now().await;
    }
    assert_eq!(shown().await, "cancelled");
}

#[tokio::test]
async fn the_stream_of_an_answer_ends_with_its_key_and_has_a_seat() {
    let host = Host::lively().await;
    let host = host.changed(|options| options.connections_per_person = 1);
    let ada = host.person("ada").await;
    let office = Office { ben: host.person("ben").await, gus: host.person("gus").await, ada, host };
    let ada = &office.ada;
    let made = office.ask(ada, post("/api/agents").json(json!({ "name": "Helper" }))).await;
    let at = format!("/api/agents/{}", made.text_at("/data/id"));
    let body = json!({ "name": "Robot", "permissions": ["agents:query"] });
    let key = robot(&office.host, ada, body).await;
    let gate = Gate::closed();
    office.host.model.next(Script::new().says("Be").waits_for(&gate));
    let ask = || {
        question(&at, json!({ "question": "Why?" }))
            .header("accept", "text/event-stream")
            .bearer(&key.token)
    };
    let mut blocks = office.host.stream(ask()).await;
    assert_eq!(office.host.ask(ask()).await.text_at("/code"), "too_many_connections");
    let revoke = RevokeApiKey { id: key.id.parse().unwrap() };
    office.host.identity.revoke_api_key(Origin::user(ada.id), revoke).await.unwrap();
    let mut last = String::new();
    while let Some(block) = blocks.event().await {
        last = block;
    }
    assert_eq!(field(&last, "event").unwrap(), "access_lost");
    assert_eq!(office.host.model.asked().len(), 1);
}

#[tokio::test]
async fn a_key_asks_where_it_reaches() {
    let office = Office::open().await;
    let at = helper(&office).await;
    let body = json!({
        "name": "Robot", "permissions": ["agents:query"], "workspace_access": ["acme"],
    });
    let key = robot(&office.host, &office.ben, body).await;
    office.host.workspace(&office.ben, "Home").await;
    let ask = async |slug: &str| {
        let context = json!({ "workspace": slug });
        let body = json!({ "question": "Why?", "context": context });
        office.host.ask(question(&at, body).bearer(&key.token)).await
    };
    assert_eq!(ask("acme").await.status, 200);
    for slug in ["home", "nowhere"] {
        let refused = ask(slug).await;
        assert_eq!(refused.text_at("/code"), "workspace_out_of_reach");
    }
    // What an agent is told it can be made to say.
    for (named, scope) in [("document", "documents:read"), ("project", "projects:read")] {
        let body = json!({ "question": "Why?", "context": { "workspace": "acme", named: "plan" } });
        let refused = office.host.ask(question(&at, body).bearer(&key.token)).await;
        assert_eq!(
            (refused.status.as_u16(), refused.text_at("/required")),
            (403, scope.to_owned())
        );
    }
}

#[tokio::test]
async fn a_key_sees_and_cancels_what_was_asked_where_it_reaches() {
    let office = Office::open().await;
    let at = helper(&office).await;
    office.host.workspace(&office.ben, "Home").await;
    let body = json!({
        "name": "Robot", "permissions": ["agents:query"], "workspace_access": ["acme"],
    });
    let key = robot(&office.host, &office.ben, body).await;
    for (context, status) in [
        (json!({ "workspace": "acme" }), [200, 204]),
        (json!({ "workspace": "home" }), [404, 404]),
        (json!("It rains."), [200, 204]),
    ] {
        let body = json!({ "question": "Why?", "context": context });
        let query = office.ask(&office.ben, question(&at, body)).await.text_at("/data/query_id");
        let query = format!("/api/agent-queries/{query}");
        let asked = [get(&query), post(format!("{query}/cancel"))];
        for (ask, status) in asked.into_iter().zip(status) {
            assert_eq!(office.host.ask(ask.bearer(&key.token)).await.status, status, "{context}");
        }
    }
}
