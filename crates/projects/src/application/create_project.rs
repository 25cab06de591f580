//! Beginning a project.

use identity::{FieldErrors, Slug, WorkspaceRef};
use perme8_events::{Save, StorageError, WorkspaceId};

use crate::{
    application::{
        acting::Acting,
        ports::{People, Projects, Workspaces},
        read_models::ProjectDetails,
    },
    domain::{
        policy::{Action, Whose},
        project::{Beginning, Particulars, Project},
    },
};

/// Begins a project, which is that of the person who acts from then on.
///
/// Emits [`ProjectCreated`](crate::ProjectCreated).
#[derive(Debug, Clone)]
pub struct CreateProject {
    /// Where.
    pub workspace: WorkspaceRef,
    /// What it is called; 1 to 200 characters. Its slug is made of it, and never changes with it.
    pub name: String,
    /// What it is for; at most 2,000 characters.
    pub description: Option<String>,
    /// Its colour, as `#rrggbb`.
    pub color: Option<String>,
}

/// Why there is no new project.
#[derive(Debug, thiserror::Error)]
pub enum CreateProjectError {
    /// There is no such workspace, or the person who acts is a stranger there.
    #[error("there is no such workspace")]
    WorkspaceNotFound,
    /// No person acts, or a guest.
    #[error("guests begin no projects")]
    Forbidden,
    /// The workspace is put away.
    #[error("the workspace is archived: restore it first")]
    WorkspaceArchived,
    /// Some fields cannot be as they are.
    #[error("{0}")]
    Invalid(FieldErrors),
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl CreateProject {
    pub(crate) async fn execute<T>(
        &self,
        tx: &mut T,
        acting: &Acting,
    ) -> Result<ProjectDetails, CreateProjectError>
    where
        T: Projects + Workspaces + People + Save<Project>,
    {
        let Acting { user_id: owner_id, membership } = acting;
        acting.may(Action::CreateProject, Whose::Own)?;
        let Self { workspace: _, name, description, color } = self;
        let new = Particulars::check(name, description.as_deref(), color.as_deref())
            .map_err(CreateProjectError::Invalid)?;
        let workspace_id = membership.workspace_id;
        // Both were there a moment ago, when it was asked what the one is in the other.
        if tx.is_gone(workspace_id).await? || tx.is_person_gone(*owner_id).await? {
            return Err(CreateProjectError::WorkspaceNotFound);
        }
        let slug = free_slug(tx, workspace_id, &new.name).await?;
        let (id, now) = (tx.new_id(), tx.now());
        let at = Beginning { id, workspace_id, owner_id: *owner_id, now };
        let project = tx.save(Project::create(at, new, slug)).await?;
        Ok(ProjectDetails::of(project, membership))
    }
}

const SLUG_OF: &str = "project";

/// A slug that no project of the workspace has; projects begin one after another there.
async fn free_slug(
    tx: &mut impl Projects,
    workspace: WorkspaceId,
    name: &str,
) -> Result<Slug, StorageError> {
    let base = Slug::from_name(name);
    let mut slug = base.clone().unwrap_or_else(|| Slug::random(SLUG_OF, tx.new_uuid()));
    while tx.project_by_slug(workspace, &slug).await?.is_some() {
        let random = tx.new_uuid();
        slug = base
            .as_ref()
            .map_or_else(|| Slug::random(SLUG_OF, random), |base| base.with_suffix(random));
    }
    Ok(slug)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use perme8_events::UserId;

    use super::*;
    use crate::testing::{COMPANY, GUEST, MEMBER, acting, archived, company};

    fn named(name: &str) -> CreateProject {
        let (name, workspace) = (name.to_owned(), COMPANY.into());
        CreateProject { workspace, name, description: None, color: None }
    }

    async fn check(acting: Acting, command: CreateProject, expected: Expect) {
        let mut tx = company();
        let outcome = command.execute(&mut tx, &acting).await;
        let seen = outcome.map(|made| (made.slug, made.color, made.version));
        expected.assert_eq(&tx.report(&seen));
    }

    async fn refused(who: UserId, expected: Expect) {
        check(acting(who), named("Mine"), expected).await;
    }

    #[tokio::test]
    async fn whoever_begins_a_project_owns_it() {
        let command =
            CreateProject { color: Some(" #4F46E5 ".to_owned()), ..named(" Café résumé ") };
        check(acting(MEMBER), command, expect![[r##"
            Ok(("cafe-resume", Some("#4f46e5"), 1))
            projects.project_created {"project_id":"00000000-0000-0000-0000-000000000101","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","name":"Café résumé","slug":"cafe-resume"}
        "##]]).await;
    }

    #[tokio::test]
    async fn taken_and_empty_slugs_get_random_digits() {
        check(acting(MEMBER), named("Roadmap!"), expect![[r#"
            Ok(("roadmap-000101", None, 1))
            projects.project_created {"project_id":"00000000-0000-0000-0000-000000000102","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","name":"Roadmap!","slug":"roadmap-000101"}
        "#]]).await;
        check(acting(MEMBER), named("🎉"), expect![[r#"
            Ok(("project-000101", None, 1))
            projects.project_created {"project_id":"00000000-0000-0000-0000-000000000102","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","name":"🎉","slug":"project-000101"}
        "#]]).await;
    }

    #[tokio::test]
    async fn a_slug_is_free_in_another_workspace() {
        let mut tx = company();
        tx.state.projects[0].workspace_id = crate::testing::ELSEWHERE;
        let made = named("Roadmap").execute(&mut tx, &acting(MEMBER)).await.unwrap();
        assert_eq!(made.slug, "roadmap");
    }

    #[tokio::test]
    async fn guests_begin_nothing() {
        refused(
            GUEST,
            expect![[r#"
            Err(guests begin no projects)
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn nothing_begins_in_a_workspace_that_is_put_away() {
        check(
            archived(acting(MEMBER)),
            named("Mine"),
            expect![[r#"
            Err(the workspace is archived: restore it first)
        "#]],
        )
        .await;
        check(
            archived(acting(GUEST)),
            named("Mine"),
            expect![[r#"
            Err(guests begin no projects)
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn nothing_begins_in_a_workspace_that_has_just_gone() {
        let mut tx = company();
        tx.remember_gone(COMPANY).await.unwrap();
        let outcome = named("Mine").execute(&mut tx, &acting(MEMBER)).await;
        expect![[r#"
            Err(there is no such workspace)
        "#]]
        .assert_eq(&tx.report(&outcome));
    }

    #[tokio::test]
    async fn nothing_begins_for_somebody_who_has_just_gone() {
        let mut tx = company();
        tx.remember_person_gone(MEMBER).await.unwrap();
        let outcome = named("Mine").execute(&mut tx, &acting(MEMBER)).await;
        expect![[r#"
            Err(there is no such workspace)
        "#]]
        .assert_eq(&tx.report(&outcome));
    }

    #[tokio::test]
    async fn every_wrong_field_is_named() {
        let command = CreateProject {
            description: Some("x".repeat(2001)),
            color: Some("red".to_owned()),
            ..named(" ")
        };
        check(acting(MEMBER), command, expect![[r#"
            Err(name can't be blank; description should be at most 2000 character(s); color must look like #rrggbb)
        "#]]).await;
    }
}
