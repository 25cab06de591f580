//! Agents of people, in the workspaces where others see them.

use std::time::Duration;

use scenarios::{Persona, eventually, on_both_engines};
use serde_json::{Value, json};

use crate::keys::program;

/// The address of a new agent of this person, which is in these workspaces.
pub(crate) async fn agent(
    owner: &Persona,
    name: &str,
    visibility: &str,
    workspaces: &[&str],
) -> String {
    let body = json!({"name": name, "visibility": visibility, "system_prompt": "Be brief."});
    let made = owner.post("/api/agents").json(body).await.is(201);
    let at = format!("/api/agents/{}", made.data()["id"].as_str().expect("agents have ids"));
    let placed = owner.put(&format!("{at}/workspaces")).json(json!({ "workspaces": workspaces }));
    assert_eq!(placed.await.is(200).data()["refused"], json!([]));
    at
}

/// The names of the agents that this person sees in a workspace: the own ones and those of others.
async fn seen(person: &Persona, slug: &str) -> (Vec<Value>, Vec<Value>) {
    let answer = person.get(&format!("/api/workspaces/{slug}/agents")).await.is(200);
    let names = |key: &str| {
        let agents = answer.data()[key].as_array().expect("a list").iter();
        agents.map(|agent| agent["name"].clone()).collect()
    };
    (names("my_agents"), names("other_agents"))
}

on_both_engines! {
    async fn two_workspaces_see_an_agent_changing(scenario: &mut Scenario) {
        scenario.go_live().await;
        let (ada, eve) = (scenario.user("ada").await, scenario.user("eve").await);
        let (lumen, oak) = (ada.found("Lumen").await, eve.found("Oak").await);
        let ben = scenario.member(&ada, &lumen, "ben", "guest").await;
        let dan = scenario.member(&eve, &oak, "dan", "guest").await;
        eve.invite(&oak, ada.email(), "member").await;
        ada.join(&oak).await;
        let at = agent(&ada, "Scribe", "SHARED", &[&lumen, &oak]).await;
        let (mut of_ben, mut of_dan) = (ben.stream_of(&lumen).await, dan.stream_of(&oak).await);
        ada.patch(&at).json(json!({"name": "Poet", "system_prompt": "Rhyme."})).await.is(200);
        for stream in [&mut of_ben, &mut of_dan] {
            let told = stream.expect("agents.agent_updated").await;
            let changes = &told.data["data"]["changes"];
            assert_eq!(changes["name"], json!({"from": "Scribe", "to": "Poet"}), "{told:?}");
            assert_eq!(changes["system_prompt"], true, "what it is told is content");
            let places = told.data["data"]["workspace_ids"].as_array().map(Vec::len);
            assert_eq!(places, Some(1), "strangers to a workspace do not learn of it: {told:?}");
        }
        for (person, slug) in [(&ben, &lumen), (&dan, &oak)] {
            assert_eq!(seen(person, slug).await, (vec![], vec![json!("Poet")]));
        }
        // What is hidden is told as hidden, by the name that was known.
        ada.patch(&at).json(json!({"visibility": "PRIVATE", "name": "Secret"})).await.is(200);
        for stream in [&mut of_ben, &mut of_dan] {
            let told = stream.expect("agents.agent_updated").await;
            assert_eq!(told.data["data"]["name"], "Poet");
        }
        ada.delete(&at).await.is(200);
        for (person, stream) in [(&ada, &mut of_ben), (&eve, &mut of_dan)] {
            let slug = if person.id() == ada.id() { &lumen } else { &oak };
            person.invite(slug, "last@example.com", "guest").await;
            person.patch(&format!("/api/workspaces/{slug}")).json(json!({"color": "#00ff00"})).await.is(200);
            let rest = stream.all_until("identity.workspace_updated").await;
            assert!(rest.iter().all(|event| !event.kind.starts_with("agents.")), "{rest:?}");
        }
    }

    async fn what_was_called_so_while_it_was_shared_is_withheld_once_it_is_hidden(scenario: &mut Scenario) {
        scenario.go_live().await;
        let ada = scenario.user("ada").await;
        let lumen = ada.found("Lumen").await;
        let ben = scenario.member(&ada, &lumen, "ben", "member").await;
        let at = agent(&ben, "Redundancies", "SHARED", &[&lumen]).await;
        ben.patch(&at).json(json!({"temperature": 1.5})).await.is(200);
        let replay = format!("/api/workspaces/{lumen}/events/stream?after=0");
        let trail = format!("/api/workspaces/{lumen}/events?limit=100");
        let written = async |count: usize| {
            let at = format!("{trail}&type=agents.agent_updated");
            eventually("the trail follows", async || ada.get(&at).await.is(200).list().len() == count).await;
            let told = ada.get(&trail).await.is(200);
            told.list().iter().filter(|one| one.to_string().contains("Redundancies")).count()
        };
        assert_eq!(written(1).await, 2);
        let mut live = ada.stream_of(&lumen).await;
        ben.patch(&at).json(json!({"visibility": "PRIVATE"})).await.is(200);
        // Whoever has seen it hears that it is hidden.
        let told = live.expect("agents.agent_updated").await;
        assert_eq!(told.data["data"]["changes"]["visibility"]["to"], "PRIVATE");
        assert_eq!(written(2).await, 0);
        let mut stream = ada.get(&replay).stream().await;
        let seen = stream.all_until("agents.agent_updated").await;
        assert!(seen.iter().all(|event| event.kind != "agents.agent_added_to_workspace"), "{seen:?}");
        let last = seen.last().expect("it is told");
        assert_eq!(last.data["data"]["changes"]["visibility"]["to"], "PRIVATE", "{last:?}");
        // Shared again, it is nothing that nobody may know; nor is what was not hidden when it went.
        ben.patch(&at).json(json!({"visibility": "SHARED"})).await.is(200);
        assert_eq!(written(3).await, 4);
        ben.delete(&at).await.is(200);
        let gone = format!("{trail}&type=agents.agent_deleted");
        eventually("the trail follows", async || !ada.get(&gone).await.is(200).list().is_empty()).await;
        assert_eq!(written(3).await, 5);
    }

    async fn nobody_learns_of_the_agents_of_strangers(scenario: &mut Scenario) {
        let (ada, eve) = (scenario.user("ada").await, scenario.user("eve").await);
        let (lumen, oak) = (ada.found("Lumen").await, eve.found("Oak").await);
        let at = agent(&ada, "Scribe", "SHARED", &[&lumen]).await;
        let nowhere = "/api/agents/00000000-0000-7000-8000-000000000001";
        let there = |slug: &str| format!("/api/workspaces/{slug}{}", at.trim_start_matches("/api"));
        let head = scenario.head().await;
        for path in [at.as_str(), nowhere] {
            eve.get(path).await.is_refused(404, "agent_not_found");
            eve.patch(path).json(json!({"name": "Mine"})).await.is_refused(404, "agent_not_found");
            eve.delete(path).await.is_refused(404, "agent_not_found");
            eve.post(&format!("{path}/clone")).json(json!({})).await.is_refused(404, "agent_not_found");
            let into = json!({"workspaces": [&oak]});
            eve.put(&format!("{path}/workspaces")).json(into).await.is_refused(404, "agent_not_found");
        }
        eve.put(&there(&oak)).await.is_refused(404, "agent_not_found");
        eve.delete(&there(&oak)).await.is_refused(404, "agent_not_found");
        eve.delete(&there(&lumen)).await.is_refused(404, "workspace_not_found");
        assert_eq!(scenario.types_after(head).await, Vec::<String>::new());
        assert_eq!(seen(&eve, &oak).await, (vec![], vec![]));
    }

    async fn a_key_does_with_agents_what_its_scopes_say(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let (lumen, oak) = (ada.found("Lumen").await, ada.found("Oak").await);
        let at = agent(&ada, "Scribe", "SHARED", &[&lumen]).await;
        let reader = program(&ada, json!(["agents:read"]), &[&lumen]).await;
        reader.get("/api/agents").await.is(200);
        reader.get(&at).await.is(200);
        reader.patch(&at).json(json!({"name": "Mine"})).await.is_refused(403, "scope_missing");
        assert_eq!(seen(&reader, &lumen).await.0, [json!("Scribe")]);
        reader.get(&format!("/api/workspaces/{oak}/agents")).await.is_refused(403, "workspace_out_of_reach");
        let writer = program(&ada, json!(["agents:*"]), &[]).await;
        writer.patch(&at).json(json!({"name": "Poet"})).await.is(200);
        writer.delete(&at).await.is(200);
    }

    async fn what_an_agent_is_told_is_in_no_event(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let lumen = ada.found("Lumen").await;
        let at = agent(&ada, "Scribe", "SHARED", &[&lumen]).await;
        ada.patch(&at).json(json!({"system_prompt": "Be brief, and rhyme."})).await.is(200);
        ada.post(&format!("{at}/clone")).json(json!({})).await.is(201);
        for event in scenario.log().await {
            assert!(!event.data.get().contains("Be brief"), "{}", event.data.get());
        }
    }

    async fn what_events_never_told_is_repaired(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let lumen = ada.found("Lumen").await;
        let ben = scenario.member(&ada, &lumen, "ben", "member").await;
        let at = agent(&ben, "Scribe", "SHARED", &[&lumen]).await;
        scenario.run_until_idle().await;
        let operator = scenario.operator();
        let handler = "/admin/handlers/agents.on_access_lost";
        operator.post(&format!("{handler}/pause")).await.is(200);
        ada.remove(&lumen, ben.id()).await;
        let head = scenario.head().await;
        scenario.run_until_idle().await;
        let told = |types: Vec<String>| types.iter().filter(|name| name.starts_with("agents.")).count();
        assert_eq!(told(scenario.types_after(head).await), 0);
        scenario.clock().advance(Duration::from_mins(5));
        scenario.run_until_idle().await;
        let types = scenario.types_after(head).await;
        assert!(types.iter().any(|name| name == "agents.agent_removed_from_workspace"), "{types:?}");
        let text = scenario.stranger().get("/metrics").file("text/plain").await;
        assert!(text.contains("perme8_reconciled_total{context=\"agents\"}"), "{text}");
        // What comes late finds nothing left to do.
        operator.post(&format!("{handler}/resume")).await.is(200);
        scenario.run_until_idle().await;
        assert_eq!(told(scenario.types_after(head).await), 1);
        ben.again().await.get(&at).await.is(200);
    }

    async fn agents_go_where_their_owners_go(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let lumen = ada.found("Lumen").await;
        let ben = scenario.member(&ada, &lumen, "ben", "member").await;
        let gus = scenario.member(&ada, &lumen, "gus", "guest").await;
        let at = agent(&ben, "Scribe", "SHARED", &[&lumen]).await;
        assert_eq!(seen(&gus, &lumen).await.1, [json!("Scribe")]);
        ben.post(&format!("/api/workspaces/{lumen}/leave")).await.is(204);
        // At once, before anything reacts.
        assert_eq!(seen(&gus, &lumen).await.1, Vec::<Value>::new());
        gus.post(&format!("{at}/clone")).json(json!({})).await.is_refused(404, "agent_not_found");
        scenario.run_until_idle().await;
        scenario.clock().advance(Duration::from_mins(1));
        ada.invite(&lumen, ben.email(), "member").await;
        ben.join(&lumen).await;
        assert_eq!(seen(&gus, &lumen).await.1, Vec::<Value>::new());
        ben.get(&at).await.is(200);
        ben.delete("/api/me").await.is(204);
        scenario.run_until_idle().await;
        let log = scenario.log().await;
        let deleted: Vec<_> = log.iter().filter(|event| event.event_type == "agents.agent_deleted").collect();
        assert_eq!(deleted.len(), 1);
    }
}
