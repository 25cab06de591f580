//! Questions to agents that people type into documents.

use llm::testing::{Gate, Reply};
use scenarios::{Persona, Request, on_both_engines};
use serde_json::json;

use crate::{agents::agent, asking::provider, keys::program};

/// A question that this person types into a document, and where the answer goes.
fn typed(person: &Persona, document: &str, node: &str) -> Request {
    person
        .post(&format!("{document}/agent-queries"))
        .json(json!({ "command": "@j code-review Why?", "node_id": node }))
}

on_both_engines! {
    async fn agents_are_asked_from_within_documents(scenario: &mut Scenario) {
        scenario.go_live().await;
        let gate = Gate::closed();
        let slow = Reply::saying(["Be", "cause."]).waiting_after(1, &gate);
        let server = provider(scenario, slow).await;
        let ada = scenario.user("ada").await;
        let lumen = ada.found("Lumen").await;
        let ben = scenario.member(&ada, &lumen, "ben", "guest").await;
        let eve = scenario.user("eve").await;
        agent(&ada, "Code Review", "SHARED", &[&lumen]).await;
        let plan = json!({ "title": "Plan", "content": "We fly.", "visibility": "public" });
        let plan = ada.write(&lumen, plan).await;
        let diary = ada.write(&lumen, json!({ "title": "Diary", "content": "I am afraid." })).await;

        // Two people ask in one document at the same time, and one of them thinks better of it.
        let mut first = typed(&ben, &plan, "n-1").hear().await;
        let mut second = typed(&ada, &plan, "n-2").hear().await;
        let asked = first.expect("started").await.data;
        assert_eq!(asked["node_id"], "n-1");
        assert_eq!(second.expect("started").await.data["node_id"], "n-2");
        first.expect("chunk").await;
        second.expect("chunk").await;
        let query = format!("/api/agent-queries/{}", asked["query_id"].as_str().expect("it has an id"));
        ada.post(&format!("{query}/cancel")).await.is_refused(404, "agent_query_not_found");
        ben.post(&format!("{query}/cancel")).await.is(204);
        let cancelled = first.expect("cancelled").await.data;
        assert_eq!((&cancelled["response"], &cancelled["node_id"]), (&json!("Be"), &json!("n-1")));
        gate.open();
        let done = second.until("done").await.data;
        assert_eq!((&done["response"], &done["node_id"]), (&json!("Because."), &json!("n-2")));
        let shown = ben.get(&query).await.is(200);
        assert_eq!((&shown.data()["node_id"], &shown.data()["status"]), (&json!("n-1"), &json!("cancelled")));
        assert!(server.asked().iter().all(|asked| asked.body.to_string().contains("We fly.")));

        // Nobody has an agent read what they do not read themselves.
        typed(&ben, &diary, "n-3").await.is_refused(404, "document_not_found");
        typed(&eve, &plan, "n-3").await.is_refused(404, "workspace_not_found");
        let key = program(&ben, json!(["agents:query"]), &[&lumen]).await;
        let refused = typed(&key, &plan, "n-3").await;
        refused.is_refused(403, "scope_missing");
        assert_eq!(refused.body()["required"], "documents:read");
        let elsewhere = program(&ben, json!(null), &[]).await;
        typed(&elsewhere, &plan, "n-3").await.is_refused(403, "workspace_out_of_reach");
        assert_eq!(server.asked().len(), 2);
    }
}
