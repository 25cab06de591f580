//! Giving a workspace to another member.

use perme8_events::{Load, Save, StorageError, UserId};

use crate::{
    application::{
        acting::ActingMember,
        fresh_session::is_fresh,
        ports::{Members, Sessions, Workspaces},
    },
    domain::{
        member::{Member, MemberId},
        policy::Action,
        references::{SessionId, WorkspaceRef},
    },
};

/// Makes another member the owner of a workspace; whoever owned it is an admin from then on.
///
/// Whoever does so has logged in within the last 20 minutes.
///
/// Emits [`MemberRoleChanged`](crate::MemberRoleChanged) of the one and
/// [`OwnershipTransferred`](crate::OwnershipTransferred) of the other.
#[derive(Debug, Clone)]
pub struct TransferOwnership {
    /// Which.
    pub workspace: WorkspaceRef,
    /// To whom; a member in whatever role.
    pub user_id: UserId,
    /// The session in which it is done.
    pub session_id: SessionId,
}

/// Why the owner is still the owner.
#[derive(Debug, thiserror::Error)]
pub enum TransferOwnershipError {
    /// There is no such workspace, or the person who acts is a stranger there.
    #[error("there is no such workspace")]
    WorkspaceNotFound,
    /// No person acts, or one who does not own the workspace.
    #[error("only the owner gives a workspace away")]
    Forbidden,
    /// The log-in was too long ago.
    #[error("show once more who you are")]
    NotFresh,
    /// The workspace is put away.
    #[error("the workspace is archived: restore it first")]
    WorkspaceArchived,
    /// Nobody of that name is a member: invite the person first.
    #[error("there is no such member")]
    MemberNotFound,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl TransferOwnership {
    pub(crate) async fn execute<T: Workspaces + Members + Sessions + Save<Member>>(
        &self,
        tx: &mut T,
    ) -> Result<(), TransferOwnershipError> {
        let acting = ActingMember::who_may(Action::TransferOwnership, tx, &self.workspace).await?;
        if !is_fresh(tx, self.session_id, acting.user_id).await? {
            return Err(TransferOwnershipError::NotFresh);
        }
        let of = |user_id| MemberId { workspace_id: acting.workspace.id, user_id };
        // To oneself is no transfer, and no event.
        if self.user_id == acting.user_id {
            return Ok(());
        }
        let owner = Load::<Member>::load(tx, of(acting.user_id)).await?;
        let owner = owner.ok_or(TransferOwnershipError::WorkspaceNotFound)?;
        let heir = Load::<Member>::load(tx, of(self.user_id)).await?;
        let heir = heir.ok_or(TransferOwnershipError::MemberNotFound)?;
        // In this order: at no moment are there two owners, which the tables would refuse.
        let (owner, heir) = owner.hand_over_to(&heir);
        tx.save(owner).await?;
        tx.save(heir).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use perme8_events::{Actor, testing::FakeTx};

    use super::*;
    use crate::{
        domain::role::Role,
        testing::{
            ADMIN, COMPANY, GUEST, INVITEE, MEMBER, OWNER, Person, Tables, archived, company,
            logged_in, report,
        },
    };

    /// Makes somebody the owner, so many minutes after the log-in.
    async fn transfer(
        tx: FakeTx<Tables>,
        actor: Person,
        to: Person,
        minutes: i64,
    ) -> (FakeTx<Tables>, Result<(), TransferOwnershipError>) {
        let tx = tx.of(Actor::User(actor.id()));
        let (mut tx, session_id) = logged_in(tx, actor, minutes).await;
        let workspace = COMPANY.into();
        let command = TransferOwnership { workspace, user_id: to.id(), session_id };
        let outcome = command.execute(&mut tx).await;
        (tx, outcome)
    }

    async fn check(actor: Person, to: Person, expected: Expect) {
        let (tx, outcome) = transfer(company(), actor, to, 19).await;
        let owners = tx.state.members.iter().filter(|member| member.role == Role::Owner);
        assert_eq!(owners.count(), 1);
        expected.assert_eq(&report(&outcome, &tx));
    }

    #[tokio::test]
    async fn the_owner_makes_a_member_owner_and_is_an_admin() {
        check(OWNER, GUEST, expect![[r#"
            Ok(())
            identity.member_role_changed {"workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000002","from":"owner","to":"admin"}
            identity.ownership_transferred {"workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000005","from":"guest","to":"owner"}
        "#]]).await;
    }

    #[tokio::test]
    async fn to_oneself_is_no_transfer() {
        check(
            OWNER,
            OWNER,
            expect![[r#"
            Ok(())
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn only_a_member_becomes_owner() {
        check(
            OWNER,
            INVITEE,
            expect![[r#"
            Err(there is no such member)
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn nobody_else_gives_a_workspace_away() {
        check(
            ADMIN,
            ADMIN,
            expect![[r#"
            Err(only the owner gives a workspace away)
        "#]],
        )
        .await;
        check(
            MEMBER,
            ADMIN,
            expect![[r#"
            Err(only the owner gives a workspace away)
        "#]],
        )
        .await;
        check(
            INVITEE,
            ADMIN,
            expect![[r#"
            Err(there is no such workspace)
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn an_old_session_gives_nothing_away() {
        let (tx, outcome) = transfer(company(), OWNER, ADMIN, 20).await;
        expect![[r#"
            Err(show once more who you are)
        "#]]
        .assert_eq(&report(&outcome, &tx));
    }

    #[tokio::test]
    async fn an_archived_workspace_keeps_its_owner() {
        let (tx, outcome) = transfer(archived(company()), OWNER, ADMIN, 0).await;
        expect![[r#"
            Err(the workspace is archived: restore it first)
        "#]]
        .assert_eq(&report(&outcome, &tx));
    }
}
