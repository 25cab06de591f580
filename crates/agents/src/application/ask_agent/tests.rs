//! Asking, and what becomes of it.

use std::time::Duration;

use expect_test::{Expect, expect};
use llm::{AskFailure, Ending, Usage};

use super::*;
use crate::domain::query::QueryStatus;
use crate::testing::{ADMIN, COMPANY, HELPER, company, id, query};

fn question() -> Question {
    Question { text: "Why?".to_owned(), about: Some("It rains.".to_owned()), node_id: None }
}

fn in_the_company() -> Found {
    let workspace = Some("Acme".to_owned());
    Found {
        workspace_id: Some(COMPANY),
        document_id: None,
        surroundings: Material { workspace, ..Material::default() },
    }
}

#[tokio::test]
async fn what_is_asked_is_recorded_and_told_with_its_end() {
    let mut tx = company();
    let agent = tx.state.agents[0].clone();
    let found = in_the_company();
    let asked = ask(&mut tx, ADMIN, &agent, &question(), &found).await;
    let (query_id, said) = asked.unwrap();
    assert_eq!(said.id.uuid(), query_id.uuid());
    assert_eq!((said.temperature, said.messages.len()), (Some(0.7), 2));
    assert!(said.messages[0].text.starts_with("Be brief.\n"), "{}", said.messages[0].text);
    assert!(said.messages[0].text.contains("It rains."));
    let stored = &tx.state.queries[0];
    assert_eq!((stored.status(), stored.asked.agent_id), (QueryStatus::Running, HELPER));
    assert!(tx.take_events().is_empty());
}

#[test]
fn an_agent_that_is_turned_off_is_not_asked() {
    let mut agent = company().state.agents[0].clone();
    assert!(turned_on(&agent).is_ok());
    agent.is.is_enabled = false;
    assert!(matches!(turned_on(&agent), Err(AskAgentError::AgentDisabled)));
}

async fn check(ending: Ending, text: &str, expected: Expect) {
    let mut tx = company();
    tx.state.queries.push(query(31));
    let usage = Usage { prompt_tokens: 12, completion_tokens: 3, is_estimated: false };
    let told = Told {
        text: text.to_owned(),
        model: Some("some/model".parse().unwrap()),
        usage,
        latency: Duration::from_millis(1_500),
        ending,
    };
    end(&mut tx, id(31), &told).await.unwrap();
    // What is recorded stays, whoever comes later.
    end(&mut tx, id(31), &told).await.unwrap();
    let stored = tx.state.queries[0].clone();
    let partial = stored.outcome.as_ref().unwrap().is_partial;
    let outcome = Ok::<_, StorageError>((stored.status(), stored.answer, partial));
    expected.assert_eq(&tx.report(&outcome));
}

#[tokio::test]
async fn an_answer_is_recorded_with_what_it_took() {
    check(Ending::Complete, "Because.", expect![[r#"
        Ok((Completed, "Because.", false))
        agents.agent_query_completed {"query_id":"00000000-0000-0000-0000-00000000001f","agent_id":"00000000-0000-0000-0000-000000000015","user_id":"00000000-0000-0000-0000-000000000003","workspace_id":"00000000-0000-0000-0000-000000000001","model":"some/model","prompt_tokens":12,"completion_tokens":3,"latency_ms":1500}
    "#]]).await;
    check(Ending::CutShort, "Becau", expect![[r#"
        Ok((Completed, "Becau", true))
        agents.agent_query_completed {"query_id":"00000000-0000-0000-0000-00000000001f","agent_id":"00000000-0000-0000-0000-000000000015","user_id":"00000000-0000-0000-0000-000000000003","workspace_id":"00000000-0000-0000-0000-000000000001","model":"some/model","prompt_tokens":12,"completion_tokens":3,"latency_ms":1500}
    "#]]).await;
}

#[tokio::test]
async fn what_was_told_until_it_went_wrong_is_kept() {
    check(Ending::Cancelled, "Becau", expect![[r#"
        Ok((Cancelled, "Becau", true))
        agents.agent_query_failed {"query_id":"00000000-0000-0000-0000-00000000001f","agent_id":"00000000-0000-0000-0000-000000000015","user_id":"00000000-0000-0000-0000-000000000003","workspace_id":"00000000-0000-0000-0000-000000000001","model":"some/model","prompt_tokens":12,"completion_tokens":3,"latency_ms":1500,"error":"cancelled"}
    "#]]).await;
    check(Ending::Failed(AskFailure::IdleTimeout), "Becau", expect![[r#"
        Ok((Failed, "Becau", true))
        agents.agent_query_failed {"query_id":"00000000-0000-0000-0000-00000000001f","agent_id":"00000000-0000-0000-0000-000000000015","user_id":"00000000-0000-0000-0000-000000000003","workspace_id":"00000000-0000-0000-0000-000000000001","model":"some/model","prompt_tokens":12,"completion_tokens":3,"latency_ms":1500,"error":"llm_timeout"}
    "#]]).await;
    check(Ending::Failed(AskFailure::NotConfigured), "", expect![[r#"
        Ok((Failed, "", false))
        agents.agent_query_failed {"query_id":"00000000-0000-0000-0000-00000000001f","agent_id":"00000000-0000-0000-0000-000000000015","user_id":"00000000-0000-0000-0000-000000000003","workspace_id":"00000000-0000-0000-0000-000000000001","model":"some/model","prompt_tokens":12,"completion_tokens":3,"latency_ms":1500,"error":"llm_not_configured"}
    "#]]).await;
}

fn checked(change: impl FnOnce(&mut AskAgent)) -> String {
    let mut command = AskAgent {
        agent: AgentRef::Id(HELPER),
        question: "Why?".to_owned(),
        place: Place::default(),
        text: None,
        model: None,
    };
    change(&mut command);
    command.check().map_or_else(|error| error.to_string(), |_| "fine".to_owned())
}

#[test]
fn questions_have_limits_and_places_a_workspace() {
    let refused = [
        checked(|_| ()),
        checked(|command| command.question = " \n".to_owned()),
        checked(|command| {
            command.question = "?".repeat(10_001);
            command.text = Some("x".repeat(20_001));
            command.place.node_id = Some("n".repeat(256));
        }),
        checked(|command| command.place.document = Some("plan".to_owned())),
        checked(|command| command.agent = AgentRef::Named("helper".parse().unwrap())),
    ];
    expect![[r#"
        fine
        question can't be blank
        question should be at most 10000 character(s); context should be at most 20000 character(s); node_id should be at most 255 character(s)
        name the workspace, too
        name the workspace, too"#]].assert_eq(&refused.join("\n"));
}
