//! What becomes of documents that are put into the trash.

use expect_test::{Expect, expect};
use perme8_events::testing::FakeTx;

use super::*;
use crate::testing::{
    ADMIN, DIARY, GUEST, MEMBER, OWNER, PLANS, Tables, acting, archived, at_home, company,
    document, in_attic, trashed,
};

async fn check(mut tx: FakeTx<Tables>, acting: Acting, slug: &str, expected: Expect) {
    let command = TrashDocument { document: document(slug), seen: Some(1.into()) };
    let outcome = command.execute(&mut tx, &acting, &at_home()).await;
    expected.assert_eq(&tx.report(&outcome));
}

#[tokio::test]
async fn its_owner_and_admins_put_a_document_into_the_trash() {
    check(company().await, acting(MEMBER), PLANS, expect![[r#"
        Ok(())
        documents.document_trashed {"document_id":"00000000-0000-0000-0000-000000000015","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","title":"Plans","is_public":true}
    "#]]).await;
    check(company().await, acting(ADMIN), PLANS, expect![[r#"
        Ok(())
        documents.document_trashed {"document_id":"00000000-0000-0000-0000-000000000015","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","title":"Plans","is_public":true}
    "#]]).await;
    check(company().await, acting(MEMBER), DIARY, expect![[r#"
        Ok(())
        documents.document_trashed {"document_id":"00000000-0000-0000-0000-000000000017","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","title":"Diary","is_public":false}
    "#]]).await;
}

#[tokio::test]
async fn nobody_else_does_and_what_is_private_is_not_there_for_them() {
    for who in [OWNER, GUEST] {
        check(
            company().await,
            acting(who),
            PLANS,
            expect![[r#"
            Err(only its owner, and admins if it is shared, put a document into the trash)
        "#]],
        )
        .await;
    }
    for who in [OWNER, ADMIN] {
        check(
            company().await,
            acting(who),
            DIARY,
            expect![[r#"
            Err(there is no such document)
        "#]],
        )
        .await;
    }
}

#[tokio::test]
async fn a_document_is_put_there_once_and_not_while_something_is_put_away() {
    check(
        trashed(company().await, PLANS),
        acting(MEMBER),
        PLANS,
        expect![[r#"
        Err(there is no such document)
    "#]],
    )
    .await;
    check(
        company().await,
        archived(acting(MEMBER)),
        PLANS,
        expect![[r#"
        Err(the workspace is archived: restore it first)
    "#]],
    )
    .await;
    let home =
        Home { project_id: Some(crate::testing::ATTIC), project: Some(crate::testing::attic()) };
    let command = TrashDocument { document: document(PLANS), seen: None };
    let refused = command.execute(&mut in_attic(company().await), &acting(MEMBER), &home).await;
    assert!(matches!(refused, Err(TrashDocumentError::ProjectArchived)));
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
