//! Whatever is done in whatever order, a workspace keeps one owner, nobody is in it twice, and only managers invite.

use std::collections::BTreeSet;

use perme8_events::{Actor, EventHandler as _, Id, Transaction as _, testing::FakeTx};
use proptest::prelude::*;

use crate::{
    application::{
        accept_invitation::AcceptInvitation, change_member_role::ChangeMemberRole,
        decline_invitation::DeclineInvitation, invite_member::InviteMember,
        leave_workspace::LeaveWorkspace, on_user_confirmed::OnUserConfirmed,
        remove_member::RemoveMember, resend_invitation::ResendInvitation,
        revoke_invitation::RevokeInvitation,
    },
    domain::{
        invitation::InvitationStatus, member::MemberId, references::InvitationRef, role::Role,
    },
    testing::{
        ADMIN, COMPANY, GUEST, INVITEE, MEMBER, NEWCOMER, OWNER, Person, Tables, company,
        confirmed_event,
    },
};

/// What somebody might do.
#[derive(Debug, Clone)]
enum Act {
    Invite(Person, Role),
    Accept,
    Decline,
    /// The invitation of that place in the table, whatever became of it.
    Revoke(prop::sample::Index),
    Resend(prop::sample::Index),
    Remove(Person),
    Leave,
    ChangeRole(Person, Role),
    /// Time goes by.
    Wait(i64),
    /// The handler runs, maybe once more.
    Confirmed(Person),
}

fn person() -> impl Strategy<Value = Person> {
    prop::sample::select(vec![OWNER, ADMIN, MEMBER, GUEST, INVITEE, NEWCOMER])
}

fn act() -> impl Strategy<Value = Act> {
    let role = || prop::sample::select(Role::ALL.to_vec());
    prop_oneof![
        4 => (person(), role()).prop_map(|(person, role)| Act::Invite(person, role)),
        4 => Just(Act::Accept),
        1 => Just(Act::Decline),
        1 => any::<prop::sample::Index>().prop_map(Act::Revoke),
        1 => any::<prop::sample::Index>().prop_map(Act::Resend),
        2 => person().prop_map(Act::Remove),
        2 => Just(Act::Leave),
        3 => (person(), role()).prop_map(|(person, role)| Act::ChangeRole(person, role)),
        1 => (0_i64..10).prop_map(Act::Wait),
        1 => person().prop_map(Act::Confirmed),
    ]
}

/// Does it, and says whether it was allowed.
async fn perform(tx: &mut FakeTx<Tables>, act: &Act) -> bool {
    let workspace = COMPANY.into();
    let own = || InvitationRef::Workspace(COMPANY.into());
    let invitation_id =
        |tx: &FakeTx<Tables>, index: &prop::sample::Index| match &*tx.state.invitations {
            [] => Id::new(COMPANY.uuid()),
            some => index.get(some).id,
        };
    match act {
        Act::Invite(invitee, role) => {
            let email = invitee.email.to_uppercase();
            InviteMember { workspace, email, role: *role }.execute(tx).await.is_ok()
        }
        Act::Accept => AcceptInvitation { invitation: own() }.execute(tx).await.is_ok(),
        Act::Decline => DeclineInvitation { invitation: own() }.execute(tx).await.is_ok(),
        Act::Revoke(index) => {
            let invitation_id = invitation_id(tx, index);
            RevokeInvitation { workspace, invitation_id }.execute(tx).await.is_ok()
        }
        Act::Resend(index) => {
            let invitation_id = invitation_id(tx, index);
            ResendInvitation { workspace, invitation_id }.execute(tx).await.is_ok()
        }
        Act::Remove(member) => {
            RemoveMember { workspace, member: member.id().into() }.execute(tx).await.is_ok()
        }
        Act::Leave => LeaveWorkspace { workspace }.execute(tx).await.is_ok(),
        Act::ChangeRole(member, role) => {
            let member = member.email.to_uppercase().into();
            ChangeMemberRole { workspace, member, role: *role }.execute(tx).await.is_ok()
        }
        Act::Wait(days) => {
            let later = tx.now() + chrono::TimeDelta::days(*days);
            let moment = std::mem::replace(tx, FakeTx::new(Tables::default()));
            *tx = moment.at(later);
            true
        }
        Act::Confirmed(person) => {
            OnUserConfirmed.handle(tx, &confirmed_event(*person), ()).await.is_ok()
        }
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

proptest! {
    #[test]
    fn one_owner_and_one_membership_each(acts in prop::collection::vec((person(), act()), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut tx = company();
            let mut announced = 0;
            for (actor, act) in acts {
                tx = tx.of(Actor::User(actor.id()));
                let before = tx.state.clone();
                if !perform(&mut tx, &act).await {
                    // A refused use case is rolled back.
                    tx.state = before;
                    drop(tx.take_events());
                }
                check(&tx.state)?;
                announced += tx.transcript().lines().filter(|line| line.contains("member_invited")).count();
                drop(tx.take_events());
            }
            let told = tx.state.invitations.iter().filter(|invitation| invitation.announced_to.is_some()).count();
            prop_assert_eq!(announced, told, "each invitation is announced once");
            Ok(())
        })?;
    }
}
