//! Putting a project away.

use identity::Seen;
use perme8_events::{Save, StorageError};

use crate::{
    application::{acting::Acting, ports::Projects, read_models::ProjectDetails},
    domain::{policy::Action, project::Project, references::ProjectRef},
};

/// Puts a project away: it can be looked at, and is not changed until it is restored. Putting it away twice is once.
///
/// Emits [`ProjectArchived`](crate::ProjectArchived).
#[derive(Debug, Clone)]
pub struct ArchiveProject {
    /// Which.
    pub project: ProjectRef,
    /// What was seen of it; if it has changed since, nothing happens.
    pub seen: Option<Seen>,
}

/// Why the project is still in use.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveProjectError {
    /// There is no such workspace, or the person who acts is a stranger there.
    #[error("there is no such workspace")]
    WorkspaceNotFound,
    /// The workspace has no such project.
    #[error("there is no such project")]
    ProjectNotFound,
    /// No person acts, or one whose project it is not and who does not manage the workspace.
    #[error("only its owner and those who manage the workspace archive a project")]
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

impl ArchiveProject {
    pub(crate) async fn execute<T: Projects + Save<Project>>(
        &self,
        tx: &mut T,
        acting: &Acting,
    ) -> Result<ProjectDetails, ArchiveProjectError> {
        let Self { project: ProjectRef { slug, .. }, seen } = self;
        let project = acting.project(Action::ArchiveProject, tx, slug, *seen).await?;
        let project = match project.archive(tx.now()) {
            Some(archived) => tx.save(archived).await?,
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
        ADMIN, MEMBER, OPS, ROADMAP, Tables, acting, archived, company, project, put_away,
    };

    async fn check(mut tx: FakeTx<Tables>, acting: Acting, slug: &str, expected: Expect) {
        let command = ArchiveProject { project: project(slug), seen: Some(1.into()) };
        let outcome = command.execute(&mut tx, &acting).await;
        expected.assert_eq(&tx.report(&outcome.map(|p| (p.archived_at.is_some(), p.version))));
    }

    #[tokio::test]
    async fn a_project_is_put_away_once() {
        check(company(), acting(MEMBER), ROADMAP, expect![[r#"
            Ok((true, 2))
            projects.project_archived {"project_id":"00000000-0000-0000-0000-000000000015","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004","name":"Roadmap"}
        "#]]).await;
        check(
            put_away(company()),
            acting(ADMIN),
            ROADMAP,
            expect![[r#"
            Ok((true, 1))
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn those_of_others_wait_for_a_manager_and_all_of_them_for_their_workspace() {
        check(
            company(),
            acting(MEMBER),
            OPS,
            expect![[r#"
            Err(only its owner and those who manage the workspace archive a project)
        "#]],
        )
        .await;
        check(
            company(),
            archived(acting(ADMIN)),
            OPS,
            expect![[r#"
            Err(the workspace is archived: restore it first)
        "#]],
        )
        .await;
        check(
            company(),
            acting(ADMIN),
            "plans",
            expect![[r#"
            Err(there is no such project)
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
