//! Sending an invitation once more.

use chrono::{DateTime, Utc};
use perme8_events::{Load, Save, StorageError};

use crate::{
    application::{
        acting::ActingMember,
        ports::{Invitations, Users, Workspaces},
        read_models::InvitationSummary,
        revoke_invitation::open_invitation,
    },
    domain::{
        invitation::{Invitation, TooSoon},
        policy::Action,
        references::{InvitationId, WorkspaceRef},
        user::User,
    },
};

/// Sends an invitation once more, which gives the invitee the full time again; at most once a minute.
///
/// Emits [`InvitationResent`](crate::InvitationResent).
#[derive(Debug, Clone)]
pub struct ResendInvitation {
    /// Where.
    pub workspace: WorkspaceRef,
    /// Which.
    pub invitation_id: InvitationId,
}

/// Why the invitation was not sent once more.
#[derive(Debug, thiserror::Error)]
pub enum ResendInvitationError {
    /// There is no such workspace, or the person who acts is a stranger there.
    #[error("there is no such workspace")]
    WorkspaceNotFound,
    /// No person acts, or one who does not manage the workspace.
    #[error("only owner and admins resend invitations")]
    Forbidden,
    /// The workspace is put away.
    #[error("the workspace is archived")]
    WorkspaceArchived,
    /// There is no such invitation into this workspace, or it is over.
    #[error("there is no such invitation")]
    InvitationNotFound,
    /// It was sent less than a minute ago.
    #[error("the invitation was just sent")]
    TooSoon {
        /// From then on it can be sent once more.
        again_at: DateTime<Utc>,
    },
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl From<TooSoon> for ResendInvitationError {
    fn from(TooSoon { again_at }: TooSoon) -> Self {
        Self::TooSoon { again_at }
    }
}

impl ResendInvitation {
    pub(crate) async fn execute<T>(
        &self,
        tx: &mut T,
    ) -> Result<InvitationSummary, ResendInvitationError>
    where
        T: Users + Workspaces + Invitations + Save<Invitation>,
    {
        let acting = ActingMember::who_may(Action::Invite, tx, &self.workspace).await?;
        let workspace = acting.workspace;
        let invitation = open_invitation(tx, workspace.id, self.invitation_id).await?;
        let invitation = invitation.ok_or(ResendInvitationError::InvitationNotFound)?;
        let inviter = Load::<User>::load(tx, invitation.invited_by).await?;
        let inviter = inviter.ok_or(ResendInvitationError::InvitationNotFound)?;
        let now = tx.now();
        let invitation = tx.save(invitation.resend(&workspace, &inviter, now)?).await?;
        Ok(InvitationSummary::of(&invitation, &workspace, &inviter))
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use expect_test::{Expect, expect};
    use perme8_events::{Actor, Transaction as _};

    use super::*;
    use crate::testing::{ADMIN, COMPANY, INVITEE, MEMBER, Person, archived, invited, report};

    async fn check(actor: Person, after: TimeDelta, is_archived: bool, expected: Expect) {
        let (tx, invitation) = invited(INVITEE).await;
        let tx = if is_archived { archived(tx) } else { tx };
        let later = tx.now() + after;
        let mut tx = tx.of(Actor::User(actor.id())).at(later);
        let command = ResendInvitation { workspace: COMPANY.into(), invitation_id: invitation.id };
        let outcome = command.execute(&mut tx).await;
        expected.assert_eq(&report(&outcome.map(|sent| sent.expires_at.to_string()), &tx));
    }

    #[tokio::test]
    async fn a_minute_later_it_is_sent_again_and_runs_anew() {
        check(ADMIN, TimeDelta::minutes(1), false, expect![[r#"
            Ok("2026-01-19 09:01:00 UTC")
            identity.invitation_resent {"invitation_id":"00000000-0000-0000-0000-000000000101","workspace_id":"00000000-0000-0000-0000-000000000001","workspace_name":"The Company","email":"invitee@example.com","role":"member","invited_by":"00000000-0000-0000-0000-000000000002","invited_by_name":"Owner Example","user_id":"00000000-0000-0000-0000-00000000000a"}
        "#]])
        .await;
    }

    #[tokio::test]
    async fn reasons_not_to_send_it() {
        check(
            ADMIN,
            TimeDelta::seconds(59),
            false,
            expect![[r#"
            Err(the invitation was just sent)
        "#]],
        )
        .await;
        check(
            ADMIN,
            TimeDelta::days(14),
            false,
            expect![[r#"
            Err(there is no such invitation)
        "#]],
        )
        .await;
        check(
            ADMIN,
            TimeDelta::minutes(1),
            true,
            expect![[r#"
            Err(the workspace is archived)
        "#]],
        )
        .await;
        check(
            MEMBER,
            TimeDelta::minutes(1),
            false,
            expect![[r#"
            Err(only owner and admins resend invitations)
        "#]],
        )
        .await;
        check(
            INVITEE,
            TimeDelta::minutes(1),
            false,
            expect![[r#"
            Err(there is no such workspace)
        "#]],
        )
        .await;
    }
}
