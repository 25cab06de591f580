//! A company and the people around it.

use std::sync::Arc;

use identity::{Role, WorkspaceRef};
use perme8_events::{Id, UserId, WorkspaceId, testing::FakeTx};
use uuid::Uuid;

use super::Tables;
use crate::application::{
    acting::Acting,
    known_schemas::KnownSchemas,
    ports::{Members, Membership, MockMembers},
};

/// The workspace of most tests.
pub(crate) const COMPANY: WorkspaceId = id(1);
/// Another one.
pub(crate) const ELSEWHERE: WorkspaceId = id(7);
/// Owns the company.
pub(crate) const OWNER: UserId = id(2);
/// An admin of the company.
pub(crate) const ADMIN: UserId = id(3);
/// A member of the company.
pub(crate) const MEMBER: UserId = id(4);
/// A guest of the company.
pub(crate) const GUEST: UserId = id(5);
/// Has nothing to do with it.
pub(crate) const STRANGER: UserId = id(10);

/// An id that is easy to read.
pub(crate) const fn id<A>(number: u128) -> Id<A> {
    Id::new(Uuid::from_u128(number))
}

/// A transaction over a company whose graph is empty.
pub(crate) fn company() -> FakeTx<Tables> {
    FakeTx::new(Tables::default())
}

/// Somebody of the company, who acts there.
pub(crate) fn acting(user_id: UserId) -> Acting {
    let role = role_of(user_id).expect("strangers do not act");
    let membership = membership(COMPANY, role, false);
    Acting { user_id, membership, schemas: KnownSchemas::default() }
}

/// The same, while the company is put away.
pub(crate) fn archived(acting: Acting) -> Acting {
    let membership = Membership { is_archived: true, ..acting.membership };
    Acting { membership, ..acting }
}

fn role_of(user: UserId) -> Option<Role> {
    let roles =
        [(OWNER, Role::Owner), (ADMIN, Role::Admin), (MEMBER, Role::Member), (GUEST, Role::Guest)];
    roles.into_iter().find(|(person, _)| *person == user).map(|(_, role)| role)
}

fn membership(workspace_id: WorkspaceId, role: Role, is_archived: bool) -> Membership {
    Membership { workspace_id, is_archived, role }
}

impl MockMembers {
    /// Takes every workspace for the company, put away or not.
    pub(crate) fn everywhere(is_archived: bool) -> Arc<dyn Members> {
        let mut members = Self::new();
        members.expect_membership().returning(move |user, workspace| {
            let WorkspaceRef::Id(workspace_id) = workspace else { return Ok(None) };
            Ok(role_of(user).map(|role| membership(*workspace_id, role, is_archived)))
        });
        Arc::new(members)
    }
}
