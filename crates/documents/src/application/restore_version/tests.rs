//! What restores a version, and what does not.

use expect_test::{Expect, expect};
use perme8_events::testing::FakeTx;

use super::*;
use crate::{
    application::update_document::{NewContent, UpdateDocument},
    domain::content::ContentHash,
    testing::{
        ADMIN, DIARY, GUEST, MEMBER, OWNER, PLANS, Tables, acting, archived, at_home, company,
        document, says, trashed,
    },
};

/// The document "plans" says something else than in its first version.
async fn rewritten() -> FakeTx<Tables> {
    let mut tx = company().await;
    let text = "We go.".to_owned();
    let seen_hash = Some(ContentHash::of("We come.").as_str().to_owned());
    let update = UpdateDocument {
        document: document(PLANS),
        title: None,
        is_public: None,
        is_pinned: None,
        project: None,
        content: Some(NewContent { text, seen_hash }),
        seen: None,
    };
    update.execute(&mut tx, &acting(MEMBER), &at_home(), None).await.unwrap();
    drop(tx.take_events());
    tx
}

async fn check(mut tx: FakeTx<Tables>, by: &Acting, slug: &str, number: i64, expected: Expect) {
    let restore = RestoreVersion { document: document(slug), number, seen: None };
    let restored = restore.execute(&mut tx, by, &at_home()).await;
    let restored = restored.map(|(_, text)| text.content);
    expected.assert_eq(&tx.report(&restored));
}

#[tokio::test]
async fn a_document_says_again_what_it_said() {
    check(rewritten().await, &acting(ADMIN), PLANS, 1, expect![[r#"
        Ok(Some("We come."))
        documents.note_content_updated {"document_id":"00000000-0000-0000-0000-000000000015","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","content_hash":"df9b7874dddb0ad6b9c067ae7cce4d4157a9ce0eba1f3f65727379d0dc175a22","length":8,"is_public":true}
    "#]]).await;
    let mut tx = rewritten().await;
    let restore = RestoreVersion { document: document(PLANS), number: 1, seen: None };
    restore.execute(&mut tx, &acting(MEMBER), &at_home()).await.unwrap();
    assert_eq!(says(&mut tx, PLANS).await.as_deref(), Some("We come."));
    // What it says already is no edit.
    drop(tx.take_events());
    let again = restore.execute(&mut tx, &acting(MEMBER), &at_home()).await.unwrap();
    assert_eq!((again.1.as_str(), tx.take_events().len()), ("We come.", 0));
}

#[tokio::test]
async fn a_version_that_is_not_there_is_not_restored() {
    check(
        rewritten().await,
        &acting(MEMBER),
        PLANS,
        3,
        expect![[r#"
        Err(there is no such version)
    "#]],
    )
    .await;
    check(
        rewritten().await,
        &acting(MEMBER),
        "nothing",
        1,
        expect![[r#"
        Err(there is no such document)
    "#]],
    )
    .await;
}

#[tokio::test]
async fn whoever_may_not_edit_restores_nothing() {
    check(
        rewritten().await,
        &acting(GUEST),
        PLANS,
        1,
        expect![[r#"
        Err(guests do not edit documents, nor do owners of a workspace those of others)
    "#]],
    )
    .await;
    check(
        rewritten().await,
        &acting(OWNER),
        PLANS,
        1,
        expect![[r#"
        Err(guests do not edit documents, nor do owners of a workspace those of others)
    "#]],
    )
    .await;
    check(
        rewritten().await,
        &acting(ADMIN),
        DIARY,
        1,
        expect![[r#"
        Err(there is no such document)
    "#]],
    )
    .await;
    check(
        rewritten().await,
        &archived(acting(MEMBER)),
        PLANS,
        1,
        expect![[r#"
        Err(the workspace is archived: restore it first)
    "#]],
    )
    .await;
    check(
        trashed(rewritten().await, PLANS),
        &acting(MEMBER),
        PLANS,
        1,
        expect![[r#"
        Err(there is no such document)
    "#]],
    )
    .await;
}
