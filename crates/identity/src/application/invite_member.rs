//! Inviting somebody into a workspace.

use chrono::{DateTime, Utc};
use perme8_events::{Load, Save, StorageError};

use crate::{
    application::{
        acting::ActingMember,
        ports::{Invitations, Members, Users, Workspaces},
        read_models::InvitationSummary,
    },
    domain::{
        discreet::discreet,
        email::Email,
        fields::FieldErrors,
        invitation::{Invitation, MAX_PENDING, NewInvitation, TooSoon},
        policy::{self, Action},
        references::WorkspaceRef,
        role::Role,
        user::User,
        workspace::Workspace,
    },
};

/// Asks an e-mail address to join a workspace, whether or not anybody has an account with it.
///
/// Emits [`InvitationCreated`](crate::InvitationCreated), [`MemberInvited`](crate::MemberInvited) if somebody has confirmed
/// the address, and [`InvitationExpired`](crate::InvitationExpired) of one that was not answered in time.
#[derive(Clone)]
pub struct InviteMember {
    /// Where.
    pub workspace: WorkspaceRef,
    /// Whom, in any letter case.
    pub email: String,
    /// As what; not owner.
    pub role: Role,
}

discreet! { InviteMember { workspace, role } }

/// Why nobody was invited.
#[derive(Debug, thiserror::Error)]
pub enum InviteMemberError {
    /// Nobody is made owner this way.
    #[error("nobody is made owner by an invitation")]
    RoleNotAssignable,
    /// There is no such workspace, or the person who acts is a stranger there.
    #[error("there is no such workspace")]
    WorkspaceNotFound,
    /// No person acts, or one who does not manage the workspace.
    #[error("only owner and admins invite people")]
    Forbidden,
    /// The workspace is put away.
    #[error("the workspace is archived")]
    WorkspaceArchived,
    /// The address is none.
    #[error("{0}")]
    Invalid(FieldErrors),
    /// Whoever has the address is a member, or is invited already.
    #[error("the person is a member already, or invited")]
    AlreadyMember,
    /// The address was sent an invitation into the workspace less than a minute ago, whatever became of it.
    #[error("the address was just sent an invitation")]
    TooSoon {
        /// From then on it can be invited again.
        again_at: DateTime<Utc>,
    },
    /// 500 invitations into the workspace wait for an answer.
    #[error("too many invitations wait for an answer")]
    TooManyPending,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl InviteMember {
    pub(crate) async fn execute<T>(
        &self,
        tx: &mut T,
    ) -> Result<InvitationSummary, InviteMemberError>
    where
        T: Users + Workspaces + Members + Invitations + Save<Invitation>,
    {
        if !policy::is_assignable(self.role) {
            return Err(InviteMemberError::RoleNotAssignable);
        }
        let acting = ActingMember::who_may(Action::Invite, tx, &self.workspace).await?;
        let workspace = acting.workspace;
        let email = Email::parse(&self.email)
            .map_err(|problem| InviteMemberError::Invalid(FieldErrors::of("email", problem)))?;
        tx.wait_for_turn(&email).await?;
        let inviter = Load::<User>::load(tx, acting.user_id).await?;
        let inviter = inviter.ok_or(InviteMemberError::Forbidden)?;
        tx.wait_for_room(workspace.id).await?;
        let invitation = invite(tx, &workspace, &inviter, email, self.role).await?;
        Ok(InvitationSummary::of(&invitation, &workspace, &inviter))
    }
}

/// Why an address was not invited.
#[derive(Debug)]
pub(crate) enum NotInvited {
    /// Whoever has it is a member.
    Member,
    /// It has an invitation that waits for an answer.
    Invited,
    /// It was sent an invitation less than a minute ago.
    TooSoon(TooSoon),
    /// Too many invitations wait for an answer.
    TooManyPending,
    /// The storage failed.
    Storage(StorageError),
}

impl From<StorageError> for NotInvited {
    fn from(error: StorageError) -> Self {
        Self::Storage(error)
    }
}

impl From<TooSoon> for NotInvited {
    fn from(reason: TooSoon) -> Self {
        Self::TooSoon(reason)
    }
}

impl From<NotInvited> for InviteMemberError {
    fn from(reason: NotInvited) -> Self {
        match reason {
            NotInvited::Member | NotInvited::Invited => Self::AlreadyMember,
            NotInvited::TooSoon(TooSoon { again_at }) => Self::TooSoon { again_at },
            NotInvited::TooManyPending => Self::TooManyPending,
            NotInvited::Storage(error) => Self::Storage(error),
        }
    }
}

/// Invites an address whose turn it is, into a workspace whose room was waited for.
pub(crate) async fn invite<T>(
    tx: &mut T,
    workspace: &Workspace,
    inviter: &User,
    email: Email,
    role: Role,
) -> Result<Invitation, NotInvited>
where
    T: Users + Members + Invitations + Save<Invitation>,
{
    if tx.member_by_email(workspace.id, &email).await?.is_some() {
        return Err(NotInvited::Member);
    }
    let now = tx.now();
    match tx.pending_invitation(workspace.id, &email).await? {
        Some(open) if open.is_open(now) => return Err(NotInvited::Invited),
        // Nobody has noted yet that it expired; it makes room for the new one.
        Some(overdue) => drop(tx.save(overdue.expire()).await?),
        None => {}
    }
    // Otherwise revoking and inviting anew would be a way around the pause between two mails.
    if let Some(latest) = tx.latest_invitation(workspace.id, &email).await? {
        latest.pause(now)?;
    }
    if tx.count_open_invitations(workspace.id).await? >= MAX_PENDING {
        return Err(NotInvited::TooManyPending);
    }
    let account = tx.user_by_email(&email).await?.filter(User::is_confirmed).map(|user| user.id);
    let new = NewInvitation { workspace, inviter, email, role, invitee: account };
    let id = tx.new_id();
    let invitation = tx.save(Invitation::create(id, new, now)).await?;
    if let Some(account) = account {
        tx.emit(invitation.announcement(account, workspace, inviter));
    }
    Ok(invitation)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use expect_test::{Expect, expect};
    use perme8_events::{
        Actor, Clock as _, Id, Transaction as _,
        testing::{FakeTx, ManualClock},
    };
    use uuid::Uuid;

    use super::*;
    use crate::application::{
        decline_invitation::DeclineInvitation, revoke_invitation::RevokeInvitation,
    };
    use crate::testing::{
        ADMIN, COMPANY, GUEST, INVITEE, MEMBER, NEWCOMER, OWNER, Tables, archived, company,
        invited, report,
    };

    async fn check_on(
        mut tx: FakeTx<Tables>,
        actor: Actor,
        email: &str,
        role: Role,
        expected: Expect,
    ) {
        tx = tx.of(actor);
        let command = InviteMember { workspace: COMPANY.into(), email: email.to_owned(), role };
        let outcome = command.execute(&mut tx).await;
        expected.assert_eq(&report(&outcome.map(|i| (i.email, i.expires_at.to_string())), &tx));
    }

    async fn check(actor: Actor, email: &str, role: Role, expected: Expect) {
        check_on(company(), actor, email, role, expected).await;
    }

    #[tokio::test]
    async fn who_has_a_confirmed_account_is_told() {
        check(Actor::User(ADMIN.id()), "Invitee@Example.COM", Role::Admin, expect![[r#"
            Ok(("invitee@example.com", "2026-01-19 09:00:00 UTC"))
            identity.invitation_created {"invitation_id":"00000000-0000-0000-0000-000000000101","workspace_id":"00000000-0000-0000-0000-000000000001","workspace_name":"The Company","email":"invitee@example.com","role":"admin","invited_by":"00000000-0000-0000-0000-000000000003","invited_by_name":"Admin Example","user_id":"00000000-0000-0000-0000-00000000000a"}
            identity.member_invited {"user_id":"00000000-0000-0000-0000-00000000000a","workspace_id":"00000000-0000-0000-0000-000000000001","workspace_name":"The Company","invited_by":"00000000-0000-0000-0000-000000000003","invited_by_name":"Admin Example","role":"admin","invitation_id":"00000000-0000-0000-0000-000000000101"}
        "#]])
        .await;
    }

    #[tokio::test]
    async fn who_has_none_is_invited_without_being_told() {
        check(Actor::User(OWNER.id()), "somebody@example.com", Role::Guest, expect![[r#"
            Ok(("somebody@example.com", "2026-01-19 09:00:00 UTC"))
            identity.invitation_created {"invitation_id":"00000000-0000-0000-0000-000000000101","workspace_id":"00000000-0000-0000-0000-000000000001","workspace_name":"The Company","email":"somebody@example.com","role":"guest","invited_by":"00000000-0000-0000-0000-000000000002","invited_by_name":"Owner Example","user_id":null}
        "#]])
        .await;
        check(Actor::User(OWNER.id()), NEWCOMER.email, Role::Guest, expect![[r#"
            Ok(("newcomer@example.com", "2026-01-19 09:00:00 UTC"))
            identity.invitation_created {"invitation_id":"00000000-0000-0000-0000-000000000101","workspace_id":"00000000-0000-0000-0000-000000000001","workspace_name":"The Company","email":"newcomer@example.com","role":"guest","invited_by":"00000000-0000-0000-0000-000000000002","invited_by_name":"Owner Example","user_id":null}
        "#]])
        .await;
    }

    #[tokio::test]
    async fn the_checks_have_an_order() {
        check(
            Actor::User(INVITEE.id()),
            "no address",
            Role::Owner,
            expect![[r#"
            Err(nobody is made owner by an invitation)
        "#]],
        )
        .await;
        check(
            Actor::User(INVITEE.id()),
            "no address",
            Role::Guest,
            expect![[r#"
            Err(there is no such workspace)
        "#]],
        )
        .await;
        for actor in
            [Actor::User(MEMBER.id()), Actor::User(GUEST.id()), Actor::System("cleaner".into())]
        {
            check(
                actor,
                "no address",
                Role::Guest,
                expect![[r#"
                Err(only owner and admins invite people)
            "#]],
            )
            .await;
        }
        check_on(
            archived(company()),
            Actor::User(OWNER.id()),
            "no address",
            Role::Guest,
            expect![[r#"
            Err(the workspace is archived)
        "#]],
        )
        .await;
        check(
            Actor::User(OWNER.id()),
            "no address",
            Role::Guest,
            expect![[r#"
            Err(email must have the @ sign and no spaces)
        "#]],
        )
        .await;
        check(
            Actor::User(OWNER.id()),
            "MEMBER@example.com",
            Role::Guest,
            expect![[r#"
            Err(the person is a member already, or invited)
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn nobody_is_invited_twice_until_the_first_invitation_is_over() {
        let (tx, _) = invited(INVITEE).await;
        check_on(
            tx,
            Actor::User(OWNER.id()),
            "INVITEE@example.com",
            Role::Guest,
            expect![[r#"
            Err(the person is a member already, or invited)
        "#]],
        )
        .await;
        let (tx, invitation) = invited(INVITEE).await;
        let later = tx.at(invitation.expires_at);
        check_on(later, Actor::User(OWNER.id()), INVITEE.email, Role::Guest, expect![[r#"
            Ok(("invitee@example.com", "2026-02-02 09:00:00 UTC"))
            identity.invitation_expired {"invitation_id":"00000000-0000-0000-0000-000000000101","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-00000000000a"}
            identity.invitation_created {"invitation_id":"00000000-0000-0000-0000-000000000102","workspace_id":"00000000-0000-0000-0000-000000000001","workspace_name":"The Company","email":"invitee@example.com","role":"guest","invited_by":"00000000-0000-0000-0000-000000000002","invited_by_name":"Owner Example","user_id":"00000000-0000-0000-0000-00000000000a"}
            identity.member_invited {"user_id":"00000000-0000-0000-0000-00000000000a","workspace_id":"00000000-0000-0000-0000-000000000001","workspace_name":"The Company","invited_by":"00000000-0000-0000-0000-000000000002","invited_by_name":"Owner Example","role":"guest","invitation_id":"00000000-0000-0000-0000-000000000102"}
        "#]])
        .await;
    }

    #[tokio::test]
    async fn an_address_is_not_sent_two_invitations_within_a_minute() {
        for declined in [false, true] {
            let (tx, invitation) = invited(INVITEE).await;
            let again_at = tx.now() + TimeDelta::minutes(1);
            let mut tx = tx.of(Actor::User(INVITEE.id()));
            if declined {
                let command = DeclineInvitation { invitation: invitation.id.into() };
                command.execute(&mut tx).await.unwrap();
                tx = tx.of(Actor::User(ADMIN.id()));
            } else {
                let command =
                    RevokeInvitation { workspace: COMPANY.into(), invitation_id: invitation.id };
                tx = tx.of(Actor::User(ADMIN.id()));
                command.execute(&mut tx).await.unwrap();
            }
            let command = InviteMember {
                workspace: COMPANY.into(),
                email: INVITEE.email.to_owned(),
                role: Role::Guest,
            };
            let mut tx = tx.at(again_at - TimeDelta::microseconds(1));
            let refused = command.execute(&mut tx).await;
            assert!(
                matches!(refused, Err(InviteMemberError::TooSoon { again_at: at }) if at == again_at)
            );
            assert!(command.execute(&mut tx.at(again_at)).await.is_ok());
        }
    }

    #[tokio::test]
    async fn no_more_than_500_invitations_wait() {
        let (mut tx, pending) = invited(INVITEE).await;
        let now = ManualClock::monday_morning().now();
        tx.state.invitations = (0..499)
            .map(|n| Invitation {
                id: Id::new(Uuid::from_u128(0x1000 + n)),
                email: Email::parse(&format!("somebody{n}@example.com")).unwrap(),
                ..pending.clone()
            })
            .collect();
        let command = |n| InviteMember {
            workspace: COMPANY.into(),
            email: format!("one.more{n}@example.com"),
            role: Role::Guest,
        };
        assert!(command(1).execute(&mut tx).await.is_ok());
        assert!(matches!(
            command(2).execute(&mut tx).await,
            Err(InviteMemberError::TooManyPending)
        ));
        let mut later = tx.at(now + TimeDelta::days(14));
        assert!(command(2).execute(&mut later).await.is_ok());
    }
}
