//! Not joining a workspace.

use perme8_events::{Save, StorageError};

use crate::{
    application::{
        accept_invitation::own_invitation,
        acting::acting_in_person,
        ports::{Invitations, Users, Workspaces},
    },
    domain::{invitation::Invitation, references::InvitationRef},
};

/// Declines an invitation to the confirmed e-mail address of the person who acts.
///
/// Emits [`InvitationDeclined`](crate::InvitationDeclined).
#[derive(Debug, Clone)]
pub struct DeclineInvitation {
    /// Which.
    pub invitation: InvitationRef,
}

/// Why nothing was declined.
#[derive(Debug, thiserror::Error)]
pub enum DeclineInvitationError {
    /// No person acts.
    #[error("only people decline invitations")]
    Forbidden,
    /// There is no such invitation, it is over, or it is somebody else's: the same in every case.
    #[error("there is no such invitation")]
    InvitationNotFound,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl DeclineInvitation {
    pub(crate) async fn execute<T>(&self, tx: &mut T) -> Result<(), DeclineInvitationError>
    where
        T: Users + Workspaces + Invitations + Save<Invitation>,
    {
        let user_id = acting_in_person(tx.origin()).ok_or(DeclineInvitationError::Forbidden)?;
        let now = tx.now();
        let own = own_invitation(tx, user_id, &self.invitation)
            .await?
            .filter(|(_, invitation)| invitation.is_open(now));
        let (user, invitation) = own.ok_or(DeclineInvitationError::InvitationNotFound)?;
        tx.save(invitation.decline(user.id)).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use perme8_events::Actor;

    use super::*;
    use crate::testing::{INVITEE, OWNER, Person, invited, report};

    async fn check(actor: Person, expected: Expect) {
        let (tx, invitation) = invited(INVITEE).await;
        let mut tx = tx.of(Actor::User(actor.id()));
        let command = DeclineInvitation { invitation: invitation.id.into() };
        expected.assert_eq(&report(&command.execute(&mut tx).await, &tx));
        assert!(matches!(
            command.execute(&mut tx).await,
            Err(DeclineInvitationError::InvitationNotFound)
        ));
    }

    #[tokio::test]
    async fn the_invitee_declines_once() {
        check(INVITEE, expect![[r#"
            Ok(())
            identity.invitation_declined {"invitation_id":"00000000-0000-0000-0000-000000000101","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-00000000000a"}
        "#]])
        .await;
    }

    #[tokio::test]
    async fn nobody_declines_for_others() {
        check(
            OWNER,
            expect![[r#"
            Err(there is no such invitation)
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn what_is_over_is_not_declined() {
        let (tx, invitation) = invited(INVITEE).await;
        let mut tx = tx.of(Actor::User(INVITEE.id())).at(invitation.expires_at);
        let outcome = DeclineInvitation { invitation: invitation.id.into() }.execute(&mut tx).await;
        assert!(matches!(outcome, Err(DeclineInvitationError::InvitationNotFound)));
    }
}
