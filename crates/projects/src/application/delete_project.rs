//! Deleting a project.

use identity::Seen;
use perme8_events::{Save, StorageError};

use crate::{
    application::{acting::Acting, ports::Projects},
    domain::{policy::Action, project::Project, references::ProjectRef},
};

/// Deletes a project for good, put away or not. What other contexts hold in it stays in the workspace.
///
/// Emits [`ProjectDeleted`](crate::ProjectDeleted).
#[derive(Debug, Clone)]
pub struct DeleteProject {
    /// Which.
    pub project: ProjectRef,
    /// What was seen of it; if it has changed since, nothing happens.
    pub seen: Option<Seen>,
}

/// Why the project is still there.
#[derive(Debug, thiserror::Error)]
pub enum DeleteProjectError {
    /// There is no such workspace, or the person who acts is a stranger there.
    #[error("there is no such workspace")]
    WorkspaceNotFound,
    /// The workspace has no such project.
    #[error("there is no such project")]
    ProjectNotFound,
    /// No person acts, or one whose project it is not and who does not manage the workspace.
    #[error("only its owner and those who manage the workspace delete a project")]
    Forbidden,
    /// The workspace is put away.
    #[error("the workspace is archived: restore it first")]
    WorkspaceArchived,
    /// Somebody changed it since it was seen.
    #[error("the project has changed since: look at it again")]
    OtherVersion,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl DeleteProject {
    pub(crate) async fn execute<T: Projects + Save<Project>>(
        &self,
        tx: &mut T,
        acting: &Acting,
    ) -> Result<(), DeleteProjectError> {
        let Self { project: ProjectRef { slug, .. }, seen } = self;
        let project = acting.project(Action::DeleteProject, tx, slug, *seen).await?;
        tx.save(project.delete()).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use perme8_events::testing::FakeTx;

    use super::*;
    use crate::testing::{
        ADMIN, MEMBER, OPS, OWNER, ROADMAP, Tables, acting, archived, company, project, put_away,
    };

    async fn check(mut tx: FakeTx<Tables>, acting: Acting, slug: &str, expected: Expect) {
        let command = DeleteProject { project: project(slug), seen: Some(1.into()) };
        let outcome = command.execute(&mut tx, &acting).await;
        let is_left = tx.state.projects.iter().any(|project| project.slug.as_str() == slug);
        assert_eq!(outcome.is_err(), is_left);
        expected.assert_eq(&tx.report(&outcome));
    }

    #[tokio::test]
    async fn a_project_is_deleted_in_use_or_put_away() {
        check(company(), acting(MEMBER), ROADMAP, expect![[r#"
            Ok(())
            projects.project_deleted {"project_id":"00000000-0000-0000-0000-000000000015","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","name":"Roadmap"}
        "#]]).await;
        check(put_away(company()), acting(OWNER), ROADMAP, expect![[r#"
            Ok(())
            projects.project_deleted {"project_id":"00000000-0000-0000-0000-000000000015","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","name":"Roadmap"}
        "#]]).await;
    }

    #[tokio::test]
    async fn those_of_others_stay_and_all_of_them_while_their_workspace_is_put_away() {
        check(
            company(),
            acting(MEMBER),
            OPS,
            expect![[r#"
            Err(only its owner and those who manage the workspace delete a project)
        "#]],
        )
        .await;
        check(
            company(),
            archived(acting(ADMIN)),
            ROADMAP,
            expect![[r#"
            Err(the workspace is archived: restore it first)
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn what_has_changed_since_is_left_alone() {
        let mut tx = company();
        tx.state.projects[0].version = 2;
        check(
            tx,
            acting(MEMBER),
            ROADMAP,
            expect![[r#"
            Err(the project has changed since: look at it again)
        "#]],
        )
        .await;
    }
}
