//! Decisions on agents, and the events that tell of them.

use expect_test::{Expect, expect};
use perme8_events::Transaction as _;

use super::*;
use crate::testing::{COMPANY, ELSEWHERE, HELPER, agent, company};

fn updated(agent: &Agent, to: Particulars, expected: &Expect) {
    let update = agent.update(to, agent.created_at);
    expected.assert_eq(&update.map(|update| update.transcript()).unwrap_or_default());
}

#[test]
fn an_agent_that_is_hidden_and_shared_again_without_anything_else_is_told_once() {
    let shared = agent(HELPER, "Helper", Visibility::Shared, &[COMPANY, ELSEWHERE]);
    let private = Agent {
        is: Particulars { visibility: Visibility::Private, ..shared.is.clone() },
        ..shared.clone()
    };
    updated(
        &shared,
        private.is.clone(),
        &expect![[r#"
        agents.agent_updated {"agent_id":"00000000-0000-0000-0000-000000000015","user_id":"00000000-0000-0000-0000-000000000004","name":"Helper","workspace_ids":["00000000-0000-0000-0000-000000000001","00000000-0000-0000-0000-000000000007"],"changes":{"visibility":{"from":"SHARED","to":"PRIVATE"}}}
    "#]],
    );
    updated(
        &private,
        shared.is.clone(),
        &expect![[r#"
        agents.agent_updated {"agent_id":"00000000-0000-0000-0000-000000000015","user_id":"00000000-0000-0000-0000-000000000004","name":"Helper","workspace_ids":["00000000-0000-0000-0000-000000000001","00000000-0000-0000-0000-000000000007"],"changes":{"visibility":{"from":"PRIVATE","to":"SHARED"}}}
    "#]],
    );
    updated(&shared, shared.is.clone(), &expect![[r#""#]]);
}

#[test]
fn an_agent_goes_out_of_some_workspaces_and_into_others_at_once() {
    let shared = agent(HELPER, "Helper", Visibility::Shared, &[COMPANY]);
    let now = company().now();
    let placed = shared.place(&[ELSEWHERE, COMPANY], &[COMPANY], now).unwrap();
    expect![[r#"
        agents.agent_added_to_workspace {"agent_id":"00000000-0000-0000-0000-000000000015","workspace_id":"00000000-0000-0000-0000-000000000007","user_id":"00000000-0000-0000-0000-000000000004","name":"Helper","is_shared":true}
        agents.agent_removed_from_workspace {"agent_id":"00000000-0000-0000-0000-000000000015","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","name":"Helper","is_shared":true}
    "#]].assert_eq(&placed.transcript());
    assert!(shared.place(&[COMPANY], &[ELSEWHERE], now).is_none());
}

#[test]
fn what_an_agent_is_told_is_not_shown() {
    let shown = format!("{:?}", agent(HELPER, "Helper", Visibility::Shared, &[]));
    assert!(!shown.contains("Be brief") && !shown.contains("Helper"), "{shown}");
}
