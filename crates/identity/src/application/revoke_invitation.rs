//! Taking an invitation back.

use perme8_events::{Load, Save, StorageError, UserId, WorkspaceId};

use crate::{
    application::{
        acting::ActingMember,
        ports::{Invitations, Workspaces},
    },
    domain::{
        invitation::Invitation,
        policy::Action,
        references::{InvitationId, WorkspaceRef},
    },
};

/// Takes an invitation back. Possible in an archived workspace, too.
///
/// Emits [`InvitationRevoked`](crate::InvitationRevoked).
#[derive(Debug, Clone)]
pub struct RevokeInvitation {
    /// Where.
    pub workspace: WorkspaceRef,
    /// Which.
    pub invitation_id: InvitationId,
}

/// Why the invitation stayed.
#[derive(Debug, thiserror::Error)]
pub enum RevokeInvitationError {
    /// There is no such workspace, or the person who acts is a stranger there.
    #[error("there is no such workspace")]
    WorkspaceNotFound,
    /// No person acts, or one who does not manage the workspace.
    #[error("only owner and admins revoke invitations")]
    Forbidden,
    /// There is no such invitation into this workspace, or it is over.
    #[error("there is no such invitation")]
    InvitationNotFound,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl RevokeInvitation {
    pub(crate) async fn execute<T>(&self, tx: &mut T) -> Result<(), RevokeInvitationError>
    where
        T: Workspaces + Invitations + Save<Invitation>,
    {
        let acting = ActingMember::who_may(Action::RevokeInvitations, tx, &self.workspace).await?;
        let invitation = open_invitation(tx, acting.workspace.id, self.invitation_id).await?;
        let invitation = invitation.ok_or(RevokeInvitationError::InvitationNotFound)?;
        tx.save(invitation.revoke()).await?;
        Ok(())
    }
}

/// The invitation, if it is into this workspace and can be answered.
pub(crate) async fn open_invitation<T: Invitations>(
    tx: &mut T,
    workspace: WorkspaceId,
    id: InvitationId,
) -> Result<Option<Invitation>, StorageError> {
    let now = tx.now();
    let found = Load::<Invitation>::load(tx, id).await?;
    Ok(found.filter(|invitation| invitation.workspace_id == workspace && invitation.is_open(now)))
}

/// Takes every invitation back that somebody made who does not manage the workspace any more.
///
/// Otherwise whoever is about to be thrown out could leave a door open. Call it after the member was saved: that waits for
/// whatever this person is still doing, so that no invitation comes after it.
pub(crate) async fn revoke_invitations_by<T: Invitations + Save<Invitation>>(
    tx: &mut T,
    workspace: WorkspaceId,
    inviter: UserId,
) -> Result<(), StorageError> {
    for invitation in tx.pending_invitations_by(workspace, inviter).await? {
        Save::<Invitation>::save(tx, invitation.revoke()).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use perme8_events::Actor;

    use super::*;
    use crate::testing::{
        ADMIN, COMPANY, GUEST, INVITEE, MEMBER, NEWCOMER, Person, elsewhere, invited, report,
    };

    async fn check(invitee: Person, actor: Person, expected: Expect) {
        let (tx, invitation) = invited(invitee).await;
        let mut tx = tx.of(Actor::User(actor.id()));
        let command = RevokeInvitation { workspace: COMPANY.into(), invitation_id: invitation.id };
        let outcome = command.execute(&mut tx).await;
        expected.assert_eq(&report(&outcome, &tx));
        assert!(command.execute(&mut tx).await.is_err());
    }

    #[tokio::test]
    async fn managers_revoke_once() {
        check(INVITEE, ADMIN, expect![[r#"
            Ok(())
            identity.invitation_revoked {"invitation_id":"00000000-0000-0000-0000-000000000101","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-00000000000a"}
        "#]])
        .await;
        check(NEWCOMER, ADMIN, expect![[r#"
            Ok(())
            identity.invitation_revoked {"invitation_id":"00000000-0000-0000-0000-000000000101","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":null}
        "#]])
        .await;
    }

    #[tokio::test]
    async fn others_revoke_nothing() {
        for actor in [MEMBER, GUEST] {
            check(
                INVITEE,
                actor,
                expect![[r#"
                Err(only owner and admins revoke invitations)
            "#]],
            )
            .await;
        }
        check(
            INVITEE,
            INVITEE,
            expect![[r#"
            Err(there is no such workspace)
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn invitations_into_other_workspaces_do_not_exist() {
        let (tx, invitation) = invited(INVITEE).await;
        let (mut tx, other) = elsewhere(tx, GUEST);
        tx = tx.of(Actor::User(GUEST.id()));
        let command = RevokeInvitation { workspace: other.into(), invitation_id: invitation.id };
        assert!(matches!(
            command.execute(&mut tx).await,
            Err(RevokeInvitationError::InvitationNotFound)
        ));
    }
}
