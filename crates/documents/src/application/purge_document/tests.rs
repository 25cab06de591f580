//! What becomes of documents that end.

use expect_test::{Expect, expect};
use perme8_events::testing::FakeTx;

use super::*;
use crate::testing::{
    ADMIN, DIARY, MEMBER, OWNER, PLANS, Tables, acting, archived, at_home, company, document,
    trashed,
};

async fn check(mut tx: FakeTx<Tables>, acting: Acting, slug: &str, expected: Expect) {
    let found = tx.state.documents.iter().find(|row| row.slug.as_str() == slug).unwrap().clone();
    let command = PurgeDocument { document: document(slug), seen: Some(1.into()) };
    let outcome = command.execute(&mut tx, &acting, &at_home()).await;
    expected.assert_eq(&tx.report(&outcome));
    let is_left = tx.state.documents.contains(&found);
    assert_eq!(tx.lock_note(found.id).await.unwrap().is_some(), is_left);
    assert_eq!(outcome.is_err(), is_left);
}

#[tokio::test]
async fn a_document_ends_with_its_note_in_the_trash_or_not() {
    check(trashed(company().await, PLANS), acting(ADMIN), PLANS, expect![[r#"
        Ok(())
        documents.document_deleted {"document_id":"00000000-0000-0000-0000-000000000015","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","title":"Plans","is_public":false}
    "#]]).await;
    check(company().await, acting(MEMBER), DIARY, expect![[r#"
        Ok(())
        documents.document_deleted {"document_id":"00000000-0000-0000-0000-000000000017","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","title":"Diary","is_public":false}
    "#]]).await;
}

#[tokio::test]
async fn those_of_others_stay() {
    check(
        company().await,
        acting(OWNER),
        PLANS,
        expect![[r#"
            Err(only its owner, and admins if it is shared, end a document for good)
        "#]],
    )
    .await;
    for slug in [PLANS, DIARY] {
        check(
            trashed(company().await, slug),
            acting(OWNER),
            slug,
            expect![[r#"
            Err(there is no such document)
        "#]],
        )
        .await;
    }
    let archived = archived(acting(MEMBER));
    check(
        trashed(company().await, PLANS),
        archived,
        PLANS,
        expect![[r#"
            Err(the workspace is archived: restore it first)
        "#]],
    )
    .await;
}

#[tokio::test]
async fn what_has_changed_since_is_left_alone() {
    let mut tx = company().await;
    tx.state.documents[0].version = 2;
    check(
        tx,
        acting(MEMBER),
        PLANS,
        expect![[r#"
            Err(the document has changed since: look at it again)
        "#]],
    )
    .await;
}
