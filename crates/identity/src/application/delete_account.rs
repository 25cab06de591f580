//! Giving up an account.

use perme8_events::{Load, Save, StorageError};

use crate::{
    application::{
        acting::confirmed_in_person,
        fresh_session::is_fresh,
        ports::{EmailTokens, Estates, Invitations, Sessions, Users, Workspaces},
        read_models::OwnedWorkspace,
        revoke_invitation::revoke_invitations_by,
    },
    domain::{
        invitation::Invitation,
        member::{Member, OwnerProtected},
        references::SessionId,
        role::Role,
        user::User,
        workspace::Workspace,
    },
};

/// Deletes the account of the person who acts, for good: names, address, password, sessions, memberships, and the invitations
/// that it made.
///
/// Whoever does so has logged in within the last 20 minutes, and owns no workspace any more. An invitation to the address
/// waits on: it was made to whoever reads the mail.
///
/// Emits [`MemberLeft`](crate::MemberLeft) for each membership, [`InvitationRevoked`](crate::InvitationRevoked) for each of
/// these invitations, and [`UserDeleted`](crate::UserDeleted).
#[derive(Debug, Clone)]
pub struct DeleteAccount {
    /// The session in which it is done.
    pub session_id: SessionId,
}

/// Why the account stayed.
#[derive(Debug, thiserror::Error)]
pub enum DeleteAccountError {
    /// No person acts, or one whose account is not confirmed.
    #[error("only people with a confirmed account give it up")]
    Forbidden,
    /// The log-in was too long ago.
    #[error("show once more who you are")]
    NotFresh,
    /// Workspaces would be left without an owner.
    #[error("{} workspace(s) must be transferred or deleted first", .0.len())]
    OwnsWorkspaces(Vec<OwnedWorkspace>),
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl DeleteAccount {
    pub(crate) async fn execute<T>(&self, tx: &mut T) -> Result<(), DeleteAccountError>
    where
        T: Users
            + Sessions
            + EmailTokens
            + Estates
            + Workspaces
            + Invitations
            + Save<User>
            + Save<Member>
            + Save<Invitation>,
    {
        let user = confirmed_in_person(tx).await?.ok_or(DeleteAccountError::Forbidden)?;
        if !is_fresh(tx, self.session_id, user.id).await? {
            return Err(DeleteAccountError::NotFresh);
        }
        // Whoever is about to join something waits for a turn, too.
        tx.wait_for_turn(&user.email).await?;
        let memberships = tx.memberships_of(user.id).await?;
        let owned = owned(tx, &memberships).await?;
        if !owned.is_empty() {
            return Err(DeleteAccountError::OwnsWorkspaces(owned));
        }
        for member in memberships {
            let workspace = member.id.workspace_id;
            // An owner since a moment ago; who tries again is told where.
            let left = member.leave().map_err(|OwnerProtected| StorageError::conflict())?;
            Save::<Member>::save(tx, left).await?;
            revoke_invitations_by(tx, workspace, user.id).await?;
        }
        tx.forget_invitations_of(user.id).await?;
        tx.forget_tokens(user.id).await?;
        tx.end_sessions(user.id, None).await?;
        Save::<User>::save(tx, user.delete()).await?;
        Ok(())
    }
}

/// The workspaces that these members own.
async fn owned<T: Workspaces>(
    tx: &mut T,
    memberships: &[Member],
) -> Result<Vec<OwnedWorkspace>, StorageError> {
    let mut owned = Vec::new();
    for member in memberships.iter().filter(|member| member.role == Role::Owner) {
        if let Some(workspace) = Load::<Workspace>::load(tx, member.id.workspace_id).await? {
            let Workspace { id, name, slug, .. } = workspace;
            owned.push(OwnedWorkspace { id, name, slug: slug.to_string() });
        }
    }
    Ok(owned)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use expect_test::{Expect, expect};
    use perme8_events::{Actor, Transaction as _, testing::FakeTx};

    use super::*;
    use crate::{
        domain::session::TokenPurpose,
        testing::{
            ADMIN, CountedTokens, GUEST, INVITEE, MEMBER, OWNER, Person, Tables, invited,
            invited_by, log_in_as, mail, report,
        },
    };

    /// Gives the account of this person up, so many minutes after the log-in.
    async fn delete(
        tx: FakeTx<Tables>,
        person: Person,
        minutes: i64,
    ) -> (FakeTx<Tables>, Result<(), DeleteAccountError>) {
        let (mut tx, tokens) = (tx.of(Actor::User(person.id())), CountedTokens::default());
        let session_id = log_in_as(&mut tx, person, &tokens).await;
        mail(&mut tx, person, person.email, TokenPurpose::LogIn, &tokens).await;
        let later = tx.now() + TimeDelta::minutes(minutes);
        let mut tx = tx.at(later);
        let outcome = DeleteAccount { session_id }.execute(&mut tx).await;
        (tx, outcome)
    }

    async fn check(tx: FakeTx<Tables>, person: Person, minutes: i64, expected: Expect) {
        let (tx, outcome) = delete(tx, person, minutes).await;
        expected.assert_eq(&report(&outcome, &tx));
        let is_gone = tx.state.users.iter().all(|user| user.id != person.id());
        assert_eq!(is_gone, outcome.is_ok());
        assert_eq!(tx.state.members.iter().all(|m| m.id.user_id != person.id()), is_gone);
        assert_eq!((tx.state.sessions.is_empty(), tx.state.tokens.is_empty()), (is_gone, is_gone));
    }

    #[tokio::test]
    async fn whoever_goes_leaves_every_workspace_and_no_invitation_behind() {
        let (tx, _) = invited_by(ADMIN, INVITEE).await;
        check(tx, ADMIN, 19, expect![[r#"
            Ok(())
            identity.member_left {"workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000003"}
            identity.invitation_revoked {"invitation_id":"00000000-0000-0000-0000-000000000101","workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-00000000000a"}
            identity.user_deleted {"user_id":"00000000-0000-0000-0000-000000000003","email":"admin@example.com"}
        "#]]).await;
        let (tx, _) = invited_by(ADMIN, INVITEE).await;
        let (tx, _) = delete(tx, ADMIN, 0).await;
        assert!(tx.state.invitations.is_empty());
    }

    #[tokio::test]
    async fn an_invitation_outlives_the_account_that_it_was_announced_to() {
        let (tx, _) = invited(INVITEE).await;
        check(
            tx,
            INVITEE,
            0,
            expect![[r#"
            Ok(())
            identity.user_deleted {"user_id":"00000000-0000-0000-0000-00000000000a","email":"invitee@example.com"}
        "#]],
        )
        .await;
        let (tx, _) = invited(INVITEE).await;
        let (tx, _) = delete(tx, INVITEE, 0).await;
        let [invitation] = &tx.state.invitations[..] else { panic!("it waits on") };
        assert!(invitation.is_pending() && invitation.announced_to.is_none());
    }

    #[tokio::test]
    async fn owners_hand_over_what_they_own_first() {
        let (tx, _) = invited(INVITEE).await;
        check(
            tx,
            OWNER,
            0,
            expect![[r#"
            Err(1 workspace(s) must be transferred or deleted first)
        "#]],
        )
        .await;
        let (tx, _) = invited(INVITEE).await;
        let (_, outcome) = delete(tx, OWNER, 0).await;
        let Err(DeleteAccountError::OwnsWorkspaces(owned)) = outcome else { panic!("refused") };
        assert_eq!(owned[0].slug, "the-company");
    }

    #[tokio::test]
    async fn an_old_session_deletes_nothing() {
        let (tx, _) = invited(INVITEE).await;
        check(
            tx,
            GUEST,
            20,
            expect![[r#"
            Err(show once more who you are)
        "#]],
        )
        .await;
    }

    #[tokio::test]
    async fn only_people_delete_their_accounts() {
        let (tx, _) = invited(INVITEE).await;
        let (tx, _) = delete(tx, MEMBER, 20).await;
        let session_id = tx.state.sessions[0].id;
        for actor in [Actor::Anonymous, Actor::System("cleaner".into())] {
            let command = DeleteAccount { session_id };
            let (tx, _) = invited(INVITEE).await;
            let outcome = command.execute(&mut tx.of(actor)).await;
            assert!(matches!(outcome, Err(DeleteAccountError::Forbidden)));
        }
    }
}
