//! What they promise of queries.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use llm::{AskFailure, Ending, Told, Usage};
use perme8_events::{Save, testing::promises};

use super::is_conflict;
use crate::{
    application::{clearance::Clearance, ports::Queries},
    domain::query::{AgentQueryId, Asked, Query},
    testing::{ADMIN, COMPANY, ELSEWHERE, GUEST, HELPER, Tables, asked_of, id},
};

/// Every port at once.
trait Ports: Queries + Save<Query> {}

impl<T: Queries + Save<Query>> Ports for T {}

promises! {
    tables: Tables, migrations: &crate::MIGRATIONS;
    queries_come_back_as_they_were_saved
    an_answer_is_kept_until_the_query_ends
    queries_are_overdue_after_their_deadline_and_old_after_their_end
    what_was_asked_is_deleted_with_the_membership_the_workspace_or_the_account
}

async fn begin<T: Ports>(tx: &mut T, asked: Asked, now: DateTime<Utc>) -> Query {
    let id: AgentQueryId = tx.new_id();
    tx.save(Query::begin(id, asked, now)).await.unwrap()
}

async fn loaded<T: Ports>(tx: &mut T, query: &Query) -> Option<Query> {
    tx.load(query.id).await.unwrap()
}

/// The same, ended.
async fn end<T: Ports>(tx: &mut T, query: &Query, ending: Ending, now: DateTime<Utc>) -> Query {
    tx.save(query.end(&told(ending), now).expect("it was running")).await.unwrap()
}

fn told(ending: Ending) -> Told {
    Told {
        text: "Bécause".to_owned(),
        model: Some("some/model".parse().unwrap()),
        usage: Usage { prompt_tokens: 12, completion_tokens: 3, is_estimated: true },
        latency: Duration::from_millis(1_234),
        ending,
    }
}

async fn queries_come_back_as_they_were_saved<T: Ports>(tx: &mut T) {
    let now = tx.now();
    let (document_id, node_id) = (Some(id(8)), Some("node".to_owned()));
    let begun = begin(tx, Asked { document_id, node_id, ..asked_of(HELPER) }, now).await;
    assert!(loaded(tx, &begun).await == Some(begun.clone()));
    let failed = end(tx, &begun, Ending::Failed(AskFailure::Broken), now).await;
    assert!(loaded(tx, &begun).await == Some(failed));
    let plain = begin(tx, Asked { workspace_id: None, ..asked_of(HELPER) }, now).await;
    let completed = end(tx, &plain, Ending::Complete, now).await;
    assert!(loaded(tx, &plain).await == Some(completed));
    assert!(tx.load(id(99)).await.unwrap().is_none());
    let late = plain.end(&told(Ending::Cancelled), now).expect("it was running then");
    assert!(is_conflict(tx.save(late).await));
}

async fn an_answer_is_kept_until_the_query_ends<T: Ports>(tx: &mut T) {
    let now = tx.now();
    let begun = begin(tx, asked_of(HELPER), now).await;
    assert!(tx.keep_answer(begun.id, "Béc").await.unwrap());
    let kept = loaded(tx, &begun).await.unwrap();
    assert_eq!((kept.answer.as_str(), kept.version), ("Béc", begun.version));
    end(tx, &kept, Ending::Complete, now).await;
    assert!(!tx.keep_answer(begun.id, "Béc").await.unwrap());
    assert_eq!(loaded(tx, &begun).await.unwrap().answer, "Bécause");
    let unwanted = begin(tx, asked_of(HELPER), now).await;
    tx.unwant(unwanted.id).await.unwrap();
    assert!(!tx.keep_answer(unwanted.id, "Béc").await.unwrap());
    end(tx, &unwanted, Ending::Cancelled, now).await;
    assert!(!tx.keep_answer(id(99), "Béc").await.unwrap());
}

async fn queries_are_overdue_after_their_deadline_and_old_after_their_end<T: Ports>(tx: &mut T) {
    let now = tx.now();
    let mut begun = Vec::new();
    for minutes in [0, 1, 2] {
        let then = now + TimeDelta::minutes(minutes);
        begun.push(begin(tx, asked_of(HELPER), then).await);
    }
    let [first, second, third] = &begun[..] else { panic!("three queries") };
    let deadline = second.deadline_at;
    assert!(tx.overdue(deadline, 10).await.unwrap() == [first.clone(), second.clone()]);
    assert!(tx.overdue(deadline, 1).await.unwrap() == [first.clone()]);
    end(tx, first, Ending::Complete, now).await;
    end(tx, second, Ending::Cancelled, now + TimeDelta::seconds(1)).await;
    assert!(tx.overdue(deadline, 10).await.unwrap().is_empty());
    assert_eq!(tx.delete_ended_until(now, 10).await.unwrap(), 1);
    assert_eq!(tx.delete_ended_until(now + TimeDelta::hours(1), 10).await.unwrap(), 1);
    assert!(loaded(tx, first).await.is_none() && loaded(tx, second).await.is_none());
    assert!(loaded(tx, third).await.is_some());
}

async fn what_was_asked_is_deleted_with_the_membership_the_workspace_or_the_account<T: Ports>(
    tx: &mut T,
) {
    let now = tx.now();
    let before = now - TimeDelta::microseconds(1);
    let (user_id, workspace_id) = (ADMIN, COMPANY);
    let elsewhere = Asked { workspace_id: Some(ELSEWHERE), ..asked_of(HELPER) };
    let nowhere = Asked { workspace_id: None, ..asked_of(HELPER) };
    for asked in [&asked_of(HELPER), &asked_of(HELPER), &elsewhere, &elsewhere, &nowhere] {
        begin(tx, asked.clone(), now).await;
    }
    for (loss, limit, gone) in [
        (Clearance::Membership { user_id: GUEST, workspace_id, until: now }, 10, 0),
        (Clearance::Membership { user_id, workspace_id, until: before }, 10, 0),
        (Clearance::Membership { user_id, workspace_id, until: now }, 1, 1),
        (Clearance::Membership { user_id, workspace_id, until: now }, 10, 1),
        (Clearance::Workspace { workspace_id }, 10, 0),
        (Clearance::Workspace { workspace_id: ELSEWHERE }, 1, 1),
        (Clearance::Person { user_id: GUEST }, 10, 0),
        (Clearance::Person { user_id }, 1, 1),
        (Clearance::Person { user_id }, 10, 1),
    ] {
        assert_eq!(tx.delete_left_by(&loss, limit).await.unwrap(), gone, "{loss:?}");
    }
}
