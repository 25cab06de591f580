//! What becomes of documents that are changed.

use expect_test::{Expect, expect};
use perme8_events::{UserId, testing::FakeTx};
use projects::ProjectId;

use super::*;
use crate::{
    domain::content::ContentHash,
    testing::{
        ADMIN, DIARY, GUEST, MEMBER, OWNER, PLANS, ROADMAP, Tables, acting, archived, at_home,
        attic, company, in_attic, in_roadmap, roadmap, says, trashed,
    },
};

fn nothing(slug: &str) -> UpdateDocument {
    UpdateDocument {
        document: crate::testing::document(slug),
        title: None,
        is_public: None,
        is_pinned: None,
        project: None,
        content: None,
        seen: None,
    }
}

fn titled(slug: &str, title: &str) -> UpdateDocument {
    UpdateDocument { title: Some(title.to_owned()), ..nothing(slug) }
}

fn shared(slug: &str, is_public: bool) -> UpdateDocument {
    UpdateDocument { is_public: Some(is_public), ..nothing(slug) }
}

fn pinned(slug: &str) -> UpdateDocument {
    UpdateDocument { is_pinned: Some(true), ..nothing(slug) }
}

fn written(slug: &str, seen: &str, text: &str) -> UpdateDocument {
    let seen_hash = Some(ContentHash::of(seen).as_str().to_owned());
    let content = Some(NewContent { text: text.to_owned(), seen_hash });
    UpdateDocument { content, ..nothing(slug) }
}

/// What becomes of a command, and of the document.
async fn report(
    tx: &mut FakeTx<Tables>,
    acting: &Acting,
    command: &UpdateDocument,
    goal: Option<&ProjectView>,
) -> String {
    let outcome = command.execute(tx, acting, &at_home(), goal).await;
    let seen = outcome.map(|(document, text)| {
        let Document { title, slug, version, .. } = document;
        (title, slug.to_string(), version, text.content)
    });
    tx.report(&seen)
}

async fn outcome(
    mut tx: FakeTx<Tables>,
    acting: Acting,
    command: UpdateDocument,
    expected: Expect,
) {
    expected.assert_eq(&report(&mut tx, &acting, &command, None).await);
}

async fn check(who: UserId, command: UpdateDocument, expected: Expect) {
    outcome(company().await, acting(who), command, expected).await;
}

#[tokio::test]
async fn members_change_what_is_shared_and_the_slug_stays() {
    check(MEMBER, titled(PLANS, " Goals "), expect![[r#"
        Ok(("Goals", "plans", 2, Some("We come.")))
        documents.document_title_changed {"document_id":"00000000-0000-0000-0000-000000000015","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","title":"Goals","previous_title":"Plans","is_public":true}
    "#]]).await;
    check(ADMIN, titled(PLANS, "Goals"), expect![[r#"
        Ok(("Goals", "plans", 2, Some("We come.")))
        documents.document_title_changed {"document_id":"00000000-0000-0000-0000-000000000015","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","title":"Goals","previous_title":"Plans","is_public":true}
    "#]]).await;
}

#[tokio::test]
async fn several_changes_are_several_events() {
    let mut command = UpdateDocument {
        is_pinned: Some(true),
        is_public: Some(false),
        project: Some(Move::Into("roadmap".to_owned())),
        ..titled(PLANS, "Goals")
    };
    let mut tx = company().await;
    let told = report(&mut tx, &acting(MEMBER), &command, Some(&roadmap())).await;
    expect![[r#"
        Ok(("Goals", "plans", 2, Some("We come.")))
        documents.document_visibility_changed {"document_id":"00000000-0000-0000-0000-000000000015","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","is_public":false}
        documents.document_pinned_changed {"document_id":"00000000-0000-0000-0000-000000000015","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","is_pinned":true,"is_public":false}
        documents.document_title_changed {"document_id":"00000000-0000-0000-0000-000000000015","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","title":"Goals","previous_title":"Plans","is_public":false}
        documents.document_moved {"document_id":"00000000-0000-0000-0000-000000000015","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","from_project_id":null,"project_id":"00000000-0000-0000-0000-00000000001f","is_public":false}
    "#]].assert_eq(&told);
    command.project = Some(Move::Out);
    let moved = command.execute(&mut tx, &acting(MEMBER), &in_roadmap(), None).await.unwrap();
    assert_eq!((moved.0.project_id, moved.0.version), (None, 3));
}

#[tokio::test]
async fn what_was_private_is_not_told_when_it_is_shared() {
    let command = UpdateDocument { is_public: Some(true), ..titled(DIARY, "Minutes") };
    check(MEMBER, command, expect![[r#"
        Ok(("Minutes", "diary", 2, None))
        documents.document_visibility_changed {"document_id":"00000000-0000-0000-0000-000000000017","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","is_public":true}
        documents.document_title_changed {"document_id":"00000000-0000-0000-0000-000000000017","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","title":"Minutes","previous_title":null,"is_public":true}
    "#]]).await;
}

#[tokio::test]
async fn where_it_was_while_private_is_not_told_when_it_is_shared() {
    let mut tx = company().await;
    let diary = tx.state.documents.iter_mut().find(|row| row.slug.as_str() == DIARY).unwrap();
    diary.project_id = Some(ROADMAP);
    let command = UpdateDocument { project: Some(Move::Out), ..shared(DIARY, true) };
    let moved = command.execute(&mut tx, &acting(MEMBER), &in_roadmap(), None).await;
    expect![[r#"
        Ok(None)
        documents.document_visibility_changed {"document_id":"00000000-0000-0000-0000-000000000017","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","is_public":true}
        documents.document_moved {"document_id":"00000000-0000-0000-0000-000000000017","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","from_project_id":null,"project_id":null,"is_public":true}
    "#]].assert_eq(&tx.report(&moved.map(|(document, _)| document.project_id)));
}

#[tokio::test]
async fn what_was_hidden_since_it_was_read_is_not_opened() {
    let mut tx = company().await;
    let read = tx.state.documents[0].clone();
    tx.state.documents[0].version += 1;
    let lost = Opened::of(&mut tx, &read).await;
    assert!(lost.is_err_and(|error| error.is_conflict()));
}

#[test]
fn what_people_write_is_not_shown() {
    let shown = format!(
        "{:?}",
        UpdateDocument { title: Some("Dear me".to_owned()), ..written(PLANS, "", "Dear me") }
    );
    assert!(shown.contains(PLANS) && !shown.contains("Dear me"), "{shown}");
}

#[tokio::test]
async fn what_changes_nothing_is_no_event() {
    check(
        MEMBER,
        nothing(PLANS),
        expect![[r#"
        Ok(("Plans", "plans", 1, Some("We come.")))
    "#]],
    )
    .await;
    let same = UpdateDocument { is_public: Some(true), ..titled(PLANS, "Plans ") };
    check(
        MEMBER,
        same,
        expect![[r#"
        Ok(("Plans", "plans", 1, Some("We come.")))
    "#]],
    )
    .await;
    check(
        MEMBER,
        written(PLANS, "We come.", "We come."),
        expect![[r#"
        Ok(("Plans", "plans", 1, Some("We come.")))
    "#]],
    )
    .await;
}

#[tokio::test]
async fn whoever_may_pin_does_not_therefore_edit() {
    check(OWNER, pinned(PLANS), expect![[r#"
        Ok(("Plans", "plans", 2, Some("We come.")))
        documents.document_pinned_changed {"document_id":"00000000-0000-0000-0000-000000000015","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","is_pinned":true,"is_public":true}
    "#]]).await;
    check(
        OWNER,
        titled(PLANS, "Mine"),
        expect![[r#"
        Err(the role, or whose document it is, does not allow this)
    "#]],
    )
    .await;
    let both = UpdateDocument { title: Some("Mine".to_owned()), ..pinned(PLANS) };
    check(
        OWNER,
        both,
        expect![[r#"
        Err(the role, or whose document it is, does not allow this)
    "#]],
    )
    .await;
    check(
        OWNER,
        written(PLANS, "We come.", "I come."),
        expect![[r#"
        Err(the role, or whose document it is, does not allow this)
    "#]],
    )
    .await;
    for command in [nothing(PLANS), pinned(PLANS), written(PLANS, "We come.", "I come.")] {
        let refused = command.execute(&mut company().await, &acting(GUEST), &at_home(), None).await;
        assert!(matches!(refused, Err(UpdateDocumentError::Forbidden)));
    }
}

#[tokio::test]
async fn nobody_but_its_owner_hides_a_document() {
    check(
        ADMIN,
        shared(PLANS, false),
        expect![[r#"
        Err(the role, or whose document it is, does not allow this)
    "#]],
    )
    .await;
    check(MEMBER, shared(PLANS, false), expect![[r#"
        Ok(("Plans", "plans", 2, Some("We come.")))
        documents.document_visibility_changed {"document_id":"00000000-0000-0000-0000-000000000015","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","is_public":false}
    "#]]).await;
}

#[tokio::test]
async fn a_private_document_is_nobody_elses() {
    for who in [OWNER, ADMIN, GUEST] {
        for command in [nothing(DIARY), pinned(DIARY), written(DIARY, "", "Mine.")] {
            let mut tx = company().await;
            let refused = command.execute(&mut tx, &acting(who), &at_home(), None).await;
            assert!(matches!(refused, Err(UpdateDocumentError::Forbidden)));
        }
    }
}

#[tokio::test]
async fn what_is_in_the_trash_or_nowhere_is_not_changed() {
    for slug in ["nothing", "No Slug"] {
        check(
            MEMBER,
            titled(slug, "Mine"),
            expect![[r#"
            Err(there is no such document)
        "#]],
        )
        .await;
    }
    for (who, slug) in [(MEMBER, PLANS), (ADMIN, PLANS), (ADMIN, DIARY)] {
        let (mut tx, command) = (trashed(company().await, slug), titled(slug, "Mine"));
        let refused = command.execute(&mut tx, &acting(who), &at_home(), None).await;
        assert!(matches!(refused, Err(UpdateDocumentError::DocumentNotFound)));
    }
}

#[tokio::test]
async fn what_is_put_away_stays_as_it_is() {
    let rename = || titled(PLANS, "Goals");
    outcome(
        company().await,
        archived(acting(MEMBER)),
        rename(),
        expect![[r#"
        Err(the workspace is archived: restore it first)
    "#]],
    )
    .await;
    let home = Home { project_id: Some(attic().id), project: Some(attic()) };
    let mut tx = in_attic(company().await);
    let refused = rename().execute(&mut tx, &acting(MEMBER), &home, None).await;
    assert!(matches!(refused, Err(UpdateDocumentError::ProjectArchived)));
    let mut tx = company().await;
    let command =
        UpdateDocument { project: Some(Move::Into("attic".to_owned())), ..nothing(PLANS) };
    let refused = command.execute(&mut tx, &acting(MEMBER), &at_home(), Some(&attic())).await;
    assert!(matches!(refused, Err(UpdateDocumentError::ProjectArchived)));
}

#[tokio::test]
async fn a_document_moves_into_projects_that_are_there() {
    let into = UpdateDocument { project: Some(Move::Into("gone".to_owned())), ..nothing(PLANS) };
    check(
        MEMBER,
        into,
        expect![[r#"
        Err(there is no such project)
    "#]],
    )
    .await;
    // It has gone since it was asked.
    let mut tx = company().await;
    tx.remember_gone(Gone::Project(ROADMAP)).await.unwrap();
    let into = UpdateDocument { project: Some(Move::Into("roadmap".to_owned())), ..nothing(PLANS) };
    let refused = into.execute(&mut tx, &acting(MEMBER), &at_home(), Some(&roadmap())).await;
    assert!(matches!(refused, Err(UpdateDocumentError::ProjectNotFound)));
    // Moved by somebody else since it was asked where it is.
    let mut tx = company().await;
    tx.state.documents[0].project_id = Some(ProjectId::new(ROADMAP.uuid()));
    let lost = nothing(PLANS).execute(&mut tx, &acting(MEMBER), &at_home(), None).await;
    assert!(matches!(lost, Err(UpdateDocumentError::Storage(error)) if error.is_conflict()));
}

#[tokio::test]
async fn a_document_that_was_changed_since_is_not_overwritten() {
    let seen = |version, id, content: &str| {
        let content = Some(ContentHash::of(content).as_str()[..16].to_owned());
        let seen = Some(SeenDocument { id: Some(id), version, content });
        UpdateDocument { seen, ..titled(PLANS, "Goals") }
    };
    let id = company().await.state.documents[0].id;
    check(MEMBER, seen(1, id, "We come."), expect![[r#"
        Ok(("Goals", "plans", 2, Some("We come.")))
        documents.document_title_changed {"document_id":"00000000-0000-0000-0000-000000000015","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","title":"Goals","previous_title":"Plans","is_public":true}
    "#]]).await;
    let other = crate::testing::id(99);
    for stale in [seen(2, id, "We come."), seen(1, other, "We come."), seen(1, id, "We go.")] {
        check(
            MEMBER,
            stale,
            expect![[r#"
            Err(the document has changed since: look at it again)
        "#]],
        )
        .await;
    }
}

#[tokio::test]
async fn a_text_is_written_over_the_one_that_was_seen() {
    let mut tx = company().await;
    let told = report(&mut tx, &acting(ADMIN), &written(PLANS, "We come.", "We go."), None).await;
    expect![[r#"
        Ok(("Plans", "plans", 1, Some("We go.")))
        documents.note_content_updated {"document_id":"00000000-0000-0000-0000-000000000015","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","content_hash":"ef33d21d23bea4939a175d8582d39214f259cc7b9ce6ec502f9ebc67157c7c2e","length":6,"is_public":true}
    "#]]
    .assert_eq(&told);
    assert_eq!(says(&mut tx, PLANS).await.as_deref(), Some("We go."));
    let late = written(PLANS, "We come.", "We stay.");
    let refused = late.execute(&mut tx, &acting(MEMBER), &at_home(), None).await;
    let Err(UpdateDocumentError::OtherContent(current)) = refused else { panic!("it is stale") };
    assert_eq!(current.content.as_deref(), Some("We go."));
    assert_eq!(current.content_hash, ContentHash::of("We go.").as_str());
    let mut unseen = written(PLANS, "We go.", "");
    unseen.content.as_mut().unwrap().seen_hash = None;
    let refused = unseen.execute(&mut tx, &acting(MEMBER), &at_home(), None).await;
    assert!(matches!(refused, Err(UpdateDocumentError::ContentHashMissing)));
    let emptied = written(PLANS, "We go.", "");
    emptied.execute(&mut tx, &acting(MEMBER), &at_home(), None).await.unwrap();
    assert_eq!(says(&mut tx, PLANS).await.as_deref(), Some(""));
}

#[tokio::test]
async fn what_is_wrong_with_a_title_or_a_text_is_said() {
    check(
        MEMBER,
        titled(PLANS, " "),
        expect![[r#"
        Err(title can't be blank)
    "#]],
    )
    .await;
    let long = "x".repeat(1024 * 1024 + 1);
    check(
        MEMBER,
        written(PLANS, "We come.", &long),
        expect![[r#"
        Err(a text has at most 1048576 bytes)
    "#]],
    )
    .await;
}
