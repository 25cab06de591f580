//! Bursts that end, and bursts that go on.

use chrono::TimeDelta;
use expect_test::{Expect, expect};
use perme8_events::{
    Actor, Load as _, Transaction as _,
    testing::{FakeTx, envelope},
};

use super::*;
use crate::testing::{PLANS, Tables, company, id, trashed};

/// The document "plans", in which somebody has just written something.
const WRITTEN: DocumentId = id(21);

/// The timer of a document fires, so many seconds after the last edit.
async fn fire(mut tx: FakeTx<Tables>, owner: &str, seconds: i64) -> FakeTx<Tables> {
    let now = tx.now() + TimeDelta::seconds(seconds);
    tx = tx.at(now);
    let (owner, instance) = (owner.to_owned(), WRITTEN.to_string());
    let fired = TimerFired { owner, instance, timer: TIMER.to_owned(), due_at: now };
    let event = envelope(1, Actor::System(NAME.into()), &fired);
    assert!(OnBurstOver.subscriptions().iter().any(|subscription| subscription.matches(&event)));
    OnBurstOver.handle(&mut tx, &event, ()).await.unwrap();
    tx
}

async fn check(owner: &str, seconds: i64, expected: Expect) {
    let tx = fire(company().await, owner, seconds).await;
    expected.assert_eq(&tx.transcript());
}

#[tokio::test]
async fn a_burst_that_is_over_is_told_of_once_and_kept_as_a_version() {
    check(NAME, 30, expect![[r#"
        documents.note_content_updated {"document_id":"00000000-0000-0000-0000-000000000015","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","content_hash":"df9b7874dddb0ad6b9c067ae7cce4d4157a9ce0eba1f3f65727379d0dc175a22","length":8,"is_public":true}
    "#]]).await;
    let mut tx = fire(company().await, NAME, 30).await;
    let note = tx.lock_note(WRITTEN).await.unwrap().unwrap();
    assert_eq!((note.burst, tx.versions(note.id).await.unwrap().len()), (None, 1));
    assert_eq!(tx.load(WRITTEN).await.unwrap().unwrap().updated_at, tx.now());
    let told = tx.transcript();
    assert_eq!(fire(tx, NAME, 30).await.transcript(), told);
}

#[tokio::test]
async fn in_the_trash_a_burst_ends_without_a_word() {
    let mut tx = fire(trashed(company().await, PLANS), NAME, 30).await;
    let note = tx.lock_note(WRITTEN).await.unwrap().unwrap();
    assert_eq!((note.burst, tx.versions(note.id).await.unwrap().len()), (None, 1));
    assert_eq!(tx.transcript(), "");
}

#[tokio::test]
async fn a_burst_that_goes_on_is_waited_for() {
    check(NAME, 29, expect![[r#"
        set timer documents.on_burst_over 00000000-0000-0000-0000-000000000015 burst due=2026-01-05 09:00:30 UTC
    "#]]).await;
}

#[tokio::test]
async fn timers_of_others_are_left_alone() {
    check("somebody.else", 30, expect![[""]]).await;
}
