//! Changing what a member may do.

use perme8_events::{Load, Save, StorageError};

use crate::{
    application::{
        acting::ActingMember,
        ports::{Invitations, Members, Workspaces},
        read_models::MemberSummary,
        revoke_invitation::revoke_invitations_by,
    },
    domain::{
        email::Email,
        invitation::Invitation,
        member::{Member, MemberId, OwnerProtected},
        policy::{self, Action},
        references::{MemberRef, WorkspaceRef},
        role::Role,
        user::User,
        workspace::Workspace,
    },
};

/// Gives a member another role. Whoever may not invite any more loses the invitations that wait for an answer.
///
/// Emits [`MemberRoleChanged`](crate::MemberRoleChanged), and [`InvitationRevoked`](crate::InvitationRevoked) for each of
/// these.
#[derive(Debug, Clone)]
pub struct ChangeMemberRole {
    /// Where.
    pub workspace: WorkspaceRef,
    /// Whose.
    pub member: MemberRef,
    /// Which; not owner.
    pub role: Role,
}

/// Why the role stayed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeMemberRoleError {
    /// Nobody is made owner this way.
    #[error("nobody is made owner by a change of role")]
    RoleNotAssignable,
    /// There is no such workspace, or the person who acts is a stranger there.
    #[error("there is no such workspace")]
    WorkspaceNotFound,
    /// No person acts, one who does not manage the workspace, or a key that would lessen what its owner may.
    #[error("only owner and admins change roles")]
    Forbidden,
    /// The workspace is put away.
    #[error("the workspace is archived")]
    WorkspaceArchived,
    /// Nobody of that name is a member.
    #[error("there is no such member")]
    MemberNotFound,
    /// The owner stays owner.
    #[error("the owner keeps the role")]
    OwnerProtected,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl From<OwnerProtected> for ChangeMemberRoleError {
    fn from(OwnerProtected: OwnerProtected) -> Self {
        Self::OwnerProtected
    }
}

impl ChangeMemberRole {
    pub(crate) async fn execute<T>(
        &self,
        tx: &mut T,
    ) -> Result<MemberSummary, ChangeMemberRoleError>
    where
        T: Workspaces + Members + Invitations + Load<User> + Save<Member> + Save<Invitation>,
    {
        if !policy::is_assignable(self.role) {
            return Err(ChangeMemberRoleError::RoleNotAssignable);
        }
        let acting = ActingMember::who_may(Action::ChangeRoles, tx, &self.workspace).await?;
        let member = member_by(tx, &acting.workspace, &self.member).await?;
        let mut member = member.ok_or(ChangeMemberRoleError::MemberNotFound)?;
        if acting.lends_key(member.id.user_id) {
            return Err(ChangeMemberRoleError::Forbidden);
        }
        // What changes nothing is no event; but the owner's role is refused before it is compared.
        if member.role != self.role {
            member = Save::<Member>::save(tx, member.change_role(self.role)?).await?;
            if !policy::may(member.role, Action::Invite) {
                revoke_invitations_by(tx, member.id.workspace_id, member.id.user_id).await?;
            }
        }
        let user = Load::<User>::load(tx, member.id.user_id).await?;
        let user = user.ok_or(ChangeMemberRoleError::MemberNotFound)?;
        Ok(MemberSummary::of(&member, &user))
    }
}

/// The member of that name.
pub(crate) async fn member_by<T: Members>(
    tx: &mut T,
    workspace: &Workspace,
    member: &MemberRef,
) -> Result<Option<Member>, StorageError> {
    match member {
        MemberRef::User(user_id) => {
            let id = MemberId { workspace_id: workspace.id, user_id: *user_id };
            Load::<Member>::load(tx, id).await
        }
        MemberRef::Email(text) => match Email::parse(text) {
            Ok(email) => tx.member_by_email(workspace.id, &email).await,
            Err(_) => Ok(None),
        },
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

    async fn check(actor: Person, member: impl Into<MemberRef>, role: Role, expected: Expect) {
        let mut tx = company().of(Actor::User(actor.id()));
        let command = ChangeMemberRole { workspace: COMPANY.into(), member: member.into(), role };
        let outcome = command.execute(&mut tx).await;
        expected.assert_eq(&report(&outcome.map(|member| (member.email, member.role)), &tx));
    }

    #[tokio::test]
    async fn managers_change_roles_of_anybody_but_the_owner() {
        check(ADMIN, GUEST.id(), Role::Admin, expect![[r#"
            Ok(("guest@example.com", Admin))
            identity.member_role_changed {"workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000005","from":"guest","to":"admin"}
        "#]])
        .await;
        check(OWNER, "ADMIN@example.com", Role::Guest, expect![[r#"
            Ok(("admin@example.com", Guest))
            identity.member_role_changed {"workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000003","from":"admin","to":"guest"}
        "#]])
        .await;
        check(
            ADMIN,
            OWNER.id(),
            Role::Member,
            expect![[r#"
            Err(the owner keeps the role)
        "#]],
        )
        .await;
        check(
            OWNER,
            ADMIN.id(),
            Role::Owner,
            expect![[r#"
            Err(nobody is made owner by a change of role)
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn what_a_manager_asked_for_goes_with_the_role() {
        let (tx, _) = invited_by(ADMIN, INVITEE).await;
        let mut tx = tx.of(Actor::User(OWNER.id()));
        let command =
            |role| ChangeMemberRole { workspace: COMPANY.into(), member: ADMIN.id().into(), role };
        let outcome = command(Role::Member).execute(&mut tx).await;
        expect![[r#"
            Ok(Member)
            identity.member_role_changed {"workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000003","from":"admin","to":"member"}
            identity.invitation_revoked {"invitation_id":"00000000-0000-0000-0000-000000000101","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-00000000000a"}
        "#]].assert_eq(&report(&outcome.map(|member| member.role), &tx));
    }

    #[tokio::test]
    async fn the_same_role_is_no_change() {
        check(
            OWNER,
            MEMBER.id(),
            Role::Member,
            expect![[r#"
            Ok(("member@example.com", Member))
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn members_guests_and_strangers_change_nothing() {
        for actor in [MEMBER, GUEST] {
            check(
                actor,
                MEMBER.id(),
                Role::Admin,
                expect![[r#"
                Err(only owner and admins change roles)
            "#]],
            )
            .await;
        }
        check(
            INVITEE,
            MEMBER.id(),
            Role::Admin,
            expect![[r#"
            Err(there is no such workspace)
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn only_members_have_a_role() {
        for member in ["invitee@example.com", "no address", "00000000-0000-0000-0000-0000000000ff"]
        {
            check(
                OWNER,
                member,
                Role::Admin,
                expect![[r#"
                Err(there is no such member)
            "#]],
            )
            .await;
        }
    }

    #[tokio::test]
    async fn a_key_changes_the_roles_of_others_and_not_that_of_its_owner() {
        for member in [ADMIN, GUEST] {
            let key = Actor::ApiKey { id: ADMIN.id().uuid(), user: ADMIN.id() };
            let (workspace, role) = (COMPANY.into(), Role::Member);
            let command = ChangeMemberRole { workspace, member: member.id().into(), role };
            let outcome = command.execute(&mut company().of(key)).await;
            let is_refused = matches!(outcome, Err(ChangeMemberRoleError::Forbidden));
            assert_eq!(is_refused, member.id() == ADMIN.id(), "{outcome:?}");
        }
    }
}
