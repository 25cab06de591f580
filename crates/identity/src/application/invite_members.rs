//! Inviting many people into a workspace at once.

use std::collections::BTreeSet;

use perme8_events::{Load, Save, StorageError};

use crate::{
    application::{
        acting::ActingMember,
        invite_member::{NotInvited, invite},
        ports::{Invitations, Members, Users, Workspaces},
    },
    domain::{
        discreet::discreet,
        email::Email,
        invitation::Invitation,
        policy::{self, Action},
        references::{InvitationId, WorkspaceRef},
        role::Role,
        user::User,
    },
};

/// Asks many e-mail addresses to join a workspace.
///
/// Every row has an outcome of its own, and a row that cannot be keeps no other from being invited. All of it is one
/// transaction: what is reported is what is committed, and a failure invites nobody. To send a list again is harmless, since
/// whoever was invited by it is invited already.
///
/// Emits for each of them what [`InviteMember`](crate::InviteMember) does.
#[derive(Debug, Clone)]
pub struct InviteMembers {
    /// Where.
    pub workspace: WorkspaceRef,
    /// Whom, and as what; at most 200.
    pub rows: Vec<InviteRow>,
}

/// Somebody to invite, as a list says it.
#[derive(Clone)]
pub struct InviteRow {
    /// Whom, in any letter case.
    pub email: String,
    /// As what: `guest`, `member` or `admin`.
    pub role: String,
}

discreet! { InviteRow { role } }

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowOutcome {
    /// The address was invited.
    Invited(InvitationId),
    /// Whoever has the address is a member.
    AlreadyMember,
    /// The address has an invitation that waits for an answer, maybe by an earlier row.
    AlreadyInvited,
    /// The address is none, or the role is none.
    Invalid,
    /// Nobody is made owner by an invitation.
    Forbidden,
    /// The address was sent an invitation into the workspace less than a minute ago, whatever became of it.
    TooSoon,
    /// 500 invitations into the workspace wait for an answer.
    TooManyPending,
}

/// Why nobody was invited.
#[derive(Debug, thiserror::Error)]
pub enum InviteMembersError {
    /// There is no such workspace, or the person who acts is a stranger there.
    #[error("there is no such workspace")]
    WorkspaceNotFound,
    /// No person acts, or one who does not manage the workspace.
    #[error("only owner and admins invite people")]
    Forbidden,
    /// The workspace is put away.
    #[error("the workspace is archived: restore it first")]
    WorkspaceArchived,
    /// More than 200 rows.
    #[error("more than 200 rows: send several lists")]
    TooManyRows,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl InviteMembers {
    /// So many rows at once; others would wait too long for them.
    pub const MOST: usize = 200;

    pub(crate) async fn execute<T>(&self, tx: &mut T) -> Result<Vec<RowOutcome>, InviteMembersError>
    where
        T: Users + Workspaces + Members + Invitations + Save<Invitation>,
    {
        if self.rows.len() > Self::MOST {
            return Err(InviteMembersError::TooManyRows);
        }
        let acting = ActingMember::who_may(Action::Invite, tx, &self.workspace).await?;
        let inviter = Load::<User>::load(tx, acting.user_id).await?;
        let inviter = inviter.ok_or(InviteMembersError::Forbidden)?;
        let rows: Vec<_> = self.rows.iter().map(InviteRow::parse).collect();
        // All turns first, and in one order, so that two lists never wait for each other.
        let addresses: BTreeSet<&Email> = rows.iter().flatten().map(|(email, _)| email).collect();
        for email in addresses {
            tx.wait_for_turn(email).await?;
        }
        tx.wait_for_room(acting.workspace.id).await?;
        let mut outcomes = Vec::new();
        for row in rows {
            let outcome = match row {
                Err(outcome) => outcome,
                Ok((email, role)) => {
                    match invite(tx, &acting.workspace, &inviter, email, role).await {
                        Ok(invitation) => RowOutcome::Invited(invitation.id),
                        Err(NotInvited::Member) => RowOutcome::AlreadyMember,
                        Err(NotInvited::Invited) => RowOutcome::AlreadyInvited,
                        Err(NotInvited::TooSoon(_)) => RowOutcome::TooSoon,
                        Err(NotInvited::TooManyPending) => RowOutcome::TooManyPending,
                        Err(NotInvited::Storage(error)) => return Err(error.into()),
                    }
                }
            };
            outcomes.push(outcome);
        }
        Ok(outcomes)
    }
}

impl InviteRow {
    fn parse(&self) -> Result<(Email, Role), RowOutcome> {
        let email = Email::parse(&self.email).map_err(|_| RowOutcome::Invalid)?;
        let role: Role = self.role.parse().map_err(|_| RowOutcome::Invalid)?;
        if policy::is_assignable(role) { Ok((email, role)) } else { Err(RowOutcome::Forbidden) }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use perme8_events::{Actor, testing::FakeTx};

    use super::*;
    use crate::testing::{
        ADMIN, COMPANY, GUEST, INVITEE, MEMBER, Person, Tables, archived, company, invited, report,
    };

    async fn check(tx: FakeTx<Tables>, actor: Person, rows: &[(&str, &str)], expected: Expect) {
        let mut tx = tx.of(Actor::User(actor.id()));
        let row = |(email, role): &(&str, &str)| InviteRow {
            email: (*email).to_owned(),
            role: (*role).to_owned(),
        };
        let rows = rows.iter().map(row).collect();
        let outcome = InviteMembers { workspace: COMPANY.into(), rows }.execute(&mut tx).await;
        expected.assert_eq(&report(&outcome, &tx));
    }

    #[tokio::test]
    async fn every_row_has_an_outcome_of_its_own() {
        let rows = [
            ("new@example.com", "guest"),
            ("MEMBER@example.com", "member"),
            ("no address", "member"),
            ("other@example.com", "boss"),
            ("other@example.com", "owner"),
            ("Invitee@Example.com", "admin"),
            ("NEW@example.com", "member"),
        ];
        check(company(), ADMIN, &rows, expect![[r#"
            Ok([Invited(00000000-0000-0000-0000-000000000101), AlreadyMember, Invalid, Invalid, Forbidden, Invited(00000000-0000-0000-0000-000000000102), AlreadyInvited])
            identity.invitation_created {"invitation_id":"00000000-0000-0000-0000-000000000101","workspace_id":"00000000-0000-0000-0000-000000000001","workspace_name":"The Company","email":"new@example.com","role":"guest","invited_by":"00000000-0000-0000-0000-000000000003","invited_by_name":"Admin Example","user_id":null}
            identity.invitation_created {"invitation_id":"00000000-0000-0000-0000-000000000102","workspace_id":"00000000-0000-0000-0000-000000000001","workspace_name":"The Company","email":"invitee@example.com","role":"admin","invited_by":"00000000-0000-0000-0000-000000000003","invited_by_name":"Admin Example","user_id":"00000000-0000-0000-0000-00000000000a"}
            identity.member_invited {"user_id":"00000000-0000-0000-0000-00000000000a","workspace_id":"00000000-0000-0000-0000-000000000001","workspace_name":"The Company","invited_by":"00000000-0000-0000-0000-000000000003","invited_by_name":"Admin Example","role":"admin","invitation_id":"00000000-0000-0000-0000-000000000102"}
        "#]]).await;
    }

    #[tokio::test]
    async fn whoever_is_invited_is_not_invited_again() {
        let (tx, _) = invited(INVITEE).await;
        check(
            tx,
            ADMIN,
            &[(INVITEE.email, "guest")],
            expect![[r#"
            Ok([AlreadyInvited])
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn an_empty_list_invites_nobody() {
        check(
            company(),
            ADMIN,
            &[],
            expect![[r#"
            Ok([])
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn a_list_has_an_end() {
        check(
            company(),
            ADMIN,
            &[("new@example.com", "guest"); 201],
            expect![[r#"
            Err(more than 200 rows: send several lists)
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn only_managers_invite_and_only_into_what_is_in_use() {
        let rows = [("new@example.com", "guest")];
        check(
            company(),
            MEMBER,
            &rows,
            expect![[r#"
            Err(only owner and admins invite people)
        "#]],
        )
        .await;
        check(
            company(),
            GUEST,
            &rows,
            expect![[r#"
            Err(only owner and admins invite people)
        "#]],
        )
        .await;
        check(
            company(),
            INVITEE,
            &rows,
            expect![[r#"
            Err(there is no such workspace)
        "#]],
        )
        .await;
        check(
            archived(company()),
            ADMIN,
            &rows,
            expect![[r#"
            Err(the workspace is archived: restore it first)
        "#]],
        )
        .await;
    }
}
