//! Who belongs to a workspace, and as what.

use std::fmt;

use chrono::{DateTime, Utc};
use perme8_events::{Aggregate, Unsaved, UserId, WorkspaceId};

use crate::domain::{
    events::{MemberJoined, MemberLeft, MemberRemoved, MemberRoleChanged},
    policy,
    references::InvitationId,
    role::Role,
    workspace_events::OwnershipTransferred,
};

/// Identifies a member: a person in a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct MemberId {
    pub(crate) workspace_id: WorkspaceId,
    pub(crate) user_id: UserId,
}

impl fmt::Display for MemberId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.workspace_id, self.user_id)
    }
}

/// A person in a workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) id: MemberId,
    pub(crate) role: Role,
    pub(crate) joined_at: DateTime<Utc>,
    /// Left or removed: storing it deletes it.
    pub(crate) is_gone: bool,
    pub(crate) version: i64,
}

/// The owner keeps the role and stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OwnerProtected;

impl Aggregate for Member {
    const TYPE: &'static str = "workspace_member";
    type Id = MemberId;

    fn id(&self) -> MemberId {
        self.id
    }
}

impl Member {
    /// The owner of a workspace that was just created, which is the event that tells of it.
    pub(crate) fn found(id: MemberId, now: DateTime<Utc>) -> Unsaved<Self> {
        Unsaved::new(Self::new(id, Role::Owner, now))
    }

    /// Somebody accepted an invitation.
    pub(crate) fn join(
        id: MemberId,
        role: Role,
        invitation_id: InvitationId,
        now: DateTime<Utc>,
    ) -> Unsaved<Self> {
        let MemberId { workspace_id, user_id } = id;
        let event =
            MemberJoined { workspace_id, user_id, role, invitation_id: Some(invitation_id) };
        Unsaved::new(Self::new(id, role, now)).record(event)
    }

    fn new(id: MemberId, role: Role, joined_at: DateTime<Utc>) -> Self {
        Self { id, role, joined_at, is_gone: false, version: 0 }
    }

    /// Another role; that of the owner stays.
    pub(crate) fn change_role(self, to: Role) -> Result<Unsaved<Self>, OwnerProtected> {
        let MemberId { workspace_id, user_id } = self.id;
        let member = self.unprotected()?;
        let event = MemberRoleChanged { workspace_id, user_id, from: member.role, to };
        Ok(Unsaved::new(Self { role: to, ..member }).record(event))
    }

    /// The owner, and another member of the same workspace, who owns it from then on; the former is an admin.
    pub(crate) fn hand_over_to(&self, heir: &Self) -> (Unsaved<Self>, Unsaved<Self>) {
        let MemberId { workspace_id, user_id } = self.id;
        let demoted = MemberRoleChanged { workspace_id, user_id, from: self.role, to: Role::Admin };
        let promoted = OwnershipTransferred {
            workspace_id,
            user_id: heir.id.user_id,
            from: heir.role,
            to: Role::Owner,
        };
        (
            Unsaved::new(Self { role: Role::Admin, ..self.clone() }).record(demoted),
            Unsaved::new(Self { role: Role::Owner, ..heir.clone() }).record(promoted),
        )
    }

    /// Somebody else ends the membership.
    pub(crate) fn remove(self) -> Result<Unsaved<Self>, OwnerProtected> {
        let MemberId { workspace_id, user_id } = self.id;
        let gone = Self { is_gone: true, ..self.unprotected()? };
        Ok(Unsaved::new(gone).record(MemberRemoved { workspace_id, user_id }))
    }

    /// The member ends the membership.
    pub(crate) fn leave(self) -> Result<Unsaved<Self>, OwnerProtected> {
        let MemberId { workspace_id, user_id } = self.id;
        let gone = Self { is_gone: true, ..self.unprotected()? };
        Ok(Unsaved::new(gone).record(MemberLeft { workspace_id, user_id }))
    }

    fn unprotected(self) -> Result<Self, OwnerProtected> {
        if policy::is_protected(self.role) { Err(OwnerProtected) } else { Ok(self) }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use perme8_events::{Clock as _, Id, testing::ManualClock};
    use uuid::Uuid;

    use super::*;

    fn id() -> MemberId {
        MemberId { workspace_id: Id::new(Uuid::from_u128(1)), user_id: Id::new(Uuid::from_u128(2)) }
    }

    fn member(role: Role) -> Member {
        Member::new(id(), role, ManualClock::monday_morning().now())
    }

    #[test]
    fn nothing_moves_the_owner() {
        let founded = Member::found(id(), ManualClock::monday_morning().now());
        assert_eq!(founded.transcript(), "");
        let owner = founded.peek();
        for role in Role::ALL {
            assert!(owner.clone().change_role(role).is_err());
        }
        assert!(owner.clone().remove().is_err());
        assert!(owner.clone().leave().is_err());
    }

    #[test]
    fn members_join_change_and_go() {
        let now = ManualClock::monday_morning().now();
        let mut events =
            Member::join(id(), Role::Guest, Id::new(Uuid::from_u128(3)), now).transcript();
        events += &member(Role::Guest).change_role(Role::Admin).unwrap().transcript();
        events += &member(Role::Admin).remove().unwrap().transcript();
        events += &member(Role::Member).leave().unwrap().transcript();
        expect![[r#"
            identity.member_joined {"workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000002","role":"guest","invitation_id":"00000000-0000-0000-0000-000000000003"}
            identity.member_role_changed {"workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000002","from":"guest","to":"admin"}
            identity.member_removed {"workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000002"}
            identity.member_left {"workspace_id":"00000000-0000-0000-0000-000000000001","user_id":"00000000-0000-0000-0000-000000000002"}
        "#]]
        .assert_eq(&events);
        assert!(member(Role::Member).leave().unwrap().peek().is_gone);
    }
}
