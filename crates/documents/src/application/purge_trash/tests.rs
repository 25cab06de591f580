//! What becomes of documents that stay in the trash.

use chrono::Days;
use expect_test::expect;
use perme8_events::{Actor, Transaction as _, testing::FakeTx};

use super::*;
use crate::testing::{DIARY, PLANS, Tables, company, trashed};

async fn trash() -> FakeTx<Tables> {
    let tx = trashed(trashed(company().await, PLANS), DIARY);
    tx.of(Actor::System("documents.purge".into()))
}

#[tokio::test]
async fn what_is_in_the_trash_ends_after_thirty_days() {
    let mut tx = trash().await;
    let (start, purge) = (tx.now(), PurgeTrash { limit: 1 });
    for (days, ended) in [(0, 0), (29, 0), (30, 1), (30, 1), (30, 0)] {
        tx = tx.at(start + Days::new(days));
        assert_eq!(purge.execute(&mut tx).await.unwrap(), ended, "after {days} days");
    }
    assert_eq!(tx.state.documents, []);
    expect![[r#"
        documents.document_deleted {"document_id":"00000000-0000-0000-0000-000000000015","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","title":"Plans","is_public":false}
        documents.document_deleted {"document_id":"00000000-0000-0000-0000-000000000017","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","title":"Diary","is_public":false}
    "#]].assert_eq(&tx.transcript());
}

#[tokio::test]
async fn nobody_but_the_system_empties_the_trash() {
    let mut tx = trashed(company().await, PLANS);
    let refused = PurgeTrash { limit: 1 }.execute(&mut tx).await;
    assert!(matches!(refused, Err(PurgeTrashError::Forbidden)));
}
