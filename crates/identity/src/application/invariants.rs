//! Whatever is done in whatever order, a workspace keeps one owner, nobody is in it twice, and only managers invite.

use std::collections::BTreeSet;

use perme8_events::{Actor, EventHandler as _, Id, Transaction as _, testing::FakeTx};
use proptest::{
    prelude::*,
    sample::Index,
    test_runner::{Config, TestError, TestRunner},
};

use crate::{
    application::{
        accept_invitation::AcceptInvitation,
        archive_workspace::ArchiveWorkspace,
        change_member_role::ChangeMemberRole,
        decline_invitation::DeclineInvitation,
        invite_member::InviteMember,
        invite_members::{InviteMembers, InviteRow},
        leave_workspace::LeaveWorkspace,
        on_user_confirmed::OnUserConfirmed,
        remove_member::RemoveMember,
        resend_invitation::ResendInvitation,
        restore_workspace::RestoreWorkspace,
        revoke_invitation::RevokeInvitation,
        transfer_ownership::TransferOwnership,
    },
    domain::{
        invitation::InvitationStatus,
        member::{Member, MemberId},
        references::{InvitationId, InvitationRef},
        role::Role,
    },
    testing::{
        ADMIN, Act, COMPANY, CountedTokens, GUEST, INVITEE, MEMBER, NEWCOMER, OWNER, PEOPLE,
        Person, Tables, Who, company, confirmed_event, log_in_as, stories,
    },
};

const CAST: [Person; PEOPLE] = [OWNER, ADMIN, MEMBER, GUEST, INVITEE, NEWCOMER];

/// What somebody has broken, to see whether it would be noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Broken {
    Nothing,
    /// Whoever gives a workspace away stays its owner.
    Transfer,
    /// Nobody is protected from being removed.
    Removal,
    /// Whoever accepts is not looked up among the members.
    Joining,
}

/// Does it, and says whether it was allowed.
async fn perform(tx: &mut FakeTx<Tables>, act: &Act) -> bool {
    let workspace = COMPANY.into();
    let own = || InvitationRef::Workspace(COMPANY.into());
    let email = |who: &Who| CAST[*who].email.to_uppercase();
    match act {
        Act::Invite(who, role) => {
            InviteMember { workspace, email: email(who), role: *role }.execute(tx).await.is_ok()
        }
        Act::InviteMany(rows) => {
            let row =
                |(who, role): &(Who, Role)| InviteRow { email: email(who), role: role.to_string() };
            let rows = rows.iter().map(row).collect();
            InviteMembers { workspace, rows }.execute(tx).await.is_ok()
        }
        Act::Accept => AcceptInvitation { invitation: own() }.execute(tx).await.is_ok(),
        Act::Decline => DeclineInvitation { invitation: own() }.execute(tx).await.is_ok(),
        Act::Revoke(index) => {
            let invitation_id = invitation_at(tx, *index);
            RevokeInvitation { workspace, invitation_id }.execute(tx).await.is_ok()
        }
        Act::Resend(index) => {
            let invitation_id = invitation_at(tx, *index);
            ResendInvitation { workspace, invitation_id }.execute(tx).await.is_ok()
        }
        Act::Remove(who) => {
            RemoveMember { workspace, member: CAST[*who].id().into() }.execute(tx).await.is_ok()
        }
        Act::Leave => LeaveWorkspace { workspace }.execute(tx).await.is_ok(),
        Act::ChangeRole(who, role) => {
            let member = email(who).into();
            ChangeMemberRole { workspace, member, role: *role }.execute(tx).await.is_ok()
        }
        Act::Transfer(who) => {
            let acting = tx.origin().actor().user();
            let actor = CAST.into_iter().find(|person| Some(person.id()) == acting);
            let actor = actor.expect("somebody of the cast acts");
            let session_id = log_in_as(tx, actor, &CountedTokens::default()).await;
            let user_id = CAST[*who].id();
            TransferOwnership { workspace, user_id, session_id }.execute(tx).await.is_ok()
        }
        Act::Archive => ArchiveWorkspace { workspace }.execute(tx).await.is_ok(),
        Act::Restore => RestoreWorkspace { workspace }.execute(tx).await.is_ok(),
        Act::Wait(days) => {
            let later = tx.now() + chrono::TimeDelta::days(*days);
            let moment = std::mem::replace(tx, FakeTx::new(Tables::default()));
            *tx = moment.at(later);
            true
        }
        Act::Confirmed(who) => {
            OnUserConfirmed.handle(tx, &confirmed_event(CAST[*who]), ()).await.is_ok()
        }
    }
}

fn invitation_at(tx: &FakeTx<Tables>, index: Index) -> InvitationId {
    match &*tx.state.invitations {
        [] => Id::new(COMPANY.uuid()),
        some => index.get(some).id,
    }
}

/// What the act would have done besides, were it broken.
fn sabotage(tx: &mut FakeTx<Tables>, actor: Who, act: &Act, is_done: bool, broken: Broken) {
    let members = &mut tx.state.members;
    let place = |members: &[Member], who: Who| {
        members.iter().position(|member| member.id.user_id == CAST[who].id())
    };
    match (act, is_done, broken) {
        (Act::Transfer(_), true, Broken::Transfer) => {
            if let Some(place) = place(members, actor) {
                members[place].role = Role::Owner;
            }
        }
        (Act::Remove(who), _, Broken::Removal) => {
            if let Some(place) = place(members, *who) {
                members.remove(place);
            }
        }
        (Act::Accept, true, Broken::Joining) => {
            if let Some(place) = place(members, actor) {
                let again = members[place].clone();
                members.push(again);
            }
        }
        _ => {}
    }
}

fn check(tables: &Tables) -> Result<(), TestCaseError> {
    let owners = tables.members.iter().filter(|member| member.role == Role::Owner).count();
    prop_assert_eq!(owners, 1);
    let people: BTreeSet<_> = tables.members.iter().map(|member| member.id).collect();
    prop_assert_eq!(people.len(), tables.members.len());
    let pending = || tables.invitations.iter().filter(|i| i.status == InvitationStatus::Pending);
    for invitation in pending() {
        let id = MemberId { workspace_id: invitation.workspace_id, user_id: invitation.invited_by };
        let inviter = tables.members.iter().find(|member| member.id == id);
        prop_assert!(
            inviter.is_some_and(|member| member.role.is_manager()),
            "nobody stands for {:?}",
            invitation.id
        );
    }
    let addresses: BTreeSet<_> = pending().map(|i| &i.email).collect();
    prop_assert_eq!(addresses.len(), pending().count());
    for member in &tables.members {
        let user = tables.users.iter().find(|user| user.id == member.id.user_id).unwrap();
        prop_assert!(!addresses.contains(&user.email), "a member is still invited");
    }
    Ok(())
}

/// Lets it all happen, and looks after each act.
async fn tell(acts: Vec<(Who, Act)>, broken: Broken) -> Result<(), TestCaseError> {
    let mut tx = company();
    let mut announced = 0;
    for (actor, act) in acts {
        tx = tx.of(Actor::User(CAST[actor].id()));
        let before = tx.state.clone();
        let is_done = perform(&mut tx, &act).await;
        if !is_done {
            // A refused use case is rolled back.
            tx.state = before;
            drop(tx.take_events());
        }
        sabotage(&mut tx, actor, &act, is_done, broken);
        check(&tx.state)?;
        announced += tx.transcript().lines().filter(|line| line.contains("member_invited")).count();
        drop(tx.take_events());
    }
    let invitations = tx.state.invitations.iter();
    let told = invitations.filter(|invitation| invitation.announced_to.is_some()).count();
    prop_assert_eq!(announced, told, "each invitation is announced once");
    Ok(())
}

fn tell_many(broken: Broken) -> Result<(), TestError<Vec<(Who, Act)>>> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let config = Config { cases: 256, failure_persistence: None, ..Config::default() };
    TestRunner::new(config).run(&stories(60), |acts| runtime.block_on(tell(acts, broken)))
}

#[test]
fn one_owner_and_one_membership_each() {
    tell_many(Broken::Nothing).unwrap();
}

#[test]
fn what_is_broken_would_be_found() {
    for broken in [Broken::Transfer, Broken::Removal, Broken::Joining] {
        let found = tell_many(broken);
        assert!(matches!(found, Err(TestError::Fail(..))), "{broken:?}: {found:?}");
    }
}
