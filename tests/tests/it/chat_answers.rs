//! What people say in conversations, and what models answer.

use std::{future::IntoFuture as _, time::Duration};

use llm::testing::{Gate, Reply};
use scenarios::{Answer, Persona, eventually, on_both_engines};
use serde_json::{Value, json};

use crate::{
    agents::agent,
    asking::provider,
    chats::{begun, begun_in},
    keys::program,
};

fn why() -> Value {
    json!({ "content": "Why?" })
}

fn messages(session: &str) -> String {
    format!("{session}/messages")
}

/// Says it with a key, and waits for the end of the answer.
async fn said(person: &Persona, session: &str, key: &str) -> Answer {
    person.post(&messages(session)).json(why()).header("idempotency-key", key).await.is(200)
}

/// What was said in a conversation, and how far it has come.
async fn all(person: &Persona, session: &str) -> Vec<(String, String)> {
    let shown = person.get(&messages(session)).await.is(200);
    let word = |message: &Value, name: &str| message[name].as_str().expect("a text").to_owned();
    let messages = shown.list().iter();
    messages.map(|message| (word(message, "status"), word(message, "content"))).collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    let pairs = expected.iter();
    pairs.map(|(status, content)| ((*status).to_owned(), (*content).to_owned())).collect()
}

on_both_engines! {
    async fn what_is_said_is_answered_whole_or_piece_by_piece_and_once_for_each_key(scenario: &mut Scenario) {
        scenario.go_live().await;
        let server = provider(scenario, Reply::saying(["Be", "cause."])).await;
        let ada = scenario.user("ada").await;
        let lumen = ada.found("Lumen").await;
        let session = begun_in(&ada, &lumen).await;
        let answer = said(&ada, &session, "k-1").await;
        let (message, answer) = (&answer.data()["message"], &answer.data()["answer"]);
        assert_eq!((&answer["content"], &answer["status"]), (&json!("Because."), &json!("complete")));
        assert_eq!((&answer["answers"], &answer["model"]), (&message["id"], &json!("scripted")));
        let again = said(&ada, &session, "k-1").await;
        assert_eq!((&again.data()["message"], &again.data()["answer"]), (message, answer));
        let how = json!({ "content": "How?" });
        let mut stream = ada.post(&messages(&session)).json(how).hear().await;
        let heard = stream.all_until("done").await;
        let kinds: Vec<_> = heard.iter().map(|event| event.kind.as_str()).collect();
        assert_eq!(kinds, ["started", "chunk", "chunk", "done"]);
        assert_eq!(heard[0].data["answer"]["status"], "pending");
        assert_eq!(heard[3].data["answer"]["id"], heard[0].data["answer"]["id"]);
        assert_eq!(heard[3].data["answer"]["content"], "Because.");
        // What was said before is said again.
        let asked = server.asked();
        let said: Vec<_> = asked[1].body["messages"].as_array().unwrap().iter().skip(1).collect();
        assert_eq!(said.iter().map(|said| &said["content"]).collect::<Vec<_>>(), ["Why?", "Because.", "How?"]);
        assert!(asked[1].body["messages"][0]["content"].as_str().unwrap().contains("Lumen"));
        assert_eq!(asked.len(), 2);
    }

    async fn the_agent_that_is_selected_in_the_workspace_answers_as_long_as_it_may(scenario: &mut Scenario) {
        scenario.go_live().await;
        let server = provider(scenario, Reply::saying(["Because."])).await;
        let ada = scenario.user("ada").await;
        let lumen = ada.found("Lumen").await;
        let ben = scenario.member(&ada, &lumen, "ben", "member").await;
        let at = agent(&ada, "Scribe", "SHARED", &[&lumen]).await;
        ada.patch(&at).json(json!({ "temperature": 1.5 })).await.is(200);
        let id = at.rsplit('/').next().expect("an address ends with an id").to_owned();
        let select = json!({ "selected_agent_id": id });
        ben.put(&format!("/api/workspaces/{lumen}/preferences")).json(select).await.is(200);
        let session = begun_in(&ben, &lumen).await;
        let answer = said(&ben, &session, "k-1").await;
        assert_eq!(answer.data()["answer"]["agent_id"], json!(id));
        let body = &server.asked()[0].body;
        assert_eq!(body["temperature"], 1.5);
        assert!(body["messages"][0]["content"].as_str().unwrap().starts_with("Be brief."));
        let by_scribe = json!({ "content": "Why?", "agent_id": id });
        let key = program(&ben, json!(["chat:read", "chat:write"]), &[&lumen]).await;
        key.post(&messages(&session)).json(by_scribe.clone()).await.is_refused(403, "scope_missing");
        let answer = said(&key, &session, "k-0").await;
        assert_eq!(answer.data()["answer"]["agent_id"], Value::Null, "what the agent is told is not for this key");
        // What was selected and is hidden from then on is in nobody's way; what is named is.
        ada.patch(&at).json(json!({ "visibility": "PRIVATE" })).await.is(200);
        let answer = said(&ben, &session, "k-2").await;
        assert_eq!(answer.data()["answer"]["agent_id"], Value::Null);
        ben.post(&messages(&session)).json(by_scribe.clone()).await.is_refused(404, "agent_not_found");
        let own = begun(&ada, json!({})).await;
        let answer = ada.post(&messages(&own)).json(by_scribe.clone()).await.is(200);
        assert_eq!(answer.data()["answer"]["agent_id"], json!(id));
        ada.patch(&at).json(json!({ "enabled": false })).await.is(200);
        ada.post(&messages(&own)).json(by_scribe).await.is_refused(409, "agent_disabled");
    }

    async fn whoever_leaves_loses_nothing_and_whoever_cancels_keeps_what_came(scenario: &mut Scenario) {
        scenario.go_live().await;
        let gate = Gate::closed();
        let server = provider(scenario, Reply::saying(["Be", "cause."]).waiting_after(1, &gate)).await;
        let ada = scenario.user("ada").await;
        let session = begun(&ada, json!({})).await;
        let mut stream = ada.post(&messages(&session)).json(why()).hear().await;
        stream.expect("started").await;
        stream.expect("chunk").await;
        drop(stream);
        ada.post(&messages(&session)).json(why()).await.is_refused(409, "answer_in_progress");
        gate.open();
        eventually("the answer ends", async || all(&ada, &session).await[1].0 == "complete").await;
        assert_eq!(all(&ada, &session).await, pairs(&[("complete", "Why?"), ("complete", "Because.")]));
        assert_eq!(server.aborted(), 0);

        let gate = Gate::closed();
        server.next(Reply::saying(["Be", "cause."]).waiting_after(1, &gate));
        let mut stream = ada.post(&messages(&session)).json(why()).hear().await;
        let started = stream.expect("started").await;
        stream.expect("chunk").await;
        let answer = ada.post(&format!("{session}/cancel")).await.is(200);
        assert_eq!((&answer.data()["id"], &answer.data()["content"]), (&started.data["answer"]["id"], &json!("Be")));
        assert_eq!(&stream.expect("cancelled").await.data["answer"], answer.data());
        eventually("nobody listens", async || server.aborted() == 1).await;
        ada.post(&format!("{session}/cancel")).await.is_refused(409, "no_answer");
    }

    async fn an_answer_that_breaks_off_is_kept_and_asked_for_again_by_its_key(scenario: &mut Scenario) {
        scenario.go_live().await;
        let server = provider(scenario, Reply::saying(["Because."])).await;
        server.next(Reply::saying(["Be", "cause."]).dying_after(1));
        let ada = scenario.user("ada").await;
        let session = begun(&ada, json!({})).await;
        let mut stream = ada.post(&messages(&session)).json(why()).header("idempotency-key", "k").hear().await;
        let failed = stream.until("failed").await;
        assert_eq!(failed.data["code"], "llm_broken");
        assert_eq!((&failed.data["answer"]["status"], &failed.data["answer"]["content"]), (&json!("failed"), &json!("Be")));
        said(&ada, &session, "k").await;
        assert_eq!(all(&ada, &session).await, pairs(&[("complete", "Why?"), ("failed", "Be"), ("complete", "Because.")]));
    }

    async fn an_answer_stops_when_its_owner_is_removed(scenario: &mut Scenario) {
        scenario.go_live().await;
        let gate = Gate::closed();
        let server = provider(scenario, Reply::saying(["Be", "cause."]).waiting_after(1, &gate)).await;
        let ada = scenario.user("ada").await;
        let lumen = ada.found("Lumen").await;
        let ben = scenario.member(&ada, &lumen, "ben", "member").await;
        let session = begun_in(&ben, &lumen).await;
        let mut stream = ben.post(&messages(&session)).json(why()).hear().await;
        stream.expect("started").await;
        stream.expect("chunk").await;
        ada.remove(&lumen, ben.id()).await;
        assert_eq!(stream.end("closing").await, "gone");
        eventually("nobody listens", async || server.aborted() == 1).await;
        ben.get(&messages(&session)).await.is_refused(404, "chat_session_not_found");
    }

    async fn an_answer_is_heard_and_cancelled_at_another_host(scenario: &mut Scenario) {
        scenario.go_live().await;
        let gate = Gate::closed();
        let server = provider(scenario, Reply::saying(["Be", "cause."]).waiting_after(1, &gate)).await;
        let other = scenario.another_host().await;
        let (ada, eve) = (scenario.user("ada").await, scenario.user("eve").await);
        let there = other.persona(&ada);
        let session = begun(&ada, json!({})).await;
        let say = |person: &Persona| person.post(&messages(&session)).json(why()).header("idempotency-key", "k");
        let mut stream = say(&ada).hear().await;
        let id = stream.expect("started").await.data["answer"]["id"].clone();
        stream.expect("chunk").await;
        let mut heard = say(&there).hear().await;
        assert_eq!(heard.expect("started").await.data["answer"]["id"], id);
        assert_eq!(heard.expect("chunk").await.data["text"], "Be");
        let cancel = format!("{session}/cancel");
        other.persona(&eve).post(&cancel).await.is_refused(404, "chat_session_not_found");
        let (answer, waited) = tokio::join!(
            async { there.post(&cancel).await.is(200) },
            // Whoever waits for the end there hears of it, too.
            async { say(&there).into_future().await.is(200) },
        );
        for answer in [answer.data(), &waited.data()["answer"]] {
            assert_eq!((&answer["status"], &answer["content"], &answer["id"]), (&json!("cancelled"), &json!("Be"), &id));
        }
        for stream in [&mut stream, &mut heard] {
            assert_eq!(&stream.expect("cancelled").await.data["answer"], answer.data());
        }
        eventually("nobody listens", async || server.aborted() == 1).await;
        assert_eq!(server.asked().len(), 1);
        other.stop().await;
    }

    async fn what_a_host_left_behind_is_closed_and_is_in_nobodys_way(scenario: &mut Scenario) {
        let gate = Gate::closed();
        let server = provider(scenario, Reply::saying(["Be", "cause."]).waiting_after(1, &gate)).await;
        let ada = scenario.user("ada").await;
        let session = begun(&ada, json!({})).await;
        let mut stream = ada.post(&messages(&session)).json(why()).hear().await;
        stream.expect("started").await;
        stream.expect("chunk").await;
        scenario.clock().advance(Duration::from_mins(5));
        scenario.run_until_idle().await;
        let status = async || all(&ada, &session).await[1].0.clone();
        assert!(["pending", "streaming"].contains(&status().await.as_str()), "it may still be answered");
        scenario.clock().advance(Duration::from_mins(6));
        scenario.run_until_idle().await;
        assert_eq!(status().await, "failed");
        assert_eq!(server.asked().len(), 1);
        gate.open();
    }
}
