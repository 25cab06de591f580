//! What every adapter of the ports promises: the tables in memory, SQLite and PostgreSQL alike.

use identity::AgentId;
use perme8_events::{Save, StorageError, WorkspaceId, testing::promises};

use crate::{
    application::ports::{Agents, Estates},
    domain::{
        agent::{Agent, Particulars, Texts},
        temperature::Temperature,
        visibility::Visibility,
    },
    testing::{COMPANY, ELSEWHERE, MEMBER, OWNER, Tables, id},
};

/// Every port at once.
trait Ports: Agents + Estates + Save<Agent> {}

impl<T: Agents + Estates + Save<Agent>> Ports for T {}

mod queries;

promises! {
    tables: Tables, migrations: &crate::MIGRATIONS;
    agents_come_back_as_they_were_saved
    agents_are_where_they_were_placed
    an_agent_changes_one_version_after_another
    an_agent_that_is_gone_is_not_saved_and_is_nowhere
    what_is_left_is_found_some_at_a_time
}

async fn make<T: Ports>(tx: &mut T) -> Agent {
    let texts = Texts {
        name: "Ünïcode & Söhne",
        description: Some("two\nlines"),
        system_prompt: Some("Be brief."),
        model: Some("some/model:free"),
    };
    let temperature = Temperature::try_from(1.234).unwrap();
    let is = Particulars::check(texts, temperature, Visibility::Shared, false, None).unwrap();
    let (id, now) = (tx.new_id(), tx.now());
    tx.save(Agent::create(id, MEMBER, is, now)).await.unwrap()
}

async fn placed<T: Ports>(
    tx: &mut T,
    agent: &Agent,
    into: &[WorkspaceId],
    out_of: &[WorkspaceId],
) -> Agent {
    let placed = agent.place(into, out_of, tx.now()).expect("it was elsewhere");
    tx.save(placed).await.unwrap()
}

fn is_conflict<R>(result: Result<R, StorageError>) -> bool {
    result.is_err_and(|error| error.is_conflict())
}

async fn agents_come_back_as_they_were_saved<T: Ports>(tx: &mut T) {
    let made = make(tx).await;
    assert!(tx.load(made.id).await.unwrap() == Some(made.clone()));
    assert_eq!(tx.load(id(99)).await.unwrap(), None);
    let plain =
        Particulars { description: None, system_prompt: None, model: None, ..made.is.clone() };
    let plain = tx.save(made.update(plain, tx.now()).expect("it changes")).await.unwrap();
    assert!(tx.load(made.id).await.unwrap() == Some(plain));
    let counted = [tx.agents_of(MEMBER).await.unwrap(), tx.agents_of(OWNER).await.unwrap()];
    assert_eq!(counted, [1, 0]);
}

async fn agents_are_where_they_were_placed<T: Ports>(tx: &mut T) {
    let made = make(tx).await;
    let both = placed(tx, &made, &[COMPANY, ELSEWHERE], &[]).await;
    assert!(tx.load(made.id).await.unwrap() == Some(both.clone()));
    let third: WorkspaceId = id(8);
    let moved = placed(tx, &both, &[third], &[COMPANY]).await;
    assert!(tx.load(made.id).await.unwrap() == Some(moved));
    let mut counted = Vec::new();
    for workspace in [COMPANY, ELSEWHERE, third] {
        counted.push(tx.agents_in(workspace).await.unwrap());
    }
    assert_eq!(counted, [0, 1, 1]);
}

async fn an_agent_changes_one_version_after_another<T: Ports>(tx: &mut T) {
    let made = make(tx).await;
    let moved = placed(tx, &made, &[COMPANY], &[]).await;
    assert_eq!(moved.version, made.version + 1);
    assert!(is_conflict(tx.save(made.place(&[ELSEWHERE], &[], tx.now()).unwrap()).await));
}

async fn an_agent_that_is_gone_is_not_saved_and_is_nowhere<T: Ports>(tx: &mut T) {
    let made = make(tx).await;
    let there = placed(tx, &made, &[COMPANY], &[]).await;
    tx.save(there.clone().delete()).await.unwrap();
    let gone: AgentId = made.id;
    assert_eq!(tx.load(gone).await.unwrap(), None);
    assert_eq!(tx.agents_in(COMPANY).await.unwrap(), 0);
    assert!(is_conflict(tx.save(there.delete()).await));
}

async fn what_is_left_is_found_some_at_a_time<T: Ports>(tx: &mut T) {
    let (one, two) = (make(tx).await, make(tx).await);
    for agent in [&one, &two] {
        placed(tx, agent, &[COMPANY], &[]).await;
    }
    let now = tx.now();
    let before = now - chrono::TimeDelta::microseconds(1);
    assert_eq!(tx.placed_by(MEMBER, COMPANY, now, 9).await.unwrap(), [one.id, two.id]);
    assert_eq!(tx.placed_by(MEMBER, COMPANY, now, 1).await.unwrap(), [one.id]);
    assert_eq!(tx.placed_by(MEMBER, COMPANY, before, 9).await.unwrap(), []);
    assert_eq!(tx.placed_by(OWNER, COMPANY, now, 9).await.unwrap(), []);
    assert_eq!(tx.placed_in(COMPANY, 1).await.unwrap(), [one.id]);
    assert_eq!(tx.placed_in(ELSEWHERE, 9).await.unwrap(), []);
    assert_eq!(tx.owned_by(MEMBER, 9).await.unwrap(), [one.id, two.id]);
    assert_eq!(tx.owned_by(OWNER, 9).await.unwrap(), []);
}
