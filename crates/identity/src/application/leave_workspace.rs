//! Leaving a workspace.

use perme8_events::{Load, Save, StorageError};

use crate::{
    application::{
        acting::ActingMember,
        ports::{Invitations, Members, Workspaces},
        revoke_invitation::revoke_invitations_by,
    },
    domain::{
        invitation::Invitation,
        member::{Member, MemberId, OwnerProtected},
        policy::Action,
        references::WorkspaceRef,
    },
};

/// Ends the membership of the person who acts, and takes back the invitations that this person made. Possible in an archived
/// workspace, too.
///
/// Emits [`MemberLeft`](crate::MemberLeft), and [`InvitationRevoked`](crate::InvitationRevoked) for each of these.
#[derive(Debug, Clone)]
pub struct LeaveWorkspace {
    /// Where.
    pub workspace: WorkspaceRef,
}

/// Why the member stayed.
#[derive(Debug, thiserror::Error)]
pub enum LeaveWorkspaceError {
    /// There is no such workspace, or the person who acts is a stranger there.
    #[error("there is no such workspace")]
    WorkspaceNotFound,
    /// No person acts.
    #[error("only people leave workspaces")]
    Forbidden,
    /// A workspace is never without its owner.
    #[error("the owner cannot leave")]
    OwnerStays,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl From<OwnerProtected> for LeaveWorkspaceError {
    fn from(OwnerProtected: OwnerProtected) -> Self {
        Self::OwnerStays
    }
}

impl LeaveWorkspace {
    pub(crate) async fn execute<T>(&self, tx: &mut T) -> Result<(), LeaveWorkspaceError>
    where
        T: Workspaces + Members + Invitations + Save<Member> + Save<Invitation>,
    {
        let acting = ActingMember::who_may(Action::LeaveWorkspace, tx, &self.workspace).await?;
        let id = MemberId { workspace_id: acting.workspace.id, user_id: acting.user_id };
        let member =
            Load::<Member>::load(tx, id).await?.ok_or(LeaveWorkspaceError::WorkspaceNotFound)?;
        Save::<Member>::save(tx, member.leave()?).await?;
        Ok(revoke_invitations_by(tx, id.workspace_id, id.user_id).await?)
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use perme8_events::Actor;

    use super::*;
    use crate::testing::{ADMIN, COMPANY, GUEST, INVITEE, OWNER, company, invited_by, report};

    async fn check(actor: Actor, expected: Expect) {
        let mut tx = company().of(actor);
        let outcome = LeaveWorkspace { workspace: COMPANY.into() }.execute(&mut tx).await;
        expected.assert_eq(&report(&outcome, &tx));
    }

    #[tokio::test]
    async fn whoever_leaves_leaves_no_invitation_behind() {
        let (tx, _) = invited_by(ADMIN, INVITEE).await;
        let mut tx = tx.of(Actor::User(ADMIN.id()));
        let outcome = LeaveWorkspace { workspace: COMPANY.into() }.execute(&mut tx).await;
        expect![[r#"
            Ok(())
            identity.member_left {"workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000003"}
            identity.invitation_revoked {"invitation_id":"00000000-0000-0000-0000-000000000101","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-00000000000a"}
        "#]].assert_eq(&report(&outcome, &tx));
    }

    #[tokio::test]
    async fn everybody_leaves_but_the_owner() {
        check(Actor::User(GUEST.id()), expect![[r#"
            Ok(())
            identity.member_left {"workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000005"}
        "#]])
        .await;
        check(
            Actor::User(OWNER.id()),
            expect![[r#"
            Err(the owner cannot leave)
        "#]],
        )
        .await;
        check(
            Actor::User(INVITEE.id()),
            expect![[r#"
            Err(there is no such workspace)
        "#]],
        )
        .await;
        check(
            Actor::System("cleaner".into()),
            expect![[r#"
            Err(only people leave workspaces)
        "#]],
        )
        .await;
    }
}
