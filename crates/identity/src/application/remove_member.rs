//! Removing a member from a workspace.

use perme8_events::{Save, StorageError};

use crate::{
    application::{
        acting::ActingMember,
        change_member_role::member_by,
        ports::{Invitations, Members, Workspaces},
        revoke_invitation::revoke_invitations_by,
    },
    domain::{
        invitation::Invitation,
        member::{Member, OwnerProtected},
        policy::Action,
        references::{MemberRef, WorkspaceRef},
    },
};

/// Ends the membership of somebody, and takes back the invitations that this person made. Possible in an archived workspace,
/// too.
///
/// Emits [`MemberRemoved`](crate::MemberRemoved), or [`MemberLeft`](crate::MemberLeft) of whoever removes themselves, and
/// [`InvitationRevoked`](crate::InvitationRevoked) for each of these.
#[derive(Debug, Clone)]
pub struct RemoveMember {
    /// Where.
    pub workspace: WorkspaceRef,
    /// Whose.
    pub member: MemberRef,
}

/// Why the member stayed.
#[derive(Debug, thiserror::Error)]
pub enum RemoveMemberError {
    /// There is no such workspace, or the person who acts is a stranger there.
    #[error("there is no such workspace")]
    WorkspaceNotFound,
    /// No person acts, one who does not manage the workspace, or a key that would end the membership of its owner.
    #[error("only owner and admins remove members")]
    Forbidden,
    /// Nobody of that name is a member.
    #[error("there is no such member")]
    MemberNotFound,
    /// The owner stays.
    #[error("the owner cannot be removed")]
    OwnerProtected,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl From<OwnerProtected> for RemoveMemberError {
    fn from(OwnerProtected: OwnerProtected) -> Self {
        Self::OwnerProtected
    }
}

impl RemoveMember {
    pub(crate) async fn execute<T>(&self, tx: &mut T) -> Result<(), RemoveMemberError>
    where
        T: Workspaces + Members + Invitations + Save<Member> + Save<Invitation>,
    {
        let acting = ActingMember::who_may(Action::RemoveMembers, tx, &self.workspace).await?;
        let member = member_by(tx, &acting.workspace, &self.member).await?;
        let member = member.ok_or(RemoveMemberError::MemberNotFound)?;
        if acting.lends_key(member.id.user_id) {
            return Err(RemoveMemberError::Forbidden);
        }
        // Whoever removes themselves leaves: nobody is to be told that they were thrown out.
        let ended =
            if member.id.user_id == acting.user_id { member.leave()? } else { member.remove()? };
        let id = Save::<Member>::save(tx, ended).await?.id;
        Ok(revoke_invitations_by(tx, id.workspace_id, id.user_id).await?)
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use perme8_events::Actor;

    use super::*;
    use crate::testing::{
        ADMIN, COMPANY, GUEST, INVITEE, MEMBER, OWNER, Person, company, invited_by, report,
    };

    async fn check(actor: Person, member: impl Into<MemberRef>, expected: Expect) {
        let mut tx = company().of(Actor::User(actor.id()));
        let before = tx.state.members.len();
        let outcome = RemoveMember { workspace: COMPANY.into(), member: member.into() }
            .execute(&mut tx)
            .await;
        assert_eq!(tx.state.members.len(), before - usize::from(outcome.is_ok()));
        expected.assert_eq(&report(&outcome, &tx));
    }

    #[tokio::test]
    async fn managers_remove_anybody_but_the_owner() {
        check(ADMIN, "MEMBER@example.com", expect![[r#"
            Ok(())
            identity.member_removed {"workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000004"}
        "#]])
        .await;
        for actor in [OWNER, ADMIN] {
            check(
                actor,
                OWNER.id(),
                expect![[r#"
                Err(the owner cannot be removed)
            "#]],
            )
            .await;
        }
    }

    #[tokio::test]
    async fn an_admin_who_removes_himself_leaves() {
        check(ADMIN, ADMIN.id(), expect![[r#"
            Ok(())
            identity.member_left {"workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000003"}
        "#]])
        .await;
    }

    #[tokio::test]
    async fn what_the_removed_person_asked_for_is_taken_back() {
        let (tx, _) = invited_by(ADMIN, INVITEE).await;
        let mut tx = tx.of(Actor::User(OWNER.id()));
        let command = RemoveMember { workspace: COMPANY.into(), member: ADMIN.id().into() };
        let outcome = command.execute(&mut tx).await;
        expect![[r#"
            Ok(())
            identity.member_removed {"workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000003"}
            identity.invitation_revoked {"invitation_id":"00000000-0000-0000-0000-000000000101","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-00000000000a"}
        "#]].assert_eq(&report(&outcome, &tx));
    }

    #[tokio::test]
    async fn members_guests_and_strangers_remove_nobody() {
        for actor in [MEMBER, GUEST] {
            check(
                actor,
                actor.id(),
                expect![[r#"
                Err(only owner and admins remove members)
            "#]],
            )
            .await;
        }
        check(
            INVITEE,
            GUEST.id(),
            expect![[r#"
            Err(there is no such workspace)
        "#]],
        )
        .await;
        check(
            OWNER,
            INVITEE.id(),
            expect![[r#"
            Err(there is no such member)
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn a_key_removes_others_and_not_its_owner() {
        for member in [ADMIN, GUEST] {
            let key = Actor::ApiKey { id: ADMIN.id().uuid(), user: ADMIN.id() };
            let mut tx = company().of(key);
            let command = RemoveMember { workspace: COMPANY.into(), member: member.id().into() };
            let outcome = command.execute(&mut tx).await;
            let is_refused = matches!(outcome, Err(RemoveMemberError::Forbidden));
            assert_eq!(is_refused, member.id() == ADMIN.id(), "{outcome:?}");
        }
    }
}
