//! What people around a workspace might do, in whatever order.

use proptest::{prelude::*, sample::Index};

use crate::domain::role::Role;

/// One of the six people around a workspace: owner, admin, member and guest, somebody who may be invited, and somebody who
/// has not confirmed the address.
pub(crate) type Who = usize;

/// How many there are.
pub(crate) const PEOPLE: usize = 6;

/// What somebody might do.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    Invite(Who, Role),
    InviteMany(Vec<(Who, Role)>),
    Accept,
    Decline,
    /// The invitation of that place in the order of their making, whatever became of it.
    Revoke(Index),
    Resend(Index),
    Remove(Who),
    Leave,
    ChangeRole(Who, Role),
    Transfer(Who),
    Archive,
    Restore,
    /// So many days go by.
    Wait(i64),
    /// The handler of confirmed addresses runs, maybe once more.
    Confirmed(Who),
}

fn who() -> impl Strategy<Value = Who> {
    0..PEOPLE
}

fn act() -> impl Strategy<Value = Act> {
    let role = || prop::sample::select(Role::ALL.to_vec());
    prop_oneof![
        4 => (who(), role()).prop_map(|(who, role)| Act::Invite(who, role)),
        1 => prop::collection::vec((who(), role()), 0..4).prop_map(Act::InviteMany),
        4 => Just(Act::Accept),
        1 => Just(Act::Decline),
        1 => any::<Index>().prop_map(Act::Revoke),
        1 => any::<Index>().prop_map(Act::Resend),
        2 => who().prop_map(Act::Remove),
        2 => Just(Act::Leave),
        3 => (who(), role()).prop_map(|(who, role)| Act::ChangeRole(who, role)),
        2 => who().prop_map(Act::Transfer),
        1 => Just(Act::Archive),
        2 => Just(Act::Restore),
        1 => (0_i64..10).prop_map(Act::Wait),
        1 => who().prop_map(Act::Confirmed),
    ]
}

/// Up to so many acts, each by somebody.
pub(crate) fn stories(longest: usize) -> impl Strategy<Value = Vec<(Who, Act)>> {
    prop::collection::vec((who(), act()), 1..longest)
}
