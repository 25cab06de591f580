//! What every adapter of the ports promises: the tables in memory, SQLite and PostgreSQL alike.

use chrono::TimeDelta;
use perme8_events::{Save, StorageError, UserId, testing::promises};

use crate::{
    application::{
        clearance::Clearance,
        ports::{Messages, Sessions},
    },
    domain::{
        message::{Message, MessageStatus},
        session::{Beginning, Session},
    },
    testing::{ADA, COMPANY, ELSEWHERE, MILL, STRANGER, Tables, id},
};

/// Every port at once.
trait Ports: Sessions + Messages + Save<Session> {}

impl<T: Sessions + Messages + Save<Session>> Ports for T {}

promises! {
    tables: Tables, migrations: &crate::MIGRATIONS;
    sessions_come_back_as_they_were_saved
    a_session_changes_one_version_after_another
    a_session_goes_with_its_messages
    sessions_are_counted_for_each_person
    what_something_has_left_is_found_some_at_a_time
    messages_come_back_as_they_were_added
    a_place_in_a_session_is_taken_once
    what_was_said_with_a_key_is_found_by_it_and_the_last_answer_to_it
    an_answer_is_kept_until_it_ends_and_is_overdue_until_then
}

async fn begin<T: Ports>(tx: &mut T, user_id: UserId) -> Session {
    let (workspace_id, project_id) = (Some(COMPANY), Some(MILL));
    let at = Beginning {
        id: tx.new_id(),
        user_id,
        workspace_id,
        project_id,
        agent_id: None,
        now: tx.now(),
    };
    tx.save(Session::start(at, Some("Ünïcode & Söhne".to_owned()))).await.unwrap()
}

/// What somebody says in a session, at this place.
fn said<T: Ports>(tx: &mut T, session: &Session, number: i64) -> Message {
    let (id, now) = (tx.new_id(), tx.now());
    Message::said(id, session.id, session.user_id, number, "How do mills\nwork?".to_owned(), now)
}

fn is_conflict<R>(result: Result<R, StorageError>) -> bool {
    result.is_err_and(|error| error.is_conflict())
}

async fn sessions_come_back_as_they_were_saved<T: Ports>(tx: &mut T) {
    let session = begin(tx, ADA).await;
    assert!(tx.load(session.id).await.unwrap() == Some(session));
    assert_eq!(tx.load(id(99)).await.unwrap(), None);
}

async fn a_session_changes_one_version_after_another<T: Ports>(tx: &mut T) {
    let session = begin(tx, ADA).await;
    let renamed = session.rename("Looms".to_owned()).expect("it is another title");
    let renamed = tx.save(renamed).await.unwrap();
    assert_eq!(renamed.version, session.version + 1);
    assert!(tx.load(session.id).await.unwrap() == Some(renamed));
    assert!(is_conflict(tx.save(session.delete()).await));
}

async fn a_session_goes_with_its_messages<T: Ports>(tx: &mut T) {
    let session = begin(tx, ADA).await;
    let message = said(tx, &session, 1);
    tx.add_message(&message).await.unwrap();
    tx.save(session.clone().delete()).await.unwrap();
    assert_eq!(tx.load(session.id).await.unwrap(), None);
    assert_eq!(tx.message(session.id, message.id).await.unwrap(), None);
    assert!(is_conflict(tx.save(session.delete()).await));
}

async fn sessions_are_counted_for_each_person<T: Ports>(tx: &mut T) {
    for _ in 0..2 {
        begin(tx, ADA).await;
    }
    assert_eq!(tx.sessions_of(ADA).await.unwrap(), 2);
    assert_eq!(tx.sessions_of(STRANGER).await.unwrap(), 0);
}

async fn what_something_has_left_is_found_some_at_a_time<T: Ports>(tx: &mut T) {
    let (first, other, second) =
        (begin(tx, ADA).await, begin(tx, STRANGER).await, begin(tx, ADA).await);
    let (user_id, workspace_id) = (ADA, COMPANY);
    let member = |until| Clearance::Member { user_id, workspace_id, until };
    let earlier = member(first.created_at - TimeDelta::milliseconds(1));
    let nobody = Clearance::Member { user_id, workspace_id: ELSEWHERE, until: first.created_at };
    for (gone, left) in [
        (member(first.created_at), vec![first.id, second.id]),
        (earlier, vec![]),
        (nobody, vec![]),
        (Clearance::Workspace { workspace_id }, vec![first.id, other.id, second.id]),
        (Clearance::Person { user_id }, vec![first.id, second.id]),
        (Clearance::Project { project_id: MILL }, vec![first.id, other.id, second.id]),
        (Clearance::Project { project_id: id(9) }, vec![]),
    ] {
        for limit in [1, 2, 9] {
            let found = tx.left_by(gone, limit).await.unwrap();
            let found: Vec<_> = found.into_iter().map(|session| session.id).collect();
            assert_eq!(found, left.iter().copied().take(limit as usize).collect::<Vec<_>>());
        }
    }
}

async fn messages_come_back_as_they_were_added<T: Ports>(tx: &mut T) {
    let (session, other) = (begin(tx, ADA).await, begin(tx, ADA).await);
    let message = Message {
        idempotency_key: Some("k-1".to_owned()),
        latency_ms: Some(7),
        reason: Some("cut_short".to_owned()),
        ..said(tx, &session, 1)
    };
    tx.add_message(&message).await.unwrap();
    assert!(tx.message(session.id, message.id).await.unwrap().as_ref() == Some(&message));
    assert_eq!(tx.message(other.id, message.id).await.unwrap(), None);
    tx.remove_message(message.id).await.unwrap();
    assert_eq!(tx.message(session.id, message.id).await.unwrap(), None);
}

async fn a_place_in_a_session_is_taken_once<T: Ports>(tx: &mut T) {
    let (session, other) = (begin(tx, ADA).await, begin(tx, ADA).await);
    for of in [&session, &other] {
        let message = said(tx, of, 1);
        tx.add_message(&message).await.unwrap();
    }
    let again = said(tx, &session, 1);
    assert!(is_conflict(tx.add_message(&again).await));
}

async fn what_was_said_with_a_key_is_found_by_it_and_the_last_answer_to_it<T: Ports>(tx: &mut T) {
    let (session, other) = (begin(tx, ADA).await, begin(tx, ADA).await);
    let message = Message { idempotency_key: Some("k-1".to_owned()), ..said(tx, &session, 1) };
    tx.add_message(&message).await.unwrap();
    let sent = Some((message.clone(), None));
    assert!(tx.sent_before(session.id, "k-1").await.unwrap() == sent);
    assert_eq!(tx.sent_before(session.id, "k-2").await.unwrap(), None);
    assert_eq!(tx.sent_before(other.id, "k-1").await.unwrap(), None);
    for number in [2, 3] {
        let answer = Message::pending(tx.new_id(), number, &message, None, tx.now());
        tx.add_message(&answer).await.unwrap();
        let sent = Some((message.clone(), Some(answer)));
        assert!(tx.sent_before(session.id, "k-1").await.unwrap() == sent);
    }
}

async fn an_answer_is_kept_until_it_ends_and_is_overdue_until_then<T: Ports>(tx: &mut T) {
    let session = begin(tx, ADA).await;
    let message = said(tx, &session, 1);
    let answer = Message::pending(tx.new_id(), 2, &message, None, tx.now());
    tx.add_message(&answer).await.unwrap();
    assert!(tx.keep_content(answer.id, "").await.unwrap());
    assert!(tx.message(session.id, answer.id).await.unwrap().as_ref() == Some(&answer));
    assert!(tx.keep_content(answer.id, "They tu").await.unwrap());
    let kept = tx.message(session.id, answer.id).await.unwrap().unwrap();
    assert_eq!((kept.content.as_str(), kept.status), ("They tu", MessageStatus::Streaming));
    let deadline = answer.deadline_at.unwrap();
    let after = deadline + TimeDelta::seconds(1);
    assert_eq!(tx.overdue(deadline, 9).await.unwrap(), []);
    assert_eq!(tx.overdue(after, 9).await.unwrap(), [(session.id, answer.id)]);
    let ended = kept.interrupted(tx.now());
    tx.end_message(&ended).await.unwrap();
    assert!(!tx.keep_content(answer.id, "They turn").await.unwrap());
    assert!(tx.message(session.id, answer.id).await.unwrap() == Some(ended));
    assert_eq!(tx.overdue(after, 9).await.unwrap(), []);
}
