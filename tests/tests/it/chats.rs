//! What people talk about with a model: theirs alone, and only as long as they belong where it was said.

use std::time::Duration;

use llm::testing::Reply;
use perme8_events::Position;
use reqwest::Method;
use scenarios::{Persona, Scenario, on_both_engines};
use serde_json::{Value, json};

use crate::{asking::provider, keys::program};

const SESSIONS: &str = "/api/chat/sessions";

/// The address of a new conversation of this person.
pub(crate) async fn begun(person: &Persona, body: Value) -> String {
    let begun = person.post(SESSIONS).json(body).await.is(201);
    format!("{SESSIONS}/{}", begun.data()["id"].as_str().expect("conversations have ids"))
}

/// The same, in a workspace.
pub(crate) async fn begun_in(person: &Persona, slug: &str) -> String {
    begun(person, json!({ "workspace": slug })).await
}

/// The conversations whose end was told behind `after`, as their addresses.
async fn ended(scenario: &Scenario, after: Position) -> Vec<String> {
    let log = scenario.log().await.into_iter();
    let ended = log
        .filter(|event| event.position > after && event.event_type == "chat.chat_session_deleted");
    ended.map(|event| format!("{SESSIONS}/{}", event.aggregate_id)).collect()
}

/// Asks for everything that there is to ask of a conversation.
async fn is_unknown_to(person: &Persona, session: &str) {
    for (method, path) in [
        (Method::GET, session.to_owned()),
        (Method::GET, format!("{session}/messages")),
        (Method::GET, format!("{session}/export")),
        (Method::DELETE, format!("{session}/messages/00000000-0000-7000-8000-000000000001")),
        (Method::DELETE, session.to_owned()),
    ] {
        person.request(method, &path).await.is_refused(404, "chat_session_not_found");
    }
    let renamed = person.patch(session).json(json!({"title": "Mine"})).await;
    renamed.is_refused(404, "chat_session_not_found");
}

on_both_engines! {
    async fn whoever_loses_a_workspace_loses_what_was_said_there_and_nothing_else(scenario: &mut Scenario) {
        let (ada, eve) = (scenario.user("ada").await, scenario.user("eve").await);
        let (lumen, oak) = (ada.found("Lumen").await, eve.found("Oak").await);
        let ben = scenario.member(&ada, &lumen, "ben", "member").await;
        eve.invite(&oak, ben.email(), "member").await;
        ben.join(&oak).await;
        let kept = [begun(&ben, json!({})).await, begun_in(&ben, &oak).await, begun_in(&ada, &lumen).await];
        for leaves in [false, true] {
            // An address is not invited again at once.
            scenario.clock().advance(Duration::from_mins(1));
            let lost = [begun_in(&ben, &lumen).await, begun_in(&ben, &lumen).await];
            let head = scenario.head().await;
            if leaves {
                ben.post(&format!("/api/workspaces/{lumen}/leave")).await.is(204);
            } else {
                ada.remove(&lumen, ben.id()).await;
            }
            // Before anything is removed.
            for session in &lost {
                is_unknown_to(&ben, session).await;
            }
            // Who comes back before that begins anew.
            ada.invite(&lumen, ben.email(), "member").await;
            ben.join(&lumen).await;
            scenario.clock().advance(Duration::from_secs(1));
            let new = begun_in(&ben, &lumen).await;
            scenario.run_until_idle().await;
            assert_eq!(ended(scenario, head).await, lost);
            for session in &lost {
                is_unknown_to(&ben, session).await;
            }
            ben.get(&new).await.is(200);
            ben.delete(&new).await.is(204);
        }
        for (person, session) in [(&ben, &kept[0]), (&ben, &kept[1]), (&ada, &kept[2])] {
            person.get(session).await.is(200);
        }
    }

    async fn conversations_go_with_the_workspace_and_with_the_account(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let (lumen, oak) = (ada.found("Lumen").await, ada.found("Oak").await);
        let ben = scenario.member(&ada, &lumen, "ben", "member").await;
        let cleo = scenario.member(&ada, &lumen, "cleo", "guest").await;
        let of_ben = [begun(&ben, json!({})).await, begun_in(&ben, &lumen).await];
        let there = [begun_in(&ada, &lumen).await, begun_in(&cleo, &lumen).await];
        let kept = [begun_in(&ada, &oak).await, begun(&cleo, json!({})).await];
        let head = scenario.head().await;
        ben.delete("/api/me").await.is(204);
        scenario.run_until_idle().await;
        let mut gone = ended(scenario, head).await;
        gone.sort();
        assert_eq!(gone, of_ben);
        let head = scenario.head().await;
        ada.delete(&format!("/api/workspaces/{lumen}")).await.is(204);
        let mut stream = cleo.stream().await;
        scenario.run_until_idle().await;
        assert_eq!(ended(scenario, head).await, there);
        let told = stream.until("chat.chat_session_deleted").await;
        assert_eq!(format!("{SESSIONS}/{}", told.fact("session_id").as_str().unwrap()), there[1]);
        ada.get(&kept[0]).await.is(200);
        assert_eq!(cleo.get(SESSIONS).await.is(200).list().len(), 1);
        cleo.get(&kept[1]).await.is(200);
    }

    async fn a_conversation_outlives_the_project_that_it_was_about(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen").await;
        let project = ada.begin(&slug, "Lamps").await;
        let session = begun(&ada, json!({"workspace": slug, "project": project})).await;
        assert_eq!(ada.get(&session).await.is(200).data()["project"], project);
        ada.delete(&format!("/api/workspaces/{slug}/projects/{project}")).await.is(204);
        scenario.run_until_idle().await;
        let left = ada.get(&session).await.is(200);
        assert_eq!((&left.data()["project"], &left.data()["version"]), (&Value::Null, &json!(2)));
        // Another one of that name is another one.
        ada.begin(&slug, "Lamps").await;
        assert_eq!(ada.get(&session).await.is(200).data()["project"], Value::Null);
    }

    async fn what_was_never_told_is_found_and_removed(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let slug = ada.found("Lumen").await;
        let ben = scenario.member(&ada, &slug, "ben", "member").await;
        let (lost, kept) = (begun_in(&ben, &slug).await, begun_in(&ada, &slug).await);
        scenario.run_until_idle().await;
        let operator = scenario.operator();
        operator.post("/admin/queues/chat.clearances/pause").await.is(200);
        ada.remove(&slug, ben.id()).await;
        scenario.run_until_idle().await;
        let waiting = operator.get("/admin/jobs?queue=chat.clearances&state=waiting").await.is(200);
        let [job] = waiting.list() else { panic!("one job waits: {}", waiting.body()) };
        let job = job["job_id"].as_str().expect("jobs have ids");
        operator.post(&format!("/admin/jobs/{job}/cancel")).await.is(204);
        operator.post("/admin/queues/chat.clearances/resume").await.is(200);
        let head = scenario.head().await;
        scenario.run_until_idle().await;
        assert_eq!(ended(scenario, head).await, Vec::<String>::new());
        scenario.clock().advance(Duration::from_mins(5));
        scenario.run_until_idle().await;
        assert_eq!(ended(scenario, head).await, [lost]);
        ada.get(&kept).await.is(200);
        let mut results = Vec::new();
        for job in operator.get("/admin/jobs?queue=perme8.upkeep&state=done").await.is(200).list() {
            let job = format!("/admin/jobs/{}", job["job_id"].as_str().expect("jobs have ids"));
            let job = operator.get(&job).await.is(200);
            if job.data()["payload"] == "reconcile_chat" {
                results.push(job.data()["result"].clone());
            }
        }
        assert_eq!(results, [json!(1)]);
        let text = scenario.stranger().get("/metrics").file("text/plain").await;
        assert!(text.contains("perme8_reconciled_total{context=\"chat\"}"), "{text}");
    }

    async fn nobody_learns_what_others_talk_about(scenario: &mut Scenario) {
        let _server = provider(scenario, Reply::saying(["Eine ", "Brezel."])).await;
        let (ada, eve) = (scenario.user("ada").await, scenario.user("eve").await);
        let lumen = ada.found("Lumen").await;
        let ben = scenario.member(&ada, &lumen, "ben", "member").await;
        let (mut of_lumen, mut own_of_lumen) = (ada.stream_of(&lumen).await, ben.stream_of(&lumen).await);
        let (mut of_ada, mut of_ben) = (ada.stream().await, ben.stream().await);
        let session = begun(&ben, json!({"workspace": lumen, "title": "Zwiebelkuchen"})).await;
        for stranger in [&ada, &eve] {
            is_unknown_to(stranger, &session).await;
            assert!(stranger.get(SESSIONS).await.is(200).list().is_empty());
        }
        ben.patch(&session).json(json!({"title": "Apfelstrudel"})).await.is(200);
        let question = json!({ "content": "Und was ist Mohnstriezel?" });
        ben.post(&format!("{session}/messages")).json(question).await.is(200);
        ben.delete(&session).await.is(204);
        for kind in [
            "session_started", "session_title_changed", "message_sent", "response_received", "session_deleted",
        ] {
            of_ben.until(&format!("chat.chat_{kind}")).await;
        }
        ada.patch(&format!("/api/workspaces/{lumen}")).json(json!({"color": "#00ff00"})).await.is(200);
        ada.log_in().await.is(201);
        for (stream, last) in [
            (&mut of_lumen, "identity.workspace_updated"),
            (&mut own_of_lumen, "identity.workspace_updated"),
            (&mut of_ada, "identity.user_logged_in"),
        ] {
            let heard = stream.all_until(last).await;
            assert!(heard.iter().all(|event| !event.kind.starts_with("chat.")), "{heard:?}");
        }
        scenario.run_until_idle().await;
        let trail = ada.get(&format!("/api/workspaces/{lumen}/events?limit=100")).await.is(200);
        assert!(!trail.body().to_string().contains("chat."), "{}", trail.body());
        let log = serde_json::to_string(&scenario.log().await).unwrap();
        assert!(log.contains("chat.chat_session_title_changed"));
        for word in ["Zwiebelkuchen", "Apfelstrudel", "Mohnstriezel", "Brezel"] {
            assert!(!log.contains(word), "{word} stands in the log");
        }
    }

    async fn programs_talk_as_far_as_their_key_reaches(scenario: &mut Scenario) {
        let ada = scenario.user("ada").await;
        let (lumen, oak) = (ada.found("Lumen").await, ada.found("Oak").await);
        let there = begun_in(&ada, &lumen).await;
        let nothing = program(&ada, json!([]), &[&lumen]).await;
        let reader = program(&ada, json!(["chat:read"]), &[&lumen]).await;
        let writer = program(&ada, json!(["chat:read", "chat:write"]), &[&lumen]).await;
        let into = |slug: &str| json!({ "workspace": slug });
        nothing.get(SESSIONS).await.is_refused(403, "scope_missing");
        assert_eq!(reader.get(SESSIONS).await.is(200).list().len(), 1);
        reader.get(&there).await.is(200);
        reader.post(SESSIONS).json(into(&lumen)).await.is_refused(403, "scope_missing");
        reader.delete(&there).await.is_refused(403, "scope_missing");
        writer.post(SESSIONS).json(into(&oak)).await.is_refused(403, "workspace_out_of_reach");
        // What is elsewhere is not there for a program; what is nowhere is.
        let (elsewhere, nowhere) = (begun_in(&ada, &oak).await, begun(&ada, json!({})).await);
        is_unknown_to(&writer, &elsewhere).await;
        for asked in ["messages", "cancel"] {
            let refused = writer.post(&format!("{elsewhere}/{asked}")).json(json!({"content": "Why?"})).await;
            refused.is_refused(404, "chat_session_not_found");
        }
        writer.get(&nowhere).await.is(200);
        let listed = writer.get(SESSIONS).await.is(200);
        assert!(!listed.body().to_string().contains(&elsewhere[SESSIONS.len() + 1..]));
        ada.get(&elsewhere).await.is(200);
        let own = begun_in(&writer, &lumen).await;
        ada.get(&own).await.is(200);
        writer.delete(&own).await.is(204);
    }
}
