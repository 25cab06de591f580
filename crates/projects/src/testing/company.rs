//! A company and the people around it.

use std::sync::Arc;

use identity::{Role, Slug, WorkspaceRef};
use perme8_events::{
    Clock as _, Id, Transaction as _, UserId, WorkspaceId,
    testing::{FakeTx, ManualClock},
};
use uuid::Uuid;

use super::Tables;
use crate::{
    application::{
        acting::Acting,
        ports::{Members, Membership, MockMembers},
    },
    domain::{
        project::{Beginning, Particulars, Project},
        references::ProjectRef,
    },
};

/// The workspace of most tests.
pub(crate) const COMPANY: WorkspaceId = id(1);
/// Another one.
pub(crate) const ELSEWHERE: WorkspaceId = id(7);
/// Owns the company, and [`OPS`].
pub(crate) const OWNER: UserId = id(2);
/// An admin of the company.
pub(crate) const ADMIN: UserId = id(3);
/// A member of the company, and the owner of [`ROADMAP`].
pub(crate) const MEMBER: UserId = id(4);
/// A guest of the company.
pub(crate) const GUEST: UserId = id(5);
/// Has nothing to do with it.
pub(crate) const STRANGER: UserId = id(10);

/// The slug of the first project.
pub(crate) const ROADMAP: &str = "roadmap";
/// The slug of the second one.
pub(crate) const OPS: &str = "ops";

/// An id that is easy to read.
pub(crate) const fn id<A>(number: u128) -> Id<A> {
    Id::new(Uuid::from_u128(number))
}

/// A project of the company.
pub(crate) fn project(slug: &str) -> ProjectRef {
    ProjectRef { workspace: COMPANY.into(), slug: slug.to_owned() }
}

/// A transaction over a company with two projects.
pub(crate) fn company() -> FakeTx<Tables> {
    let begun = |(number, name, owner_id): (u128, &str, UserId)| {
        let now = ManualClock::monday_morning().now();
        let at = Beginning { id: id(number), workspace_id: COMPANY, owner_id, now };
        let new = Particulars { name: name.to_owned(), description: None, color: None };
        let begun = Project::create(at, new, Slug::from_name(name).unwrap());
        Project { version: 1, ..begun.peek().clone() }
    };
    let mut tables = Tables::default();
    tables.projects.extend([(21, "Roadmap", MEMBER), (22, "Ops", OWNER)].map(begun));
    FakeTx::new(tables)
}

/// The same, and [`ROADMAP`] is put away.
pub(crate) fn put_away(mut tx: FakeTx<Tables>) -> FakeTx<Tables> {
    let now = tx.now();
    tx.state.projects[0].archived_at = Some(now);
    tx
}

/// Somebody of the company, who acts there.
pub(crate) fn acting(user_id: UserId) -> Acting {
    let role = role_of(user_id).expect("strangers do not act");
    Acting { user_id, membership: membership(COMPANY, role, false) }
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
    Membership { workspace_id, workspace_slug: "the-company".to_owned(), is_archived, role }
}

impl MockMembers {
    /// Takes every workspace for the company, put away or not.
    pub(crate) fn everywhere(is_archived: bool) -> Arc<dyn Members> {
        let mut members = Self::new();
        members.expect_membership().returning(move |user, workspace| {
            let WorkspaceRef::Id(workspace_id) = workspace else { return Ok(None) };
            Ok(role_of(user).map(|role| membership(*workspace_id, role, is_archived)))
        });
        members.expect_workspaces_of().returning(|_| Ok(Vec::new()));
        Arc::new(members)
    }
}
