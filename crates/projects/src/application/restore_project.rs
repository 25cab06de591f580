//! Taking a project out again.

use identity::Seen;
use perme8_events::{Save, StorageError};

use crate::{
    application::{acting::Acting, ports::Projects, read_models::ProjectDetails},
    domain::{policy::Action, project::Project, references::ProjectRef},
};

/// Takes a project out again that was put away. What is in use already stays so.
///
/// Emits [`ProjectRestored`](crate::ProjectRestored).
#[derive(Debug, Clone)]
pub struct RestoreProject {
    /// Which.
    pub project: ProjectRef,
    /// What was seen of it; if it has changed since, nothing happens.
    pub seen: Option<Seen>,
}

/// Why the project is still put away.
#[derive(Debug, thiserror::Error)]
pub enum RestoreProjectError {
    /// There is no such workspace, or the person who acts is a stranger there.
    #[error("there is no such workspace")]
    WorkspaceNotFound,
    /// The workspace has no such project.
    #[error("there is no such project")]
    ProjectNotFound,
    /// No person acts, or one whose project it is not and who does not manage the workspace.
    #[error("only its owner and those who manage the workspace restore a project")]
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

impl RestoreProject {
    pub(crate) async fn execute<T: Projects + Save<Project>>(
        &self,
        tx: &mut T,
        acting: &Acting,
    ) -> Result<ProjectDetails, RestoreProjectError> {
        let Self { project: ProjectRef { slug, .. }, seen } = self;
        let project = acting.project(Action::RestoreProject, tx, slug, *seen).await?;
        let project = match project.restore() {
            Some(restored) => tx.save(restored).await?,
            None => project,
        };
        Ok(ProjectDetails::of(project, &acting.membership))
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use perme8_events::testing::FakeTx;

    use super::*;
    use crate::testing::{
        ADMIN, GUEST, MEMBER, ROADMAP, Tables, acting, archived, company, project, put_away,
    };

    async fn check(mut tx: FakeTx<Tables>, acting: Acting, expected: Expect) {
        let command = RestoreProject { project: project(ROADMAP), seen: None };
        let outcome = command.execute(&mut tx, &acting).await;
        expected.assert_eq(&tx.report(&outcome.map(|p| (p.archived_at.is_some(), p.version))));
    }

    #[tokio::test]
    async fn a_project_is_taken_out_once() {
        check(put_away(company()), acting(MEMBER), expect![[r#"
            Ok((false, 2))
            projects.project_restored {"project_id":"00000000-0000-0000-0000-000000000015","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","name":"Roadmap"}
        "#]]).await;
        check(
            company(),
            acting(ADMIN),
            expect![[r#"
            Ok((false, 1))
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn not_by_guests_and_not_while_the_workspace_is_put_away() {
        check(
            put_away(company()),
            acting(GUEST),
            expect![[r#"
            Err(only its owner and those who manage the workspace restore a project)
        "#]],
        )
        .await;
        check(
            put_away(company()),
            archived(acting(MEMBER)),
            expect![[r#"
            Err(the workspace is archived: restore it first)
        "#]],
        )
        .await;
    }
}
