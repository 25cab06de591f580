//! What becomes of what somebody says.

use chrono::TimeDelta;
use expect_test::{Expect, expect};
use perme8_events::{UserId, testing::FakeTx};

use super::*;
use crate::testing::{ADA, COMPANY, SCRIBE, SESSION, STRANGER, Tables, acting, of_ada};

fn says(content: &str, key: Option<&str>) -> SendMessage {
    SendMessage {
        session: SESSION,
        content: content.to_owned(),
        agent: None,
        model: None,
        document: None,
        idempotency_key: key.map(str::to_owned),
    }
}

async fn outcome(tx: &mut FakeTx<Tables>, who: UserId, command: &SendMessage, expected: Expect) {
    let outcome = command.execute(tx, &acting(who), None).await;
    let shown = |sent: Sent| (sent.message.number, sent.answer.number, sent.summary.is_some());
    let title = tx.state.sessions[0].title.clone();
    expected.assert_eq(&format!("{title:?} {}", tx.report(&outcome.map(shown))));
}

async fn check(who: UserId, command: SendMessage, expected: Expect) {
    outcome(&mut of_ada(Some(COMPANY)), who, &command, expected).await;
}

/// How an answer ends that said this.
fn ended(status: MessageStatus, content: &str) -> impl FnOnce(Message) -> Message {
    let content = content.to_owned();
    move |answer| Message { content, status, ..answer }
}

/// Says it with a key, and the answer ends.
async fn said_and(tx: &mut FakeTx<Tables>, status: MessageStatus) -> Sent {
    said_and_heard(tx, status, "They tu").await
}

/// Says it with a key, and the answer ends when it has said this.
async fn said_and_heard(tx: &mut FakeTx<Tables>, status: MessageStatus, answer: &str) -> Sent {
    let sent = says("How?", Some("k-1")).execute(tx, &acting(ADA), None).await.unwrap();
    end_answer(tx, (SESSION, sent.answer.id), ended(status, answer)).await.unwrap();
    sent
}

#[tokio::test]
async fn what_is_said_and_an_answer_that_waits_are_one_commit() {
    check(ADA, says(" How? ", None), expect![[r#"
        Some("How do mills work?") Ok((3, 4, true))
        chat.chat_message_sent {"message_id":"00000000-0000-0000-0000-000000000101","session_id":"00000000-0000-0000-0000-000000000014","user_id":"00000000-0000-0000-0000-000000000002","workspace_id":"00000000-0000-0000-0000-000000000001","role":"user"}
    "#]]).await;
}

#[tokio::test]
async fn what_is_said_first_is_the_title() {
    let mut tx = of_ada(None);
    tx.state.sessions[0].title = None;
    outcome(&mut tx, ADA, &says("How do looms work?\nReally.", None), expect![[r#"
        Some("How do looms work?") Ok((3, 4, true))
        chat.chat_message_sent {"message_id":"00000000-0000-0000-0000-000000000101","session_id":"00000000-0000-0000-0000-000000000014","user_id":"00000000-0000-0000-0000-000000000002","workspace_id":null,"role":"user"}
        chat.chat_session_title_changed {"session_id":"00000000-0000-0000-0000-000000000014","user_id":"00000000-0000-0000-0000-000000000002","workspace_id":null,"automatic":true}
    "#]]).await;
}

#[tokio::test]
async fn one_answer_at_a_time() {
    let mut tx = of_ada(Some(COMPANY));
    says("How?", None).execute(&mut tx, &acting(ADA), None).await.unwrap();
    let again = says("And why?", None).execute(&mut tx, &acting(ADA), None).await;
    assert!(matches!(again, Err(SendMessageError::AnswerInProgress)));
}

#[tokio::test]
async fn the_same_key_is_the_same_message_and_the_same_answer() {
    let mut tx = of_ada(Some(COMPANY));
    let first = says("How?", Some("k-1")).execute(&mut tx, &acting(ADA), None).await.unwrap();
    let again = says("How?", Some("k-1")).execute(&mut tx, &acting(ADA), None).await.unwrap();
    assert_eq!((again.message.id, again.answer.id), (first.message.id, first.answer.id));
    assert_eq!((first.summary.is_some(), again.summary), (true, None));
    let other = says("Why?", Some("k-1")).execute(&mut tx, &acting(ADA), None).await;
    assert!(matches!(other, Err(SendMessageError::KeyTaken)));
}

#[tokio::test]
async fn what_failed_or_was_cancelled_is_answered_again() {
    for status in [MessageStatus::Failed, MessageStatus::Cancelled] {
        let mut tx = of_ada(Some(COMPANY));
        let first = said_and(&mut tx, status).await;
        let again = says("How?", Some("k-1")).execute(&mut tx, &acting(ADA), None).await.unwrap();
        assert_eq!(again.message.id, first.message.id);
        assert_eq!(
            (first.answer.number, again.answer.number, again.summary.is_some()),
            (4, 5, true)
        );
        assert_eq!(tx.state.sessions[0].message_count, 5, "what came is kept");
    }
    let mut tx = of_ada(Some(COMPANY));
    let first = said_and(&mut tx, MessageStatus::Complete).await;
    let again = says("How?", Some("k-1")).execute(&mut tx, &acting(ADA), None).await.unwrap();
    assert_eq!((again.answer.id, again.summary), (first.answer.id, None));
}

#[tokio::test]
async fn an_answer_of_which_nothing_came_makes_room_for_the_next_one() {
    let mut tx = of_ada(Some(COMPANY));
    let first = said_and_heard(&mut tx, MessageStatus::Failed, "").await;
    says("Why?", None).execute(&mut tx, &acting(ADA), None).await.unwrap();
    let other = tx.state.sessions[0].answer_id.unwrap();
    end_answer(&mut tx, (SESSION, other), ended(MessageStatus::Complete, "So.")).await.unwrap();
    // As often as there is nothing, even in a session that is full.
    tx.state.sessions[0].last_number = 10_000;
    let gone = 10_000 - 6;
    for _ in 0..2 {
        let again = said_and_heard(&mut tx, MessageStatus::Cancelled, "").await;
        assert_eq!(again.message.id, first.message.id);
        assert_ne!(again.answer.id, first.answer.id);
        assert_eq!(again.answer.number, first.answer.number);
        let session = &tx.state.sessions[0];
        assert_eq!(session.last_number - session.message_count, gone, "nothing is missing");
        assert_eq!(tx.state.messages.len(), 6);
    }
    let removed = format!("chat.chat_message_deleted {{\"message_id\":\"{}\"", first.answer.id);
    assert!(tx.transcript().contains(&removed), "whoever shows it hears so");
}

#[tokio::test]
async fn what_nobody_writes_any_more_is_in_nobodys_way() {
    for key in [Some("k-1"), Some("k-2"), None] {
        let mut tx = of_ada(Some(COMPANY));
        let left = says("How?", Some("k-1")).execute(&mut tx, &acting(ADA), None).await.unwrap();
        let mut tx = tx.at(left.answer.deadline_at.unwrap() + TimeDelta::seconds(1));
        let sent = says("How?", key).execute(&mut tx, &acting(ADA), None).await.unwrap();
        assert!(sent.summary.is_some() && sent.answer.id != left.answer.id);
        assert_eq!(sent.message.id == left.message.id, key == Some("k-1"));
        let left = tx.message(SESSION, left.answer.id).await.unwrap();
        let left = left.map(|left| (left.status, left.reason));
        let interrupted = Some((MessageStatus::Failed, Some("interrupted".to_owned())));
        assert_eq!(left, interrupted.filter(|_| key != Some("k-1")));
        assert_eq!(tx.state.sessions[0].answer_id, Some(sent.answer.id));
    }
}

#[tokio::test]
async fn what_is_said_has_limits() {
    check(
        ADA,
        says(" \n ", None),
        expect![[r#"
        Some("How do mills work?") Err(content can't be blank)
    "#]],
    )
    .await;
    check(
        ADA,
        says(&"a".repeat(32_001), None),
        expect![[r#"
        Some("How do mills work?") Err(content should be at most 32000 character(s))
    "#]],
    )
    .await;
    check(
        ADA,
        says("a", Some("")),
        expect![[r#"
        Some("How do mills work?") Err(idempotency_key can't be blank)
    "#]],
    )
    .await;
    let mut tx = of_ada(Some(COMPANY));
    tx.state.sessions[0].last_number = 9_999;
    outcome(
        &mut tx,
        ADA,
        &says("a", None),
        expect![[r#"
        Some("How do mills work?") Err(no session has more than 10000 messages: begin another one)
    "#]],
    )
    .await;
}

#[tokio::test]
async fn nobody_speaks_in_sessions_of_others_or_in_a_workspace_that_is_put_away() {
    check(
        STRANGER,
        says("a", None),
        expect![[r#"
        Some("How do mills work?") Err(there is no such session)
    "#]],
    )
    .await;
    let mut put_away = acting(ADA);
    put_away.workspaces.iter_mut().for_each(|workspace| workspace.is_archived = true);
    let mut tx = of_ada(Some(COMPANY));
    let sent = said_and(&mut tx, MessageStatus::Complete).await;
    let refused = says("a", None).execute(&mut tx, &put_away, None).await;
    assert!(matches!(refused, Err(SendMessageError::WorkspaceArchived)));
    let again = says("How?", Some("k-1")).execute(&mut tx, &put_away, None).await.unwrap();
    assert_eq!(again.answer.id, sent.answer.id);
}

#[tokio::test]
async fn an_answer_is_of_the_agent_that_is_asked() {
    let mut tx = of_ada(Some(COMPANY));
    let sent =
        says("How?", Some("k-1")).execute(&mut tx, &acting(ADA), Some(SCRIBE)).await.unwrap();
    assert_eq!((sent.message.agent_id, sent.answer.agent_id), (None, Some(SCRIBE)));
    let broken = ended(MessageStatus::Failed, "They tu");
    end_answer(&mut tx, (SESSION, sent.answer.id), broken).await.unwrap();
    assert!(tx.transcript().contains(&format!("\"agent_id\":\"{SCRIBE}\"")));
    let again = says("How?", Some("k-1")).execute(&mut tx, &acting(ADA), None).await.unwrap();
    assert_eq!(again.answer.agent_id, None);
}

#[tokio::test]
async fn an_answer_ends_once() {
    let mut tx = of_ada(Some(COMPANY));
    let sent = said_and(&mut tx, MessageStatus::Complete).await;
    let late = ended(MessageStatus::Failed, "They tu");
    let late = end_answer(&mut tx, (SESSION, sent.answer.id), late).await;
    assert_eq!(late.unwrap(), None);
    assert_eq!(tx.state.sessions[0].answer_id, None);
    expect![[r#"
        chat.chat_message_sent {"message_id":"00000000-0000-0000-0000-000000000101","session_id":"00000000-0000-0000-0000-000000000014","user_id":"00000000-0000-0000-0000-000000000002","workspace_id":"00000000-0000-0000-0000-000000000001","role":"user"}
        chat.chat_response_received {"message_id":"00000000-0000-0000-0000-000000000102","session_id":"00000000-0000-0000-0000-000000000014","user_id":"00000000-0000-0000-0000-000000000002","workspace_id":"00000000-0000-0000-0000-000000000001","agent_id":null,"model":null,"status":"complete","tokens":0}
    "#]].assert_eq(&tx.transcript());
}
