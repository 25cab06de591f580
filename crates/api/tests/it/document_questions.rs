//! Questions to agents that somebody types into a document.

use std::fmt::Write as _;

use expect_test::expect;
use llm::{
    AskFailure,
    testing::{Gate, Script},
};
use serde_json::{Value, json};

use crate::{
    agent_queries::agent,
    client::{Ask, Blocks, field, get, post},
    host::Person,
    office::Office,
    robot::robot,
};

/// What somebody types into the document of this slug, and where the answer goes.
fn typed(slug: &str, command: &str, node: &str) -> Ask {
    let body = json!({ "command": command, "node_id": node });
    post(format!("/api/workspaces/acme/documents/{slug}/agent-queries")).json(body)
}

impl Office {
    /// A document of Ada's that is shared, and an agent of Ben's that is, too.
    async fn asking() -> Self {
        let office = Self::open().await;
        let plan = json!({ "title": "Plan", "content": "We fly.", "visibility": "public" });
        assert_eq!(office.write(&office.ada, plan).await.status, 201);
        let review = json!({ "name": "Code Review", "visibility": "SHARED" });
        agent(&office, &office.ben, review).await;
        office
    }

    /// The answer to this person, as it comes.
    async fn hear(&self, who: &Person, ask: Ask) -> Blocks {
        let response = self.host.respond(ask.bearer(&who.token)).await;
        assert_eq!(response.status(), 200);
        Blocks::of(response)
    }
}

/// The next event, and what it says.
async fn next(blocks: &mut Blocks) -> (String, Value) {
    let block = blocks.event().await.expect("there is more to say");
    let data = field(&block, "data").expect("events say something");
    let data = serde_json::from_str(&data).expect("they say it in JSON");
    (field(&block, "event").expect("events have a kind"), data)
}

#[tokio::test]
async fn the_answer_goes_where_the_question_was_typed() {
    let office = Office::asking().await;
    let ask = typed("plan", "@j code-review Why?", "n-1");
    let mut answer = office.hear(&office.gus, ask).await;
    let (started, said) = next(&mut answer).await;
    assert_eq!((started.as_str(), &said["node_id"]), ("started", &json!("n-1")));
    let query = said["query_id"].as_str().unwrap().to_owned();
    let mut text = String::new();
    let ended = loop {
        match next(&mut answer).await {
            (kind, said) if kind == "chunk" => text += said["text"].as_str().unwrap(),
            ended => break ended,
        }
    };
    assert_eq!((ended.0.as_str(), text.as_str()), ("done", "Because."));
    assert_eq!((&ended.1["response"], &ended.1["node_id"]), (&json!("Because."), &json!("n-1")));
    assert_eq!(answer.event().await, None);
    let call = &office.host.model.asked()[0];
    assert!(call.messages[0].text.contains("We fly."), "{}", call.messages[0].text);
    assert_eq!(call.messages[1].text, "Why?");
    let shown = office.ask(&office.gus, get(format!("/api/agent-queries/{query}"))).await.json();
    let shown = &shown["data"];
    assert_eq!(
        (&shown["node_id"], &shown["question"], &shown["answer"], &shown["status"]),
        (&json!("n-1"), &json!("Why?"), &json!("Because."), &json!("completed"))
    );
    assert_eq!(shown["workspace"], "acme", "{shown}");
}

#[tokio::test]
async fn two_questions_in_a_document_do_not_disturb_each_other() {
    let office = Office::asking().await;
    let gate = Gate::closed();
    office.host.model.next(Script::new().says("First").waits_for(&gate).says("."));
    let mut first = office.hear(&office.gus, typed("plan", "@j code-review One?", "n-1")).await;
    let (_, said) = next(&mut first).await;
    let query = said["query_id"].as_str().unwrap().to_owned();
    assert_eq!(next(&mut first).await, ("chunk".to_owned(), json!({ "text": "First" })));
    office.host.model.next(Script::new().says("Second."));
    let mut second = office.hear(&office.gus, typed("plan", "@j code-review Two?", "n-2")).await;
    assert_eq!(next(&mut second).await.1["node_id"], "n-2");
    assert_eq!(next(&mut second).await.1["text"], "Second.");
    assert_eq!(next(&mut second).await.1["node_id"], "n-2");
    let cancel = || post(format!("/api/agent-queries/{query}/cancel"));
    assert_eq!(office.ask(&office.ben, cancel()).await.status, 404);
    assert_eq!(office.ask(&office.gus, cancel()).await.status, 204);
    let (kind, said) = next(&mut first).await;
    assert_eq!(
        (kind.as_str(), &said["response"], &said["node_id"]),
        ("cancelled", &json!("First"), &json!("n-1"))
    );
}

#[tokio::test]
async fn the_own_agent_of_a_name_is_asked_before_those_of_others() {
    let office = Office::asking().await;
    let own = json!({ "name": "code-REVIEW", "system_prompt": "I am Gus's." });
    let made = office.ask(&office.gus, post("/api/agents").json(own)).await;
    assert_eq!(made.status, 201, "{made}");
    let ask = || typed("plan", "@j Code-Review Why?", "n-1");
    // A guest brings no agents into the workspace.
    let mut answer = office.hear(&office.gus, ask()).await;
    while answer.event().await.is_some() {}
    let own = json!({ "name": "code-REVIEW", "system_prompt": "I am Ada's." });
    agent(&office, &office.ada, own).await;
    let mut answer = office.hear(&office.ada, ask()).await;
    while answer.event().await.is_some() {}
    let asked = office.host.model.asked();
    let [guests, adas] = [0, 1].map(|call: usize| asked[call].messages[0].text.contains("I am"));
    assert_eq!((guests, adas), (false, true));
}

#[tokio::test]
async fn what_is_wrong_with_a_question_is_told_before_anybody_is_asked() {
    let office = Office::asking().await;
    let off = json!({ "name": "Off", "enabled": false, "visibility": "SHARED" });
    agent(&office, &office.ben, off).await;
    assert_eq!(office.write(&office.ada, json!({ "title": "Diary" })).await.status, 201);
    let long = format!("@j code-review {}", "?".repeat(10_001));
    let mut told = String::new();
    for ask in [
        typed("plan", "code-review Why?", "n-1"),
        typed("plan", "@j", "n-1"),
        typed("plan", "@j code-review", "n-1"),
        typed("plan", "@j c.o.d.e Why?", "n-1"),
        typed("plan", "@j code-review One\nTwo", "n-1"),
        typed("plan", &long, "n-1"),
        typed("plan", "@j code-review Why?", &"n".repeat(256)),
        typed("plan", "", ""),
        typed("plan", "@j nobody Why?", "n-1"),
        typed("plan", "@j off Why?", "n-1"),
        typed("diary", "@j code-review Why?", "n-1"),
        typed("nothing", "@j code-review Why?", "n-1"),
        typed("nothing", "no command", "n-1"),
        typed("diary", "", ""),
    ] {
        told += &office.ask(&office.gus, ask).await.to_string();
        told.push('\n');
    }
    expect![[r#"
        422 {"code":"invalid_command","error":"A command is one line: @j, a space, the name of an agent, and a question","reason":"invalid_format","request_id":"r-1"}
        422 {"code":"invalid_command","error":"A command is one line: @j, a space, the name of an agent, and a question","reason":"missing_agent_name","request_id":"r-1"}
        422 {"code":"invalid_command","error":"A command is one line: @j, a space, the name of an agent, and a question","reason":"missing_question","request_id":"r-1"}
        422 {"code":"invalid_command","error":"A command is one line: @j, a space, the name of an agent, and a question","reason":"invalid_agent_name","request_id":"r-1"}
        422 {"code":"invalid_command","error":"A command is one line: @j, a space, the name of an agent, and a question","reason":"invalid_format","request_id":"r-1"}
        422 {"code":"validation_failed","errors":{"question":["should be at most 10000 character(s)"]},"request_id":"r-1"}
        422 {"code":"validation_failed","errors":{"node_id":["should be at most 255 character(s)"]},"request_id":"r-1"}
        422 {"code":"invalid_command","error":"A command is one line: @j, a space, the name of an agent, and a question","reason":"invalid_format","request_id":"r-1"}
        404 {"code":"agent_not_found","error":"Agent not found","request_id":"r-1"}
        409 {"code":"agent_disabled","error":"The agent is turned off: its owner can turn it on","request_id":"r-1"}
        404 {"code":"document_not_found","error":"Document not found","request_id":"r-1"}
        404 {"code":"document_not_found","error":"Document not found","request_id":"r-1"}
        404 {"code":"document_not_found","error":"Document not found","request_id":"r-1"}
        404 {"code":"document_not_found","error":"Document not found","request_id":"r-1"}
    "#]].assert_eq(&told);
    let eve = office.host.person("eve").await;
    let refused = office.ask(&eve, typed("plan", "@j code-review Why?", "n-1")).await;
    expect![[
        r#"404 {"code":"workspace_not_found","error":"Workspace not found","request_id":"r-1"}"#
    ]]
    .assert_eq(&refused.to_string());
    assert!(office.host.model.asked().is_empty());
}

#[tokio::test]
async fn a_key_asks_that_also_reads_documents() {
    let office = Office::asking().await;
    let mut told = String::new();
    for permissions in [
        json!(["agents:query"]),
        json!(["documents:read"]),
        json!(["agents:query", "documents:read"]),
    ] {
        let body =
            json!({ "name": "Robot", "permissions": permissions, "workspace_access": ["acme"] });
        let key = robot(&office.host, &office.gus, body).await;
        for command in ["@j code-review Why?", "no command"] {
            let ask = typed("plan", command, "n-1").bearer(&key.token);
            let answer = office.host.ask(ask).await;
            let first = answer.text.lines().next().unwrap_or_default();
            writeln!(told, "{} {first}", answer.status.as_u16()).unwrap();
        }
    }
    expect![[r#"
        403 {"code":"scope_missing","error":"Insufficient permissions","request_id":"r-1","required":"documents:read"}
        403 {"code":"scope_missing","error":"Insufficient permissions","request_id":"r-1","required":"documents:read"}
        403 {"code":"scope_missing","error":"Insufficient permissions","request_id":"r-1","required":"agents:query"}
        403 {"code":"scope_missing","error":"Insufficient permissions","request_id":"r-1","required":"agents:query"}
        200 event: started
        422 {"code":"invalid_command","error":"A command is one line: @j, a space, the name of an agent, and a question","reason":"invalid_format","request_id":"r-1"}
    "#]].assert_eq(&told);
}

#[tokio::test]
async fn without_a_model_the_document_is_told_so_as_everywhere_else() {
    let office = Office::asking().await;
    office.host.model.permit_nobody(AskFailure::NotConfigured);
    let refused = office.ask(&office.gus, typed("plan", "@j code-review Why?", "n-1")).await;
    assert_eq!(
        (refused.status.as_u16(), refused.text_at("/code")),
        (503, "llm_not_configured".to_owned())
    );
}
