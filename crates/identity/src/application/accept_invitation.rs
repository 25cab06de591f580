//! Joining a workspace.

use perme8_events::{Load, Save, StorageError, UserId};

use crate::{
    application::{
        acting::{acting_in_person, workspace_by},
        ports::{Invitations, Members, Users, Workspaces},
        read_models::WorkspaceDetails,
    },
    domain::{
        invitation::Invitation,
        member::{Member, MemberId},
        references::InvitationRef,
        user::User,
    },
};

/// Accepts an invitation to the confirmed e-mail address of the person who acts.
///
/// Emits [`MemberJoined`](crate::MemberJoined).
#[derive(Debug, Clone)]
pub struct AcceptInvitation {
    /// Which.
    pub invitation: InvitationRef,
}

/// Why nobody joined.
#[derive(Debug, thiserror::Error)]
pub enum AcceptInvitationError {
    /// No person acts.
    #[error("only people accept invitations")]
    Forbidden,
    /// There is no such invitation, it is answered or revoked, or it is somebody else's: the same in every case.
    #[error("there is no such invitation")]
    InvitationNotFound,
    /// The time for an answer is over.
    #[error("the invitation has expired")]
    Expired,
    /// The workspace is put away.
    #[error("the workspace is archived")]
    WorkspaceArchived,
    /// The person joined by other means.
    #[error("the person is a member already")]
    AlreadyMember,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl AcceptInvitation {
    pub(crate) async fn execute<T>(
        &self,
        tx: &mut T,
    ) -> Result<WorkspaceDetails, AcceptInvitationError>
    where
        T: Users + Workspaces + Members + Invitations + Save<Invitation> + Save<Member>,
    {
        let user_id = acting_in_person(tx.origin()).ok_or(AcceptInvitationError::Forbidden)?;
        let own = own_invitation(tx, user_id, &self.invitation).await?;
        let (user, invitation) = own.ok_or(AcceptInvitationError::InvitationNotFound)?;
        let now = tx.now();
        if invitation.is_overdue(now) {
            return Err(AcceptInvitationError::Expired);
        }
        let workspace = tx.held_workspace(invitation.workspace_id).await?;
        let workspace = workspace.ok_or(AcceptInvitationError::InvitationNotFound)?;
        if workspace.is_archived() {
            return Err(AcceptInvitationError::WorkspaceArchived);
        }
        let id = MemberId { workspace_id: workspace.id, user_id: user.id };
        if Load::<Member>::load(tx, id).await?.is_some() {
            return Err(AcceptInvitationError::AlreadyMember);
        }
        let joined = Member::join(id, invitation.role, invitation.id, now);
        Save::<Invitation>::save(tx, invitation.accept()).await?;
        let member = Save::<Member>::save(tx, joined).await?;
        Ok(WorkspaceDetails::of(workspace, member.role))
    }
}

/// The pending invitation, overdue or not, if it is to the confirmed address of the person.
pub(crate) async fn own_invitation<T: Users + Workspaces + Invitations>(
    tx: &mut T,
    user_id: UserId,
    invitation: &InvitationRef,
) -> Result<Option<(User, Invitation)>, StorageError> {
    let user = Load::<User>::load(tx, user_id).await?.filter(User::is_confirmed);
    let Some(User { email, .. }) = user else { return Ok(None) };
    tx.wait_for_turn(&email).await?;
    // Whoever was just moving to another address is not asked at this one any more.
    let user = Load::<User>::load(tx, user_id).await?.filter(|user| user.email == email);
    let Some(user) = user else { return Ok(None) };
    let found = match invitation {
        InvitationRef::Id(id) => Load::<Invitation>::load(tx, *id).await?,
        InvitationRef::Workspace(workspace) => match workspace_by(tx, workspace).await? {
            Some(workspace) => tx.pending_invitation(workspace.id, &user.email).await?,
            None => None,
        },
    };
    Ok(found
        .filter(|i| i.is_pending() && i.email == user.email)
        .map(|invitation| (user, invitation)))
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use perme8_events::{Actor, testing::FakeTx};

    use super::*;
    use crate::{
        domain::references::WorkspaceRef,
        testing::{COMPANY, GUEST, INVITEE, NEWCOMER, OWNER, Tables, archived, invited, report},
    };

    async fn check(
        tx: FakeTx<Tables>,
        actor: Actor,
        invitation: InvitationRef,
        expected: Expect,
    ) -> FakeTx<Tables> {
        let mut tx = tx.of(actor);
        let outcome = AcceptInvitation { invitation }.execute(&mut tx).await;
        expected
            .assert_eq(&report(&outcome.map(|workspace| (workspace.slug, workspace.role)), &tx));
        tx
    }

    #[tokio::test]
    async fn the_invitee_joins_in_the_role_offered() {
        for by_workspace in [false, true] {
            let (tx, invitation) = invited(INVITEE).await;
            let reference = if by_workspace {
                WorkspaceRef::from("the-company").into()
            } else {
                invitation.id.into()
            };
            let tx = check(tx, Actor::User(INVITEE.id()), reference, expect![[r#"
                Ok(("the-company", Member))
                identity.member_joined {"workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-00000000000a","role":"member","invitation_id":"00000000-0000-0000-0000-000000000101"}
            "#]])
            .await;
            assert!(tx.state.members.iter().any(|member| member.id.user_id == INVITEE.id()));
        }
    }

    #[tokio::test]
    async fn nobody_accepts_twice() {
        let (mut tx, invitation) = invited(INVITEE).await;
        tx = tx.of(Actor::User(INVITEE.id()));
        let command = AcceptInvitation { invitation: invitation.id.into() };
        assert!(command.execute(&mut tx).await.is_ok());
        assert!(matches!(
            command.execute(&mut tx).await,
            Err(AcceptInvitationError::InvitationNotFound)
        ));
    }

    #[tokio::test]
    async fn invitations_of_others_do_not_exist() {
        for actor in [OWNER, GUEST, NEWCOMER] {
            let (tx, invitation) = invited(INVITEE).await;
            check(
                tx,
                Actor::User(actor.id()),
                invitation.id.into(),
                expect![[r#"
                Err(there is no such invitation)
            "#]],
            )
            .await;
            let (tx, _) = invited(INVITEE).await;
            check(
                tx,
                Actor::User(actor.id()),
                WorkspaceRef::from(COMPANY).into(),
                expect![[r#"
                Err(there is no such invitation)
            "#]],
            )
            .await;
        }
        let (tx, invitation) = invited(INVITEE).await;
        check(
            tx,
            Actor::System("cleaner".into()),
            invitation.id.into(),
            expect![[r#"
            Err(only people accept invitations)
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn an_address_that_is_not_confirmed_accepts_nothing() {
        let (tx, invitation) = invited(NEWCOMER).await;
        check(
            tx,
            Actor::User(NEWCOMER.id()),
            invitation.id.into(),
            expect![[r#"
            Err(there is no such invitation)
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn some_invitations_come_too_late() {
        let (tx, invitation) = invited(INVITEE).await;
        check(
            tx.at(invitation.expires_at),
            Actor::User(INVITEE.id()),
            invitation.id.into(),
            expect![[r#"
            Err(the invitation has expired)
        "#]],
        )
        .await;
        let (tx, invitation) = invited(INVITEE).await;
        check(
            archived(tx),
            Actor::User(INVITEE.id()),
            invitation.id.into(),
            expect![[r#"
            Err(the workspace is archived)
        "#]],
        )
        .await;
        let (mut tx, invitation) = invited(INVITEE).await;
        let member = Member {
            id: MemberId { workspace_id: COMPANY, user_id: INVITEE.id() },
            ..tx.state.members[3].clone()
        };
        tx.state.members.push(member);
        check(
            tx,
            Actor::User(INVITEE.id()),
            invitation.id.into(),
            expect![[r#"
            Err(the person is a member already)
        "#]],
        )
        .await;
    }
}
