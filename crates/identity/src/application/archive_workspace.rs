//! Putting a workspace away.

use perme8_events::{Save, StorageError};

use crate::{
    application::{acting::ActingMember, ports::Workspaces, read_models::WorkspaceDetails},
    domain::{policy::Action, references::WorkspaceRef, workspace::Workspace},
};

/// Puts a workspace away: what is in it can be looked at, and nothing is added or changed until it is restored. Whatever only
/// takes access away stays possible. Putting it away twice is once.
///
/// Emits [`WorkspaceArchived`](crate::WorkspaceArchived).
#[derive(Debug, Clone)]
pub struct ArchiveWorkspace {
    /// Which.
    pub workspace: WorkspaceRef,
}

/// Why the workspace is still in use.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveWorkspaceError {
    /// There is no such workspace, or the person who acts is a stranger there.
    #[error("there is no such workspace")]
    WorkspaceNotFound,
    /// No person acts, or one who does not manage the workspace.
    #[error("only owner and admins archive a workspace")]
    Forbidden,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl ArchiveWorkspace {
    pub(crate) async fn execute<T: Workspaces + Save<Workspace>>(
        &self,
        tx: &mut T,
    ) -> Result<WorkspaceDetails, ArchiveWorkspaceError> {
        let acting = ActingMember::who_may(Action::ArchiveWorkspace, tx, &self.workspace).await?;
        let ActingMember { workspace, role, .. } = acting;
        let workspace = match workspace.archive(tx.now()) {
            Some(archived) => tx.save(archived).await?,
            None => workspace,
        };
        Ok(WorkspaceDetails::of(workspace, role))
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use perme8_events::{Actor, testing::FakeTx};

    use super::*;
    use crate::testing::{
        ADMIN, COMPANY, INVITEE, MEMBER, Person, Tables, archived, company, report,
    };

    async fn check(tx: FakeTx<Tables>, actor: Person, expected: Expect) {
        let mut tx = tx.of(Actor::User(actor.id()));
        let outcome = ArchiveWorkspace { workspace: COMPANY.into() }.execute(&mut tx).await;
        expected.assert_eq(&report(&outcome.map(|w| w.archived_at.is_some()), &tx));
    }

    #[tokio::test]
    async fn managers_put_a_workspace_away_once() {
        check(
            company(),
            ADMIN,
            expect![[r#"
            Ok(true)
            identity.workspace_archived {"workspace_id":"00000000-0000-0000-0000-000000000001"}
        "#]],
        )
        .await;
        check(
            archived(company()),
            ADMIN,
            expect![[r#"
            Ok(true)
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn members_and_strangers_do_not() {
        check(
            company(),
            MEMBER,
            expect![[r#"
            Err(only owner and admins archive a workspace)
        "#]],
        )
        .await;
        check(
            company(),
            INVITEE,
            expect![[r#"
            Err(there is no such workspace)
        "#]],
        )
        .await;
    }
}
