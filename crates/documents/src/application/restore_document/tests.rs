//! What becomes of documents that are taken out of the trash.

use expect_test::{Expect, expect};
use perme8_events::testing::FakeTx;

use super::*;
use crate::testing::{
    ADMIN, DIARY, GUEST, MEMBER, OWNER, PLANS, Tables, acting, archived, at_home, company,
    document, trashed,
};

async fn check(mut tx: FakeTx<Tables>, acting: Acting, slug: &str, expected: Expect) {
    let command = RestoreDocument { document: document(slug), seen: Some(1.into()) };
    let outcome = command.execute(&mut tx, &acting, &at_home()).await;
    let seen = outcome.map(|(document, _)| (document.is_trashed(), document.version));
    expected.assert_eq(&tx.report(&seen));
}

#[tokio::test]
async fn whoever_may_put_a_document_into_the_trash_takes_it_out_once() {
    check(trashed(company().await, PLANS), acting(MEMBER), PLANS, expect![[r#"
        Ok((false, 2))
        documents.document_restored {"document_id":"00000000-0000-0000-0000-000000000015","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","title":"Plans","is_public":true}
    "#]]).await;
    check(trashed(company().await, PLANS), acting(ADMIN), PLANS, expect![[r#"
        Ok((false, 2))
        documents.document_restored {"document_id":"00000000-0000-0000-0000-000000000015","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","title":"Plans","is_public":true}
    "#]]).await;
    check(
        company().await,
        acting(MEMBER),
        PLANS,
        expect![[r#"
        Ok((false, 1))
    "#]],
    )
    .await;
}

#[tokio::test]
async fn nobody_else_knows_that_it_is_there() {
    for (who, slug) in [(OWNER, PLANS), (GUEST, PLANS), (ADMIN, DIARY)] {
        check(
            trashed(company().await, slug),
            acting(who),
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
async fn what_has_changed_since_stays_there() {
    let mut tx = trashed(company().await, PLANS);
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
