//! Taking a workspace out again that was put away.

use perme8_events::{Save, StorageError};

use crate::{
    application::{acting::ActingMember, ports::Workspaces, read_models::WorkspaceDetails},
    domain::{policy::Action, references::WorkspaceRef, workspace::Workspace},
};

/// Takes a workspace out again that was put away; one that is in use stays so.
///
/// Emits [`WorkspaceRestored`](crate::WorkspaceRestored).
#[derive(Debug, Clone)]
pub struct RestoreWorkspace {
    /// Which.
    pub workspace: WorkspaceRef,
}

/// Why the workspace is still put away.
#[derive(Debug, thiserror::Error)]
pub enum RestoreWorkspaceError {
    /// There is no such workspace, or the person who acts is a stranger there.
    #[error("there is no such workspace")]
    WorkspaceNotFound,
    /// No person acts, or one who does not manage the workspace.
    #[error("only owner and admins restore a workspace")]
    Forbidden,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl RestoreWorkspace {
    pub(crate) async fn execute<T: Workspaces + Save<Workspace>>(
        &self,
        tx: &mut T,
    ) -> Result<WorkspaceDetails, RestoreWorkspaceError> {
        let acting = ActingMember::who_may(Action::RestoreWorkspace, tx, &self.workspace).await?;
        let ActingMember { workspace, role, .. } = acting;
        let workspace = match workspace.restore() {
            Some(restored) => tx.save(restored).await?,
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
        let outcome = RestoreWorkspace { workspace: COMPANY.into() }.execute(&mut tx).await;
        expected.assert_eq(&report(&outcome.map(|w| w.archived_at.is_some()), &tx));
    }

    #[tokio::test]
    async fn managers_take_a_workspace_out_again_once() {
        check(
            archived(company()),
            ADMIN,
            expect![[r#"
            Ok(false)
            identity.workspace_restored {"workspace_id":"00000000-0000-0000-0000-000000000001"}
        "#]],
        )
        .await;
        check(
            company(),
            ADMIN,
            expect![[r#"
            Ok(false)
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn members_and_strangers_do_not() {
        check(
            archived(company()),
            MEMBER,
            expect![[r#"
            Err(only owner and admins restore a workspace)
        "#]],
        )
        .await;
        check(
            archived(company()),
            INVITEE,
            expect![[r#"
            Err(there is no such workspace)
        "#]],
        )
        .await;
    }
}
