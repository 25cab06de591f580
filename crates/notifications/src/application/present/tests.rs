//! What readers see of what they were told.

use std::{fmt::Write as _, sync::Arc};

use expect_test::{Expect, expect};

use super::*;
use crate::{
    application::ports::{MockDirectory, MockDocumentDirectory, MockProjectDirectory},
    domain::{
        action::NotificationAction,
        delivery::Delivery,
        document_news::{DocumentNews, NamedDocument},
        occasion::{Person, Place},
        project_news::{NamedProject, ProjectNews},
    },
    testing::{ACME, BOB, CAROL, acme, id, notification},
};

/// Told of [`ACME`] when it was called Acme and [`CAROL`] Carol Shaw.
fn told(occasion: Occasion) -> Notification {
    let person = if matches!(occasion, Occasion::Invited { .. }) {
        Person { id: None, name: Some("Bob Builder".to_owned()) }
    } else {
        Person { id: Some(CAROL), name: Some("Carol Shaw".to_owned()) }
    };
    let roadmap = NamedProject { id: id(4), name: "Roadmap".to_owned(), slug: None };
    let project = Some(roadmap).filter(|_| matches!(occasion, Occasion::Project(_)));
    let document =
        Some(NamedDocument::unnamed(id(5))).filter(|_| matches!(occasion, Occasion::Document(_)));
    let content = occasion.content(&Place { project, document, ..acme() }, &person).unwrap();
    let Notification { id, source, created_at, .. } = notification(1, BOB);
    Notification::create(id, BOB, content, source, Delivery::On, created_at).peek().clone()
}

/// Acme is Acme & Sons today, where the reader is this; Carol is Carol Stone, and there if she is a member.
fn today(role: Option<Role>, is_carol_there: bool) -> MockDirectory {
    let mut directory = MockDirectory::new();
    directory.expect_workspaces_seen_by().returning(move |_, _| {
        let names = WorkspaceNames { name: "Acme & Sons".to_owned(), slug: "acme-sons".to_owned() };
        Ok(vec![WorkspaceView { id: ACME, names, role }])
    });
    directory.expect_colleagues().returning(move |workspaces, _| {
        let carol =
            Colleague { workspace_id: ACME, user_id: CAROL, name: "Carol Stone".to_owned() };
        let is_seen = is_carol_there && workspaces.contains(&ACME);
        Ok(if is_seen { vec![carol] } else { Vec::new() })
    });
    directory
}

/// The roadmap of Acme is called Plans today.
fn plans() -> MockProjectDirectory {
    let mut projects = MockProjectDirectory::new();
    projects.expect_projects().returning(|ids| {
        assert_eq!(ids, [id(4)]);
        let (name, slug) = ("Plans".to_owned(), "roadmap".to_owned());
        Ok(vec![ProjectView { id: id(4), workspace_id: ACME, name, slug }])
    });
    projects
}

async fn check(told: Notification, directory: MockDirectory, expected: Expect) {
    shown(told, directory, MockDocumentDirectory::empty(), expected).await;
}

async fn shown(
    told: Notification,
    directory: MockDirectory,
    documents: Arc<MockDocumentDirectory>,
    expected: Expect,
) {
    let (people, projects) = (Arc::new(directory), Arc::new(plans()));
    let directories = Directories { people, projects, documents };
    let mut text = String::new();
    for NotificationSummary { title, body, data, link, .. } in
        present(&directories, BOB, vec![told]).await.unwrap()
    {
        let (name, slug) = (&data["workspace_name"], data.get("workspace_slug"));
        writeln!(text, "{title}\n{body}\n{name} {slug:?}\n{link:?}").unwrap();
    }
    expected.assert_eq(&text);
}

#[tokio::test]
async fn a_member_reads_the_names_of_today() {
    let joined = told(Occasion::MemberJoined { role: Role::Guest });
    check(
        joined,
        today(Some(Role::Admin), true),
        expect![[r#"
        Carol Stone joined Acme & Sons
        Carol Stone is now a guest of Acme & Sons.
        "Acme & Sons" Some(String("acme-sons"))
        Some(Members("acme-sons"))
    "#]],
    )
    .await;
}

#[tokio::test]
async fn somebody_who_has_left_is_called_as_on_that_day() {
    check(
        told(Occasion::MemberLeft),
        today(Some(Role::Admin), false),
        expect![[r#"
        Carol Shaw left Acme & Sons
        Carol Shaw is no longer a member of Acme & Sons.
        "Acme & Sons" Some(String("acme-sons"))
        Some(Members("acme-sons"))
    "#]],
    )
    .await;
}

#[tokio::test]
async fn whoever_has_lost_the_workspace_learns_nothing_new_of_it() {
    check(
        told(Occasion::Removed),
        today(None, true),
        expect![[r#"
        You were removed from Acme
        You no longer have access to Acme.
        "Acme" None
        None
    "#]],
    )
    .await;
}

#[tokio::test]
async fn an_invitation_shows_its_workspace_while_it_can_be_answered() {
    let question = Occasion::Invited { invitation_id: id(3), role: Role::Member };
    check(
        told(question),
        today(None, true),
        expect![[r#"
        Invitation to Acme & Sons
        Bob Builder invites you to join Acme & Sons as a member.
        "Acme & Sons" Some(String("acme-sons"))
        Some(Invitation(00000000-0000-0000-0000-000000000003))
    "#]],
    )
    .await;
    let now = told(question).created_at;
    let declined = told(question).take(NotificationAction::Declined, now).peek().clone();
    check(
        declined,
        today(None, true),
        expect![[r#"
        Invitation to Acme
        Bob Builder invites you to join Acme as a member.
        "Acme" Some(String("acme"))
        None
    "#]],
    )
    .await;
}

#[tokio::test]
async fn a_member_is_led_to_a_project_as_it_is_called_today() {
    let updated = || told(Occasion::Project(ProjectNews::Updated));
    check(
        updated(),
        today(Some(Role::Guest), false),
        expect![[r#"
        Plans was updated
        The project Plans in Acme & Sons was changed.
        "Acme & Sons" Some(String("acme-sons"))
        Some(Project { workspace: "acme-sons", project: "roadmap" })
    "#]],
    )
    .await;
    check(
        updated(),
        today(None, false),
        expect![[r#"
        Roadmap was updated
        The project Roadmap in Acme was changed.
        "Acme" Some(String("acme"))
        None
    "#]],
    )
    .await;
}

#[tokio::test]
async fn the_title_of_a_document_is_for_those_who_may_see_it_at_that_moment() {
    let check = async |is_public, news, role, expected| {
        let documents = MockDocumentDirectory::plans(is_public);
        shown(told(Occasion::Document(news)), today(role, true), documents, expected).await;
    };
    let guest = Some(Role::Guest);
    check(
        true,
        DocumentNews::Created,
        guest,
        expect![[r#"
        Plans was created
        Plans is a new document in Acme & Sons.
        "Acme & Sons" Some(String("acme-sons"))
        Some(Document { workspace: "acme-sons", document: "roadmap" })
    "#]],
    )
    .await;
    check(
        true,
        DocumentNews::Renamed,
        guest,
        expect![[r#"
        Plans was renamed
        A document in Acme & Sons is called Plans now.
        "Acme & Sons" Some(String("acme-sons"))
        Some(Document { workspace: "acme-sons", document: "roadmap" })
    "#]],
    )
    .await;
    // Its owner has turned it private since, and whatever role somebody else has, it is not there.
    check(
        false,
        DocumentNews::Created,
        Some(Role::Owner),
        expect![[r#"
        A document was created
        There is a new document in Acme & Sons.
        "Acme & Sons" Some(String("acme-sons"))
        Some(Workspace("acme-sons"))
    "#]],
    )
    .await;
    check(
        true,
        DocumentNews::Created,
        None,
        expect![[r#"
        A document was created
        There is a new document in Acme.
        "Acme" Some(String("acme"))
        None
    "#]],
    )
    .await;
}

#[tokio::test]
async fn what_is_gone_is_told_as_it_was_written() {
    let mut nothing = MockDirectory::new();
    nothing.expect_workspaces_seen_by().returning(|_, _| Ok(Vec::new()));
    check(
        told(Occasion::MemberLeft),
        nothing,
        expect![[r#"
        Carol Shaw left Acme
        Carol Shaw is no longer a member of Acme.
        "Acme" Some(String("acme"))
        None
    "#]],
    )
    .await;
}

#[tokio::test]
async fn what_is_not_understood_is_shown_as_it_was_written() {
    let strange = notification(1, BOB);
    let directories = Directories {
        people: Arc::new(MockDirectory::new()),
        projects: Arc::new(plans()),
        documents: MockDocumentDirectory::empty(),
    };
    let shown = present(&directories, BOB, vec![strange.clone()]).await.unwrap();
    assert_eq!(shown, [NotificationSummary::as_written(strange)]);
}
