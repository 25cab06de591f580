//! A small company and its events, for the tests of this crate.

use std::sync::Arc;

use identity::{
    InvitationDeclined, InvitationExpired, InvitationRevoked, InvitationUnannounced, MemberInvited,
    MemberJoined, MemberLeft, MemberRemoved, MemberRoleChanged, OwnershipTransferred, Role,
    UserDeleted, WorkspaceDeleted,
};
use perme8_events::{
    Clock as _, Envelope, EventHandler, Id, Position, UserId, WorkspaceId,
    testing::{FakeTx, ManualClock},
};
use serde_json::Map;
use uuid::Uuid;

use super::Memory;
use crate::{
    application::ports::{
        Addressee, DocumentView, MockDirectory, MockDocumentDirectory, SentInvitation,
        WorkspaceNames, WorkspaceView,
    },
    domain::{
        document_news::DocumentNews,
        notification::{Notification, Source},
        notification_type::NotificationType,
        occasion::{Occasion, Place},
        project_news::ProjectNews,
    },
};

/// The workspace of most tests.
pub(crate) const ACME: WorkspaceId = id(1);
/// The invitation of most tests, which [`BOB`] sent to [`DAVE`]; [`CAROL`] sent number 5.
pub(crate) const INVITATION: identity::InvitationId = id(3);
/// Owner.
pub(crate) const ADA: UserId = id(10);
/// Admin.
pub(crate) const BOB: UserId = id(11);
/// Member.
pub(crate) const CAROL: UserId = id(12);
/// Invitee; nobody knows that person's role.
pub(crate) const DAVE: UserId = id(13);

/// An id that is easy to read.
pub(crate) const fn id<A>(number: u128) -> Id<A> {
    Id::new(Uuid::from_u128(number))
}

/// Ids in a few characters: `#1c` for `00000000-0000-0000-0000-00000000001c`.
pub(crate) fn short(text: &str) -> String {
    let mut parts = text.split("00000000-0000-0000-0000-");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (digits, rest) = part.split_at(12);
        out = out + "#" + digits.trim_start_matches('0') + rest;
    }
    out
}

/// An unread question of event `number` whether `user` accepts [`INVITATION`].
pub(crate) fn notification(number: u128, user: UserId) -> Notification {
    Notification {
        id: id(number),
        user_id: user,
        notification_type: NotificationType::WorkspaceInvitation,
        title: "Invitation to Acme".to_owned(),
        body: "Bob invites you to join Acme as a member.".to_owned(),
        data: Map::from_iter([("workspace_slug".to_owned(), "acme".into())]),
        workspace_id: Some(ACME),
        invitation_id: Some(INVITATION),
        source: Source {
            event_id: id(number),
            position: Position::new(i64::try_from(number).expect("tests count in small numbers")),
        },
        created_at: ManualClock::monday_morning().now(),
        read_at: None,
        taken: None,
        awaits_digest: false,
        is_deleted: false,
        version: 1,
    }
}

/// Acme is gone.
pub(crate) fn deleted() -> WorkspaceDeleted {
    WorkspaceDeleted {
        workspace_id: ACME,
        name: "Acme".to_owned(),
        slug: "acme".to_owned(),
        manager_ids: vec![ADA, BOB],
    }
}

/// A member owns Acme from now on.
pub(crate) fn promoted(user_id: UserId) -> OwnershipTransferred {
    OwnershipTransferred { workspace_id: ACME, user_id, from: Role::Member, to: Role::Owner }
}

/// Bob invites Dave.
pub(crate) fn invited(invitation: u128) -> MemberInvited {
    MemberInvited {
        user_id: DAVE,
        workspace_id: ACME,
        workspace_name: "Acme".to_owned(),
        invited_by: Some(BOB),
        invited_by_name: "Bob Builder".to_owned().into(),
        role: Role::Admin,
        invitation_id: id(invitation),
    }
}

/// Dave has left the address.
pub(crate) fn unannounced() -> InvitationUnannounced {
    InvitationUnannounced { invitation_id: INVITATION, workspace_id: ACME, user_id: DAVE }
}

/// Dave accepts.
pub(crate) fn joined(invitation: u128) -> MemberJoined {
    MemberJoined {
        workspace_id: ACME,
        user_id: DAVE,
        role: Role::Admin,
        invitation_id: Some(id(invitation)),
    }
}

/// Dave declines.
pub(crate) fn declined() -> InvitationDeclined {
    InvitationDeclined { invitation_id: INVITATION, workspace_id: ACME, user_id: Some(DAVE) }
}

/// Ada takes it back.
pub(crate) fn revoked() -> InvitationRevoked {
    InvitationRevoked { invitation_id: INVITATION, workspace_id: ACME, user_id: Some(DAVE) }
}

/// Nobody answered.
pub(crate) fn expired() -> InvitationExpired {
    InvitationExpired { invitation_id: INVITATION, workspace_id: ACME, user_id: None }
}

/// Somebody leaves.
pub(crate) fn left(user_id: UserId) -> MemberLeft {
    MemberLeft { workspace_id: ACME, user_id }
}

/// Somebody has no account any more.
pub(crate) fn farewell(user_id: UserId) -> UserDeleted {
    UserDeleted { user_id, email: None }
}

/// Somebody is removed.
pub(crate) fn removed(user_id: UserId) -> MemberRemoved {
    MemberRemoved { workspace_id: ACME, user_id }
}

/// Somebody becomes a member instead of an admin.
pub(crate) fn demoted(user_id: UserId) -> MemberRoleChanged {
    MemberRoleChanged { workspace_id: ACME, user_id, from: Role::Admin, to: Role::Member }
}

/// One of each.
pub(crate) fn every_occasion() -> [Occasion; 19] {
    [
        Occasion::Invited { invitation_id: id(3), role: Role::Member },
        Occasion::InvitationDeclined { invitation_id: id(3) },
        Occasion::InvitationExpired { invitation_id: id(3) },
        Occasion::InvitationRevoked { invitation_id: id(3) },
        Occasion::MemberJoined { role: Role::Admin },
        Occasion::MemberLeft,
        Occasion::Removed,
        Occasion::RoleChanged { from: Role::Guest, to: Role::Admin },
        Occasion::Archived,
        Occasion::Restored,
        Occasion::Deleted,
        Occasion::Project(ProjectNews::Created),
        Occasion::Project(ProjectNews::Updated),
        Occasion::Project(ProjectNews::Archived),
        Occasion::Project(ProjectNews::Restored),
        Occasion::Project(ProjectNews::Deleted),
        Occasion::Document(DocumentNews::Created),
        Occasion::Document(DocumentNews::Renamed),
        Occasion::Document(DocumentNews::Deleted),
    ]
}

/// [`ACME`] as it is called.
pub(crate) fn acme() -> Place {
    let (name, slug) = ("Acme".to_owned(), "acme".to_owned());
    Place { id: id(1), name, slug, project: None, document: None }
}

/// [`ACME`], as somebody sees it who is this there.
pub(crate) fn acme_of(role: Role) -> WorkspaceView {
    let Place { id, name, slug, .. } = acme();
    WorkspaceView { id, names: WorkspaceNames { name, slug }, role: Some(role) }
}

fn name_of(id: UserId) -> Option<String> {
    let names =
        [(ADA, "Ada Lovelace"), (BOB, "Bob Builder"), (CAROL, "Carol Shaw"), (DAVE, "Dave Cutler")];
    names.into_iter().find(|(person, _)| *person == id).map(|(_, name)| name.to_owned())
}

impl MockDocumentDirectory {
    /// Knows no documents.
    pub(crate) fn empty() -> Arc<Self> {
        let mut documents = Self::new();
        documents.expect_documents().returning(|_| Ok(Vec::new()));
        Arc::new(documents)
    }

    /// Knows number 5, a document of [`CAROL`] in [`ACME`], which is called Plans today.
    pub(crate) fn plans(is_public: bool) -> Arc<Self> {
        let mut documents = Self::new();
        documents.expect_documents().returning(move |ids| {
            assert_eq!(ids, [id(5)]);
            let (title, slug) = ("Plans".to_owned(), "roadmap".to_owned());
            let plans = DocumentView {
                id: id(5),
                workspace_id: ACME,
                owner_id: CAROL,
                title,
                slug,
                is_public,
            };
            Ok(vec![plans])
        });
        Arc::new(documents)
    }
}

impl MockDirectory {
    /// Knows the people of Acme.
    pub(crate) fn acme() -> Self {
        Self::with_managers(&[ADA, BOB])
    }

    /// Knows the people of Acme, and takes these for its managers.
    pub(crate) fn with_managers(managers: &'static [UserId]) -> Self {
        let mut directory = Self::new();
        directory.expect_workspace().returning(|id| {
            Ok((id == ACME)
                .then(|| WorkspaceNames { name: "Acme".to_owned(), slug: "acme".to_owned() }))
        });
        directory.expect_person_name().returning(|id| Ok(name_of(id)));
        directory.expect_addressee().returning(|id| {
            Ok(name_of(id).map(|name| Addressee { name, email: "ada@example.com".to_owned() }))
        });
        directory.expect_workspaces_of().returning(|_| Ok(Vec::new()));
        directory.expect_people().returning(|_, _, after, _| {
            assert_eq!(after, None, "there are few");
            Ok(managers.to_vec())
        });
        directory.expect_role_of().returning(|user, _| {
            let role = managers.contains(&user).then_some(Role::Admin);
            Ok(role.or((user == CAROL).then_some(Role::Member)))
        });
        directory.expect_invitation().returning(|invitation| {
            let senders = [(INVITATION, BOB), (id(5), CAROL)];
            let sender = senders.into_iter().find(|(sent, _)| *sent == invitation);
            let email = "dave@example.com".to_owned();
            Ok(sender.map(|(_, sender)| SentInvitation { sender, email }))
        });
        directory
    }

    /// As the handlers hold it.
    pub(crate) fn shared(self) -> Arc<Self> {
        Arc::new(self)
    }
}

/// Delivers an event to a handler, as the runtime would.
pub(crate) async fn deliver<H: EventHandler<FakeTx<Memory>>>(
    handler: &H,
    tx: &mut FakeTx<Memory>,
    event: &Envelope,
) {
    if handler.subscriptions().iter().any(|subscription| subscription.matches(event)) {
        let facts = handler.gather(event).await.unwrap();
        handler.handle(tx, event, facts).await.unwrap();
    }
}
