//! Notifications as their reader may see them today.

use std::collections::{BTreeSet, HashMap};

use identity::Role;
use perme8_events::{StorageError, UserId, WorkspaceId};
use projects::ProjectId;

use crate::{
    application::{
        ports::{
            Colleague, Directory, ProjectDirectory, ProjectView, WorkspaceNames, WorkspaceView,
        },
        read_models::NotificationSummary,
    },
    domain::{notification::Notification, occasion::Occasion, recalled::Recalled},
};

/// What the reader of a page sees today of the workspaces and people that it speaks of.
struct View {
    workspaces: HashMap<WorkspaceId, (WorkspaceNames, Option<Role>)>,
    names: HashMap<(WorkspaceId, UserId), String>,
    projects: HashMap<(WorkspaceId, ProjectId), ProjectView>,
}

/// Gives them the names of today as far as `reader` may still see what is called so, and a link where one leads somewhere.
///
/// A workspace is seen by its members, and by whoever has an invitation to answer; a person by those in the same workspace, and
/// a project, too. It takes three questions, however many notifications there are.
pub(crate) async fn present(
    directory: &dyn Directory,
    projects: &dyn ProjectDirectory,
    reader: UserId,
    notifications: Vec<Notification>,
) -> Result<Vec<NotificationSummary>, StorageError> {
    let told: Vec<_> = notifications
        .into_iter()
        .map(|told| (Recalled::from_data(told.notification_type, &told.data), told))
        .collect();
    let view = View::of(
        directory,
        projects,
        reader,
        told.iter().filter_map(|(recalled, _)| recalled.as_ref()),
    )
    .await?;
    Ok(told.into_iter().map(|(recalled, told)| view.show(recalled, told)).collect())
}

impl View {
    async fn of<'r>(
        directory: &dyn Directory,
        project_directory: &dyn ProjectDirectory,
        reader: UserId,
        told: impl Iterator<Item = &'r Recalled>,
    ) -> Result<Self, StorageError> {
        let (mut workspaces, mut people, mut projects) =
            (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for Recalled { occasion: _, place, person } in told {
            workspaces.insert(place.id);
            people.extend(person.id);
            projects.extend(place.project.as_ref().map(|project| project.id));
        }
        let (workspaces, people) = (Vec::from_iter(workspaces), Vec::from_iter(people));
        let views = if workspaces.is_empty() {
            Vec::new()
        } else {
            directory.workspaces_seen_by(reader, &workspaces).await?
        };
        let own: Vec<_> =
            views.iter().filter(|view| view.role.is_some()).map(|view| view.id).collect();
        let colleagues = if own.is_empty() || people.is_empty() {
            Vec::new()
        } else {
            directory.colleagues(&own, &people).await?
        };
        let projects = if own.is_empty() || projects.is_empty() {
            Vec::new()
        } else {
            project_directory.projects(&Vec::from_iter(projects)).await?
        };
        let workspaces =
            views.into_iter().map(|WorkspaceView { id, names, role }| (id, (names, role)));
        let names = colleagues
            .into_iter()
            .map(|Colleague { workspace_id, user_id, name }| ((workspace_id, user_id), name));
        let projects = projects
            .into_iter()
            .filter(|project| own.contains(&project.workspace_id))
            .map(|project| ((project.workspace_id, project.id), project));
        Ok(Self {
            workspaces: workspaces.collect(),
            names: names.collect(),
            projects: projects.collect(),
        })
    }

    fn show(&self, recalled: Option<Recalled>, told: Notification) -> NotificationSummary {
        let is_open = told.is_open();
        let written = NotificationSummary::as_written(told);
        // What this program does not understand is shown as it was written.
        let Some(mut recalled) = recalled else { return written };
        let seen = self.workspaces.get(&recalled.place.id);
        let role = seen.and_then(|(_, role)| *role);
        let is_asked = is_open && matches!(recalled.occasion, Occasion::Invited { .. });
        if let Some((names, _)) = seen
            && (role.is_some() || is_asked)
        {
            recalled.place.name.clone_from(&names.name);
            recalled.place.slug.clone_from(&names.slug);
        }
        if let Some(name) =
            recalled.person.id.and_then(|person| self.names.get(&(recalled.place.id, person)))
        {
            recalled.person.name = Some(name.clone());
        }
        if let Some(project) = &mut recalled.place.project
            && let Some(today) = self.projects.get(&(recalled.place.id, project.id))
        {
            project.name.clone_from(&today.name);
            project.slug = Some(today.slug.clone());
        }
        let link = recalled.link(role, seen.is_some() && is_open);
        match recalled.occasion.content(&recalled.place, &recalled.person) {
            Ok(content) => {
                let (title, body, data) = content.into_words();
                NotificationSummary { title, body, data, link, ..written }
            }
            // Names that have become too long to be told.
            Err(_) => NotificationSummary { link, ..written },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use expect_test::{Expect, expect};

    use super::*;
    use crate::{
        application::ports::{MockDirectory, MockProjectDirectory},
        domain::{
            action::NotificationAction,
            delivery::Delivery,
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
        let content = occasion.content(&Place { project, ..acme() }, &person).unwrap();
        let Notification { id, source, created_at, .. } = notification(1, BOB);
        Notification::create(id, BOB, content, source, Delivery::On, created_at).peek().clone()
    }

    /// Acme is Acme & Sons today, where the reader is this; Carol is Carol Stone, and there if she is a member.
    fn today(role: Option<Role>, is_carol_there: bool) -> MockDirectory {
        let mut directory = MockDirectory::new();
        directory.expect_workspaces_seen_by().returning(move |_, _| {
            let names =
                WorkspaceNames { name: "Acme & Sons".to_owned(), slug: "acme-sons".to_owned() };
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
        let mut text = String::new();
        for NotificationSummary { title, body, data, link, .. } in
            present(&directory, &plans(), BOB, vec![told]).await.unwrap()
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
        let shown =
            present(&MockDirectory::new(), &plans(), BOB, vec![strange.clone()]).await.unwrap();
        assert_eq!(shown, [NotificationSummary::as_written(strange)]);
    }
}
