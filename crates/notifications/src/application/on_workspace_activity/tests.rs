//! Who is told of which event, and who is not.

use documents::{DocumentCreated, DocumentDeleted, DocumentTitleChanged};
use expect_test::{Expect, expect};
use identity::{
    Change, InvitationDeclined, MemberJoined, WorkspaceArchived, WorkspaceDeleted,
    WorkspaceRestored,
};
use perme8_events::{
    Actor, DomainEvent, ErrorClass,
    testing::{FakeTx, envelope},
};
use projects::{ProjectChanges, ProjectCreated, ProjectDeleted, ProjectUpdated};

use super::*;
use crate::{
    application::{
        on_access_lost::OnAccessLost,
        ports::{MockDirectory, MockDocumentDirectory},
    },
    testing::{
        ACME, ADA, BOB, CAROL, DAVE, Memory, acme, declined, deleted, deliver, demoted, expired,
        id, invited, joined, left, promoted, removed, revoked, short,
    },
};

/// Who is told what, given the managers.
async fn told(managers: &'static [UserId], event: &Envelope) -> String {
    let documents = MockDocumentDirectory::empty();
    let people = MockDirectory::with_managers(managers).shared();
    let handler = OnWorkspaceActivity::new(people, documents);
    let mut tx = FakeTx::new(Memory::default());
    deliver(&handler, &mut tx, event).await;
    let lines = tx.state.notifications().map(|told| format!("{}: {}\n", told.user_id, told.title));
    short(&lines.collect::<String>())
}

async fn check<E: DomainEvent>(actor: UserId, event: &E, expected: Expect) {
    expected.assert_eq(&told(&[ADA, BOB], &envelope(1, Actor::User(actor), event)).await);
}

#[tokio::test]
async fn managers_and_the_inviter_learn_who_joined() {
    check(
        DAVE,
        &joined(3),
        expect![[r#"
        #a: Dave Cutler joined Acme
        #b: Dave Cutler joined Acme
    "#]],
    )
    .await;
    check(
        DAVE,
        &joined(5),
        expect![[r#"
        #a: Dave Cutler joined Acme
        #b: Dave Cutler joined Acme
        #c: Dave Cutler joined Acme
    "#]],
    )
    .await;
    // Bob, who sent it, has gone since.
    expect![[r#"
        #a: Dave Cutler joined Acme
    "#]]
    .assert_eq(&told(&[ADA], &envelope(1, Actor::User(DAVE), &joined(3))).await);
}

#[tokio::test]
async fn who_joined_without_an_invitation_is_news_for_managers() {
    let joined = MemberJoined { invitation_id: None, role: Role::Guest, ..joined(3) };
    check(
        ADA,
        &joined,
        expect![[r#"
        #b: Dave Cutler joined Acme
    "#]],
    )
    .await;
}

#[tokio::test]
async fn only_an_inviter_who_still_manages_learns_who_declined() {
    check(
        DAVE,
        &declined(),
        expect![[r#"
        #b: dave@example.com will not join Acme
    "#]],
    )
    .await;
    assert_eq!(told(&[ADA], &envelope(1, Actor::User(DAVE), &declined())).await, "");
    let of_carol = InvitationDeclined { invitation_id: id(5), ..declined() };
    check(DAVE, &of_carol, expect![""]).await;
}

#[tokio::test]
async fn an_inviter_learns_that_others_or_time_took_the_invitation_back() {
    check(
        ADA,
        &revoked(),
        expect![[r#"
        #b: Invitation of dave@example.com to Acme revoked
    "#]],
    )
    .await;
    check(BOB, &revoked(), expect![[r#""#]]).await;
    let by_time = envelope(1, Actor::System("identity.expiry".into()), &expired());
    expect![[r#"
        #b: Invitation of dave@example.com to Acme expired
    "#]]
    .assert_eq(&told(&[ADA, BOB], &by_time).await);
    assert_eq!(
        told(&[ADA], &by_time).await,
        "",
        "who does not manage any more sees no invitations"
    );
}

#[tokio::test]
async fn the_removed_person_learns_it_and_nobody_else() {
    check(
        ADA,
        &removed(CAROL),
        expect![[r#"
        #c: You were removed from Acme
    "#]],
    )
    .await;
}

#[tokio::test]
async fn managers_learn_who_left() {
    check(
        CAROL,
        &left(CAROL),
        expect![[r#"
        #a: Carol Shaw left Acme
        #b: Carol Shaw left Acme
    "#]],
    )
    .await;
    // A manager who leaves is not told of it, even by a directory that has not noticed.
    check(
        BOB,
        &left(BOB),
        expect![[r#"
        #a: Bob Builder left Acme
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_member_learns_of_the_new_role_unless_gone() {
    check(
        ADA,
        &demoted(CAROL),
        expect![[r#"
        #c: Your role in Acme changed
    "#]],
    )
    .await;
    check(ADA, &demoted(DAVE), expect![""]).await;
    check(
        ADA,
        &promoted(CAROL),
        expect![[r#"
        #c: Your role in Acme changed
    "#]],
    )
    .await;
}

#[tokio::test]
async fn everybody_learns_that_the_workspace_is_put_away_and_in_use_again() {
    let mut everybody = MockDirectory::new();
    everybody.expect_workspace().returning(|_| {
        let Place { name, slug, .. } = acme();
        Ok(Some(WorkspaceNames { name, slug }))
    });
    everybody.expect_people().returning(|_, at_least, _, _| {
        assert_eq!(at_least, Role::Guest);
        Ok(vec![ADA, BOB, CAROL])
    });
    let handler = OnWorkspaceActivity::new(everybody.shared(), MockDocumentDirectory::empty());
    let mut tx = FakeTx::new(Memory::default());
    let ada = || Actor::User(ADA);
    deliver(&handler, &mut tx, &envelope(1, ada(), &WorkspaceArchived { workspace_id: ACME }))
        .await;
    deliver(&handler, &mut tx, &envelope(2, ada(), &WorkspaceRestored { workspace_id: ACME }))
        .await;
    let told = tx.state.notifications().map(|told| format!("{}: {}\n", told.user_id, told.title));
    expect![[r#"
        #b: Acme was archived
        #c: Acme was archived
        #b: Acme was restored
        #c: Acme was restored
    "#]]
    .assert_eq(&short(&told.collect::<String>()));
}

#[tokio::test]
async fn everybody_else_learns_what_becomes_of_projects() {
    let (project_id, workspace_id, user_id) = (id(4), ACME, CAROL);
    let name = || "Roadmap".to_owned();
    let (created, deleted) = (
        ProjectCreated { project_id, workspace_id, user_id, name: name(), slug: "roadmap".into() },
        ProjectDeleted { project_id, workspace_id, user_id, name: name() },
    );
    check(
        CAROL,
        &created,
        expect![[r#"
        #a: Roadmap was created
        #b: Roadmap was created
    "#]],
    )
    .await;
    check(
        ADA,
        &deleted,
        expect![[r#"
        #b: Roadmap was deleted
    "#]],
    )
    .await;
}

#[tokio::test]
async fn that_a_project_has_another_owner_is_no_news() {
    let changed = |changes| ProjectUpdated {
        project_id: id(4),
        workspace_id: ACME,
        user_id: ADA,
        name: "Plans".to_owned(),
        changes,
    };
    let user_id = Some(Change { from: DAVE, to: ADA });
    check(DAVE, &changed(ProjectChanges { user_id, ..ProjectChanges::default() }), expect![[""]])
        .await;
    let name = Some(Change { from: "Roadmap".to_owned(), to: "Plans".to_owned() });
    check(
        CAROL,
        &changed(ProjectChanges { name, ..ProjectChanges::default() }),
        expect![[r#"
        #a: Plans was updated
        #b: Plans was updated
    "#]],
    )
    .await;
}

/// Who is told what of the documents of Carol, who does it; each is this to others today.
async fn of_documents<E: DomainEvent>(
    documents: Arc<MockDocumentDirectory>,
    actor: Actor,
    event: &E,
) -> String {
    let people = MockDirectory::with_managers(&[ADA, BOB, CAROL]).shared();
    let mut tx = FakeTx::new(Memory::default());
    let handler = OnWorkspaceActivity::new(people, documents);
    deliver(&handler, &mut tx, &envelope(1, actor, event)).await;
    let lines = tx.state.notifications().map(|told| format!("{}: {}\n", told.user_id, told.title));
    short(&lines.collect::<String>())
}

#[tokio::test]
async fn those_who_may_see_a_document_when_they_are_told_learn_of_it() {
    let carol = || Actor::User(CAROL);
    let created = DocumentCreated {
        document_id: id(5),
        workspace_id: ACME,
        project_id: None,
        user_id: CAROL,
        title: "Roadmap".to_owned(),
        slug: "roadmap".to_owned(),
        is_public: true,
    };
    let renamed = DocumentTitleChanged {
        document_id: id(5),
        workspace_id: ACME,
        user_id: CAROL,
        title: "Plans".to_owned(),
        previous_title: Some("Roadmap".to_owned()),
        is_public: true,
    };
    // No row keeps the title: it may turn private before anybody reads it.
    let shared = || MockDocumentDirectory::plans(true);
    expect![[r#"
        #a: A document was created
        #b: A document was created
    "#]]
    .assert_eq(&of_documents(shared(), carol(), &created).await);
    expect![[r#"
        #b: A document was renamed
        #c: A document was renamed
    "#]]
    .assert_eq(&of_documents(shared(), Actor::User(ADA), &renamed).await);
    // It turned private since, or is gone.
    assert_eq!(of_documents(MockDocumentDirectory::plans(false), carol(), &created).await, "");
    assert_eq!(of_documents(MockDocumentDirectory::empty(), carol(), &created).await, "");
    // What happened while it was private is told to nobody else, although it is shared by now.
    let hidden = DocumentCreated { is_public: false, ..created };
    assert_eq!(of_documents(shared(), carol(), &hidden).await, "");
    // And what happened while it was shared, to nobody but its owner once it is private.
    expect![[r#"
        #c: A document was renamed
    "#]]
    .assert_eq(
        &of_documents(MockDocumentDirectory::plans(false), Actor::User(ADA), &renamed).await,
    );
}

#[tokio::test]
async fn those_who_saw_a_document_learn_that_it_is_gone() {
    let gone = |is_public| DocumentDeleted {
        document_id: id(5),
        workspace_id: ACME,
        user_id: CAROL,
        title: "Plans".to_owned(),
        is_public,
    };
    let nothing = || MockDocumentDirectory::empty();
    let schedule = || Actor::System("documents.purge".into());
    expect![[r#"
        #a: Plans was deleted
        #b: Plans was deleted
    "#]]
    .assert_eq(&of_documents(nothing(), Actor::User(CAROL), &gone(true)).await);
    expect![[r#"
        #c: Plans was deleted
    "#]]
    .assert_eq(&of_documents(nothing(), schedule(), &gone(false)).await);
    assert_eq!(of_documents(nothing(), Actor::User(CAROL), &gone(false)).await, "");
}

#[tokio::test]
async fn nobody_is_told_of_what_the_same_person_did_or_caused() {
    check(CAROL, &demoted(CAROL), expect![""]).await;
    let mut caused = envelope(1, Actor::System("somebody.on_something".into()), &left(CAROL));
    caused.on_behalf_of = Some(ADA);
    expect![[r#"
        #b: Carol Shaw left Acme
    "#]]
    .assert_eq(&told(&[ADA, BOB], &caused).await);
}

#[tokio::test]
async fn what_happens_in_a_workspace_that_is_gone_is_no_news() {
    let elsewhere = MemberJoined { workspace_id: id(9), ..joined(3) };
    check(DAVE, &elsewhere, expect![""]).await;
}

#[tokio::test]
async fn invitations_are_left_to_their_own_handler() {
    check(BOB, &invited(3), expect![""]).await;
}

#[tokio::test]
async fn a_directory_that_fails_is_asked_again_later() {
    let mut directory = MockDirectory::new();
    directory.expect_people().returning(|_, _, _, _| Err(StorageError::new("the network is down")));
    let handler = OnWorkspaceActivity::new(directory.shared(), MockDocumentDirectory::empty());
    let event = envelope(1, Actor::User(CAROL), &left(CAROL));
    let error = EventHandler::<FakeTx<Memory>>::gather(&handler, &event).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Transient);
}

#[test]
fn everything_in_a_workspace_keeps_its_order() {
    let handler =
        OnWorkspaceActivity::new(MockDirectory::new().shared(), MockDocumentDirectory::empty());
    for event in
        [envelope(1, Actor::User(DAVE), &joined(3)), envelope(2, Actor::User(DAVE), &declined())]
    {
        assert_eq!(handler.partition_key(&event), ACME.to_string());
    }
}

#[tokio::test]
async fn those_who_managed_it_learn_that_a_workspace_is_gone_and_by_whom() {
    // Nobody can ask any more who managed it, and what it was called.
    let directory = || {
        let mut directory = MockDirectory::new();
        directory.expect_person_name().returning(|_| Ok(Some("Ada Lovelace".to_owned())));
        OnWorkspaceActivity::new(directory.shared(), MockDocumentDirectory::empty())
    };
    let event = WorkspaceDeleted { manager_ids: vec![ADA, BOB, CAROL], ..deleted() };
    let event = envelope(20, Actor::User(ADA), &event);
    let mut tx = FakeTx::new(Memory::default());
    deliver(&directory(), &mut tx, &event).await;
    deliver(&OnAccessLost::new(), &mut tx, &event).await;
    deliver(&directory(), &mut tx, &event).await;
    let told: Vec<_> =
        tx.state.notifications().map(|told| (told.user_id, told.body.as_str())).collect();
    let body = "Ada Lovelace deleted Acme, and everything in it.";
    assert_eq!(told, [(BOB, body), (CAROL, body)]);
}
