//! Deleting a workspace.

use perme8_events::{Save, StorageError};

use crate::{
    application::{
        acting::ActingMember,
        fresh_session::is_fresh,
        ports::{Members, Sessions, Workspaces},
    },
    domain::{
        policy::Action,
        references::{SessionId, WorkspaceRef},
        workspace::Workspace,
    },
};

/// Deletes a workspace for good, with its memberships and invitations, put away or not. Whatever other contexts hold of it
/// goes as soon as they hear of it.
///
/// Whoever does so has logged in within the last 20 minutes.
///
/// Emits [`WorkspaceDeleted`](crate::WorkspaceDeleted).
#[derive(Debug, Clone)]
pub struct DeleteWorkspace {
    /// Which.
    pub workspace: WorkspaceRef,
    /// The session in which it is done.
    pub session_id: SessionId,
}

/// Why the workspace is still there.
#[derive(Debug, thiserror::Error)]
pub enum DeleteWorkspaceError {
    /// There is no such workspace, or the person who acts is a stranger there.
    #[error("there is no such workspace")]
    WorkspaceNotFound,
    /// No person acts, or one who does not own the workspace.
    #[error("only the owner deletes a workspace")]
    Forbidden,
    /// The log-in was too long ago.
    #[error("show once more who you are")]
    NotFresh,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl DeleteWorkspace {
    pub(crate) async fn execute<T: Workspaces + Members + Sessions + Save<Workspace>>(
        &self,
        tx: &mut T,
    ) -> Result<(), DeleteWorkspaceError> {
        let acting = ActingMember::who_may(Action::DeleteWorkspace, tx, &self.workspace).await?;
        if !is_fresh(tx, self.session_id, acting.user_id).await? {
            return Err(DeleteWorkspaceError::NotFresh);
        }
        let managers = tx.managers(acting.workspace.id).await?;
        tx.save(acting.workspace.delete(managers)).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use perme8_events::{Actor, testing::FakeTx};

    use super::*;
    use crate::testing::{
        ADMIN, COMPANY, GUEST, INVITEE, OWNER, Person, Tables, archived, company, elsewhere,
        invited, logged_in, report,
    };

    async fn check(tx: FakeTx<Tables>, actor: Person, expected: Expect) {
        let (mut tx, session_id) = logged_in(tx.of(Actor::User(actor.id())), actor, 19).await;
        let before = tx.state.members.len();
        let command = DeleteWorkspace { workspace: COMPANY.into(), session_id };
        let outcome = command.execute(&mut tx).await;
        assert_eq!(outcome.is_err(), before == tx.state.members.len());
        expected.assert_eq(&report(&outcome, &tx));
    }

    #[tokio::test]
    async fn the_owner_deletes_a_workspace_in_use_or_put_away() {
        check(company(), OWNER, expect![[r#"
            Ok(())
            identity.workspace_deleted {"workspace_id":"00000000-0000-0000-0000-000000000001","name":"The Company","slug":"the-company","manager_ids":["00000000-0000-0000-0000-000000000002","00000000-0000-0000-0000-000000000003"]}
        "#]]).await;
        check(archived(company()), OWNER, expect![[r#"
            Ok(())
            identity.workspace_deleted {"workspace_id":"00000000-0000-0000-0000-000000000001","name":"The Company","slug":"the-company","manager_ids":["00000000-0000-0000-0000-000000000002","00000000-0000-0000-0000-000000000003"]}
        "#]]).await;
    }

    #[tokio::test]
    async fn members_and_invitations_go_with_it_and_those_of_others_stay() {
        let (tx, _) = invited(INVITEE).await;
        let (tx, other) = elsewhere(tx, GUEST);
        let (mut tx, session_id) = logged_in(tx, OWNER, 0).await;
        let command = DeleteWorkspace { workspace: COMPANY.into(), session_id };
        command.execute(&mut tx).await.unwrap();
        let Tables { workspaces, members, invitations, .. } = &tx.state;
        assert_eq!(workspaces.iter().map(|workspace| workspace.id).collect::<Vec<_>>(), [other]);
        assert!(members.iter().all(|member| member.id.workspace_id == other));
        assert!(invitations.is_empty());
    }

    #[tokio::test]
    async fn an_old_session_deletes_nothing() {
        let (mut tx, session_id) = logged_in(company(), OWNER, 20).await;
        let command = DeleteWorkspace { workspace: COMPANY.into(), session_id };
        let outcome = command.execute(&mut tx).await;
        assert!(matches!(outcome, Err(DeleteWorkspaceError::NotFresh)));
    }

    #[tokio::test]
    async fn nobody_else_does() {
        check(
            company(),
            ADMIN,
            expect![[r#"
            Err(only the owner deletes a workspace)
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
