//! Agents that are asked, and models that answer for them.

use std::{future::IntoFuture as _, time::Duration};

use llm::testing::{Gate, ProviderServer, Reply};
use scenarios::{Persona, Scenario, StreamEvent, eventually, on_both_engines};
use serde_json::{Value, json};

use crate::{agents::agent, keys::program};

/// A host whose models say this.
pub(crate) async fn provider(scenario: &mut Scenario, usual: Reply) -> ProviderServer {
    let server = ProviderServer::that(usual).await;
    scenario.ask_models_of(&server).await;
    server
}

/// An endless answer, of which this much is heard.
fn endless(gate: &Gate) -> Reply {
    Reply::saying(["Be", "cause."]).waiting_after(1, gate)
}

/// A question.
pub(crate) fn why() -> Value {
    json!({ "question": "Why?" })
}

/// Where the agent at this address is asked.
pub(crate) fn asked(at: &str) -> String {
    format!("{at}/query")
}

/// The query whose answer begins so.
pub(crate) fn query_of(started: &StreamEvent) -> String {
    started.data["query_id"].as_str().expect("it has an id").to_owned()
}

/// What the person who asked sees of it.
pub(crate) async fn shown(person: &Persona, query: &str) -> Value {
    person.get(&format!("/api/agent-queries/{query}")).await.is(200).data().clone()
}

/// The same, when it has ended.
pub(crate) async fn ended(person: &Persona, query: &str) -> Value {
    eventually("the query ends", async || shown(person, query).await["status"] != "running").await;
    shown(person, query).await
}

on_both_engines! {
    async fn a_shared_agent_answers_a_fellow_member_as_its_owner_wants_it(scenario: &mut Scenario) {
        scenario.go_live().await;
        let server = provider(scenario, Reply::saying(["Be", "cause."])).await;
        let ada = scenario.user("ada").await;
        let lumen = ada.found("Lumen").await;
        let ben = scenario.member(&ada, &lumen, "ben", "guest").await;
        let at = agent(&ada, "Scribe", "SHARED", &[&lumen]).await;
        ada.patch(&at).json(json!({ "temperature": 1.5, "model": "scripted" })).await.is(200);
        let answer = ben.post(&asked(&at)).json(why()).await.is(200);
        assert_eq!((&answer.data()["response"], &answer.data()["model"]), (&json!("Because."), &json!("scripted")));
        assert_eq!(answer.data()["usage"]["prompt_tokens"], 11, "the provider counts");
        let body = &server.asked()[0].body;
        assert_eq!((&body["temperature"], &body["model"]), (&json!(1.5), &json!("scripted")));
        assert_eq!(body["messages"][0]["content"], "Be brief.");
        let other = json!({ "question": "Why?", "model": "other" });
        ben.post(&asked(&at)).json(other).await.is_refused(422, "llm_model_not_allowed");
        // Once it is hidden, or its owner is somewhere else, it is no agent of the others.
        ada.patch(&at).json(json!({ "visibility": "PRIVATE" })).await.is(200);
        ben.post(&asked(&at)).json(why()).await.is_refused(404, "agent_not_found");
        assert_eq!(server.asked().len(), 1);
    }

    async fn what_somebody_does_not_read_is_in_no_prompt(scenario: &mut Scenario) {
        scenario.go_live().await;
        let server = provider(scenario, Reply::saying(["Because."])).await;
        let (ada, eve) = (scenario.user("ada").await, scenario.user("eve").await);
        let lumen = ada.found("Lumen").await;
        let oak = eve.found("Oak").await;
        let ben = scenario.member(&ada, &lumen, "ben", "member").await;
        let at = agent(&ada, "Scribe", "SHARED", &[&lumen]).await;
        ada.write(&lumen, json!({ "title": "Diary", "content": "I am afraid." })).await;
        let context = json!({ "workspace": lumen, "document": "diary" });
        let body = json!({ "question": "Why?", "context": context });
        ada.post(&asked(&at)).json(body.clone()).await.is(200);
        assert!(server.asked()[0].body.to_string().contains("I am afraid."));
        ben.post(&asked(&at)).json(body).await.is_refused(404, "document_not_found");
        let elsewhere = json!({ "question": "Why?", "context": { "workspace": oak } });
        ben.post(&asked(&at)).json(elsewhere.clone()).await.is_refused(404, "workspace_not_found");
        eve.post(&asked(&at)).json(elsewhere).await.is_refused(404, "agent_not_found");
        let key = program(&ben, json!(["agents:query"]), &[&lumen]).await;
        let elsewhere = json!({ "question": "Why?", "context": { "workspace": oak } });
        key.post(&asked(&at)).json(elsewhere).await.is_refused(403, "workspace_out_of_reach");
        let reader = program(&ben, json!(["agents:read"]), &[]).await;
        assert_eq!(reader.post(&asked(&at)).json(why()).await.status(), 403);
        assert_eq!(server.asked().len(), 1);
    }

    async fn without_a_model_everything_else_works(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let at = agent(&ada, "Scribe", "PRIVATE", &[]).await;
        let before = scenario.log().await.len();
        ada.post(&asked(&at)).json(why()).await.is_refused(500, "llm_not_configured");
        assert_eq!(scenario.log().await.len(), before, "nobody has to hear of it");
    }

    async fn an_answer_that_breaks_off_is_kept_and_says_so(scenario: &mut Scenario) {
        scenario.go_live().await;
        let server = provider(scenario, Reply::saying(["Be", "cause."]).dying_after(1)).await;
        let ada = scenario.user("ada").await;
        let at = agent(&ada, "Scribe", "PRIVATE", &[]).await;
        let answer = ada.post(&asked(&at)).json(why()).await.is(200);
        let data = answer.data();
        assert_eq!((&data["response"], &data["partial"]), (&json!("Be"), &json!(true)), "{data}");
        let mut stream = ada.post(&asked(&at)).json(why()).hear().await;
        let failed = stream.all_until("failed").await;
        let kinds: Vec<_> = failed.iter().map(|event| event.kind.as_str()).collect();
        assert_eq!(kinds, ["started", "chunk", "failed"]);
        let query = failed[0].data["query_id"].as_str().expect("it has an id");
        let shown = shown(&ada, query).await;
        assert_eq!((&shown["answer"], &shown["error"]), (&json!("Be"), &json!("llm_broken")));
        assert_eq!(server.asked().len(), 2, "what has begun is asked once");
    }

    async fn whoever_goes_away_or_cancels_stops_the_model(scenario: &mut Scenario) {
        scenario.go_live().await;
        let gate = Gate::closed();
        let server = provider(scenario, endless(&gate)).await;
        let ada = scenario.user("ada").await;
        let at = agent(&ada, "Scribe", "PRIVATE", &[]).await;
        let mut stream = ada.post(&asked(&at)).json(why()).hear().await;
        let query = query_of(&stream.expect("started").await);
        stream.expect("chunk").await;
        drop(stream);
        assert_eq!(ended(&ada, &query).await["status"], "cancelled");

        let mut stream = ada.post(&asked(&at)).json(why()).hear().await;
        let query = query_of(&stream.expect("started").await);
        stream.expect("chunk").await;
        ada.post(&format!("/api/agent-queries/{query}/cancel")).await.is(204);
        assert_eq!(stream.expect("cancelled").await.data["response"], "Be");

        // Whoever waits for the whole answer goes away as well.
        tokio::select! {
            answer = ada.post(&asked(&at)).json(why()).into_future() => panic!("{answer:?}"),
            () = eventually("the model is asked", async || server.asked().len() == 3) => {}
        }
        eventually("nobody listens", async || server.aborted() == 3).await;
    }

    async fn what_was_asked_in_a_workspace_is_lost_with_it_while_it_is_answered_and_after(scenario: &mut Scenario) {
        scenario.go_live().await;
        let server = provider(scenario, Reply::saying(["Because."])).await;
        let ada = scenario.user("ada").await;
        let lumen = ada.found("Lumen").await;
        let ben = scenario.member(&ada, &lumen, "ben", "member").await;
        let at = agent(&ada, "Scribe", "SHARED", &[&lumen]).await;
        let there = json!({ "question": "Why?", "context": { "workspace": lumen } });
        let answer = ben.post(&asked(&at)).json(there.clone()).await.is(200);
        let answered = answer.data()["query_id"].as_str().expect("it has an id").to_owned();
        assert_eq!(shown(&ben, &answered).await["workspace"], json!(lumen));
        let gate = Gate::closed();
        server.next(endless(&gate));
        let mut stream = ben.post(&asked(&at)).json(there).hear().await;
        let running = stream.expect("started").await.data["query_id"].as_str().expect("it has an id").to_owned();
        stream.expect("chunk").await;
        ada.remove(&lumen, ben.email()).await;
        for query in [&answered, &running] {
            ben.get(&format!("/api/agent-queries/{query}")).await.is_refused(404, "agent_query_not_found");
            ben.post(&format!("/api/agent-queries/{query}/cancel")).await.is_refused(404, "agent_query_not_found");
        }
        stream.expect("cancelled").await;
        eventually("nobody listens", async || server.aborted() == 1).await;
    }

    async fn what_a_host_left_behind_is_closed_and_never_asked_again(scenario: &mut Scenario) {
        let gate = Gate::closed();
        let server = provider(scenario, endless(&gate)).await;
        let ada = scenario.user("ada").await;
        let at = agent(&ada, "Scribe", "PRIVATE", &[]).await;
        let mut stream = ada.post(&asked(&at)).json(why()).hear().await;
        let query = query_of(&stream.expect("started").await);
        stream.expect("chunk").await;
        scenario.clock().advance(Duration::from_mins(5));
        scenario.run_until_idle().await;
        assert_eq!(shown(&ada, &query).await["status"], "running", "it may still be answered");
        scenario.clock().advance(Duration::from_mins(6));
        scenario.run_until_idle().await;
        let now = shown(&ada, &query).await;
        assert_eq!((&now["status"], &now["error"]), (&json!("failed"), &json!("interrupted")));
        // Whoever comes back to it finds it closed.
        gate.open();
        stream.all_until("done").await;
        assert_eq!(shown(&ada, &query).await, now);
        assert_eq!(server.asked().len(), 1);
        scenario.clock().advance(Duration::from_hours(31 * 24));
        scenario.run_until_idle().await;
        let ada = ada.again().await;
        ada.get(&format!("/api/agent-queries/{query}")).await.is_refused(404, "agent_query_not_found");
    }
}
