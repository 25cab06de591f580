//! Changing what a project is called and what it is for.

use identity::{FieldErrors, Seen};
use perme8_events::{Save, StorageError};

use crate::{
    application::{acting::Acting, ports::Projects, read_models::ProjectDetails},
    domain::{
        policy::Action,
        project::{Particulars, Project},
        references::ProjectRef,
    },
};

/// Changes a project. What is left out stays, what is blank goes; what changes nothing is no event. The slug stays.
///
/// Emits [`ProjectUpdated`](crate::ProjectUpdated).
#[derive(Debug, Clone)]
pub struct UpdateProject {
    /// Which.
    pub project: ProjectRef,
    /// What it is called; 1 to 200 characters.
    pub name: Option<String>,
    /// What it is for; at most 2,000 characters.
    pub description: Option<String>,
    /// Its colour, as `#rrggbb`.
    pub color: Option<String>,
    /// What was seen of it; if it has changed since, nothing is changed.
    pub seen: Option<Seen>,
}

/// Why the project stayed as it was.
#[derive(Debug, thiserror::Error)]
pub enum UpdateProjectError {
    /// There is no such workspace, or the person who acts is a stranger there.
    #[error("there is no such workspace")]
    WorkspaceNotFound,
    /// The workspace has no such project.
    #[error("there is no such project")]
    ProjectNotFound,
    /// No person acts, or one whose project it is not and who does not manage the workspace.
    #[error("only its owner and those who manage the workspace change a project")]
    Forbidden,
    /// The workspace is put away.
    #[error("the workspace is archived: restore it first")]
    WorkspaceArchived,
    /// The project is put away.
    #[error("the project is archived: restore it first")]
    ProjectArchived,
    /// Somebody changed it since it was seen.
    #[error("the project has changed since: look at it again")]
    OtherVersion,
    /// Some fields cannot be as they are.
    #[error("{0}")]
    Invalid(FieldErrors),
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl UpdateProject {
    pub(crate) async fn execute<T: Projects + Save<Project>>(
        &self,
        tx: &mut T,
        acting: &Acting,
    ) -> Result<ProjectDetails, UpdateProjectError> {
        let Self { project, name, description, color, seen } = self;
        let project = Self::granted(tx, acting, project, *seen).await?;
        let particulars = Particulars::check(
            name.as_deref().unwrap_or(&project.name),
            description.as_deref().or(project.description.as_deref()),
            color.as_deref().or(project.color.as_deref()),
        );
        let particulars = particulars.map_err(UpdateProjectError::Invalid)?;
        let project = match project.update(particulars) {
            Some(updated) => tx.save(updated).await?,
            None => project,
        };
        Ok(ProjectDetails::of(project, &acting.membership))
    }

    /// The project, if this person may change it and it still is what was seen.
    pub(crate) async fn granted(
        tx: &mut impl Projects,
        acting: &Acting,
        ProjectRef { slug, .. }: &ProjectRef,
        seen: Option<Seen>,
    ) -> Result<Project, UpdateProjectError> {
        let project = acting.project(Action::UpdateProject, tx, slug, seen).await?;
        if project.is_archived() { Err(UpdateProjectError::ProjectArchived) } else { Ok(project) }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use perme8_events::{UserId, testing::FakeTx};

    use super::*;
    use crate::testing::{
        ADMIN, GUEST, MEMBER, OPS, OWNER, ROADMAP, Tables, acting, archived, company, put_away,
    };

    fn nothing(slug: &str) -> UpdateProject {
        let project = crate::testing::project(slug);
        UpdateProject { project, name: None, description: None, color: None, seen: None }
    }

    fn renamed(slug: &str, name: &str) -> UpdateProject {
        UpdateProject { name: Some(name.to_owned()), ..nothing(slug) }
    }

    async fn outcome(
        mut tx: FakeTx<Tables>,
        acting: Acting,
        command: UpdateProject,
        expected: Expect,
    ) {
        let outcome = command.execute(&mut tx, &acting).await;
        let seen = outcome.map(|p| (p.name, p.slug, p.description, p.color, p.version));
        expected.assert_eq(&tx.report(&seen));
    }

    async fn check(who: UserId, command: UpdateProject, expected: Expect) {
        outcome(company(), acting(who), command, expected).await;
    }

    #[tokio::test]
    async fn owners_and_managers_change_what_they_name_and_the_slug_stays() {
        check(MEMBER, renamed(ROADMAP, " Plans "), expect![[r#"
            Ok(("Plans", "roadmap", None, None, 2))
            projects.project_updated {"project_id":"00000000-0000-0000-0000-000000000015","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","name":"Plans","changes":{"name":{"from":"Roadmap","to":"Plans"}}}
        "#]]).await;
        let more = UpdateProject {
            description: Some("What comes.".to_owned()),
            color: Some("#4F46E5".to_owned()),
            seen: Some(1.into()),
            ..nothing(ROADMAP)
        };
        check(ADMIN, more, expect![[r##"
            Ok(("Roadmap", "roadmap", Some("What comes."), Some("#4f46e5"), 2))
            projects.project_updated {"project_id":"00000000-0000-0000-0000-000000000015","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","name":"Roadmap","changes":{"description":{"from":null,"to":"What comes."},"color":{"from":null,"to":"#4f46e5"}}}
        "##]]).await;
    }

    #[tokio::test]
    async fn what_is_blank_goes() {
        let mut tx = company();
        tx.state.projects[0].description = Some("What comes.".to_owned());
        let command = UpdateProject { description: Some(" ".to_owned()), ..nothing(ROADMAP) };
        outcome(tx, acting(OWNER), command, expect![[r#"
            Ok(("Roadmap", "roadmap", None, None, 2))
            projects.project_updated {"project_id":"00000000-0000-0000-0000-000000000015","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","name":"Roadmap","changes":{"description":{"from":"What comes.","to":null}}}
        "#]]).await;
    }

    #[tokio::test]
    async fn what_changes_nothing_is_no_event() {
        check(
            MEMBER,
            nothing(ROADMAP),
            expect![[r#"
            Ok(("Roadmap", "roadmap", None, None, 1))
        "#]],
        )
        .await;
        check(
            MEMBER,
            renamed(ROADMAP, "Roadmap "),
            expect![[r#"
            Ok(("Roadmap", "roadmap", None, None, 1))
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn a_project_that_was_changed_since_is_not_overwritten() {
        let command = UpdateProject { seen: Some(2.into()), ..renamed(ROADMAP, "Plans") };
        check(
            MEMBER,
            command,
            expect![[r#"
            Err(the project has changed since: look at it again)
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn every_wrong_field_is_named() {
        let color = Some("red".to_owned());
        check(
            MEMBER,
            UpdateProject { color, ..renamed(ROADMAP, " ") },
            expect![[r#"
            Err(name can't be blank; color must look like #rrggbb)
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn members_change_no_projects_of_others_and_guests_none() {
        check(
            MEMBER,
            renamed(OPS, "Mine"),
            expect![[r#"
            Err(only its owner and those who manage the workspace change a project)
        "#]],
        )
        .await;
        check(
            GUEST,
            renamed(ROADMAP, "Mine"),
            expect![[r#"
            Err(only its owner and those who manage the workspace change a project)
        "#]],
        )
        .await;
        // A guest who was a member when it began.
        let mut tx = company();
        tx.state.projects[0].owner_id = GUEST;
        outcome(
            tx,
            acting(GUEST),
            renamed(ROADMAP, "Mine"),
            expect![[r#"
            Err(only its owner and those who manage the workspace change a project)
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn what_is_not_there_is_not_changed() {
        check(
            ADMIN,
            renamed("plans", "Plans"),
            expect![[r#"
            Err(there is no such project)
        "#]],
        )
        .await;
        check(
            ADMIN,
            renamed("No Slug", "Plans"),
            expect![[r#"
            Err(there is no such project)
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn what_is_put_away_stays_as_it_is() {
        let rename = || renamed(ROADMAP, "Plans");
        outcome(
            company(),
            archived(acting(ADMIN)),
            rename(),
            expect![[r#"
            Err(the workspace is archived: restore it first)
        "#]],
        )
        .await;
        outcome(
            put_away(company()),
            acting(ADMIN),
            rename(),
            expect![[r#"
            Err(the project is archived: restore it first)
        "#]],
        )
        .await;
    }
}
