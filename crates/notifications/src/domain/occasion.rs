//! On what occasions people are told something, and in which words.

use identity::{InvitationId, Role};
use perme8_events::{UserId, WorkspaceId};

use crate::domain::{
    content::{Content, DataTooLarge, Parts},
    document_news::{DocumentNews, NamedDocument},
    facts::Facts,
    notification_type::NotificationType,
    project_news::{NamedProject, ProjectNews},
};

/// Something happened in a workspace that somebody is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Occasion {
    /// A [`Person`] asks the reader to join.
    Invited { invitation_id: InvitationId, role: Role },
    /// An address that the reader invited, which stands for the [`Person`], does not want to join.
    InvitationDeclined { invitation_id: InvitationId },
    /// The same, and nobody answered in time.
    InvitationExpired { invitation_id: InvitationId },
    /// The same, and somebody else took the invitation back.
    InvitationRevoked { invitation_id: InvitationId },
    /// A [`Person`] joined.
    MemberJoined { role: Role },
    /// A [`Person`] left.
    MemberLeft,
    /// The reader was removed.
    Removed,
    /// The reader has another role.
    RoleChanged { from: Role, to: Role },
    /// The workspace was put away.
    Archived,
    /// It is in use again.
    Restored,
    /// A [`Person`] deleted it.
    Deleted,
    /// Something happened to the project of the [`Place`].
    Project(ProjectNews),
    /// The same of its document.
    Document(DocumentNews),
}

/// Where it happened, as it is called today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) id: WorkspaceId,
    pub(crate) name: String,
    pub(crate) slug: String,
    /// Which project there, if it is about one.
    pub(crate) project: Option<NamedProject>,
    /// Which document there, if it is about one.
    pub(crate) document: Option<NamedDocument>,
}

/// The other person of whom the words speak, as far as that person is still known; by the address if that is all that the
/// reader knows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Person {
    pub(crate) id: Option<UserId>,
    pub(crate) name: Option<String>,
}

impl Occasion {
    /// What kind of thing is told.
    pub(crate) const fn notification_type(self) -> NotificationType {
        match self {
            Self::Invited { .. } => NotificationType::WorkspaceInvitation,
            Self::InvitationDeclined { .. } => NotificationType::WorkspaceInvitationDeclined,
            Self::InvitationExpired { .. } => NotificationType::WorkspaceInvitationExpired,
            Self::InvitationRevoked { .. } => NotificationType::WorkspaceInvitationRevoked,
            Self::MemberJoined { .. } => NotificationType::WorkspaceMemberJoined,
            Self::MemberLeft => NotificationType::WorkspaceMemberLeft,
            Self::Removed => NotificationType::WorkspaceMemberRemoved,
            Self::RoleChanged { .. } => NotificationType::WorkspaceRoleChanged,
            Self::Archived => NotificationType::WorkspaceArchived,
            Self::Restored => NotificationType::WorkspaceRestored,
            Self::Deleted => NotificationType::WorkspaceDeleted,
            Self::Project(news) => news.notification_type(),
            Self::Document(news) => news.notification_type(),
        }
    }

    /// The words, and the facts that a link needs. Names stand in them as they are today; ids never do.
    pub(crate) fn content(self, place: &Place, person: &Person) -> Result<Content, DataTooLarge> {
        let (title, body) = self.words(place, person.name.as_deref().unwrap_or("Somebody"));
        Content::new(Parts {
            notification_type: self.notification_type(),
            title,
            body,
            data: self.facts(place, person).into_map(),
            workspace_id: Some(place.id),
            invitation_id: match self {
                Self::Invited { invitation_id, .. } => Some(invitation_id),
                Self::InvitationDeclined { .. }
                | Self::InvitationExpired { .. }
                | Self::InvitationRevoked { .. }
                | Self::MemberJoined { .. }
                | Self::MemberLeft
                | Self::Removed
                | Self::RoleChanged { .. }
                | Self::Archived
                | Self::Restored
                | Self::Deleted
                | Self::Project(_)
                | Self::Document(_) => None,
            },
        })
    }

    fn words(self, place: &Place, person: &str) -> (String, String) {
        let workspace = &place.name;
        match self {
            Self::Invited { role, .. } => (
                format!("Invitation to {workspace}"),
                format!("{person} invites you to join {workspace} as {}.", a(role)),
            ),
            Self::InvitationDeclined { .. } => (
                format!("{person} will not join {workspace}"),
                format!("{person} declined your invitation to {workspace}."),
            ),
            Self::InvitationExpired { .. } => (
                format!("Invitation of {person} to {workspace} expired"),
                format!("{person} did not answer your invitation to {workspace} in time."),
            ),
            Self::InvitationRevoked { .. } => (
                format!("Invitation of {person} to {workspace} revoked"),
                format!("Your invitation of {person} to {workspace} was taken back."),
            ),
            Self::MemberJoined { role } => (
                format!("{person} joined {workspace}"),
                format!("{person} is now {} of {workspace}.", a(role)),
            ),
            Self::MemberLeft => (
                format!("{person} left {workspace}"),
                format!("{person} is no longer a member of {workspace}."),
            ),
            Self::Removed => (
                format!("You were removed from {workspace}"),
                format!("You no longer have access to {workspace}."),
            ),
            Self::RoleChanged { from, to } => (
                format!("Your role in {workspace} changed"),
                format!("You are now {} of {workspace}; before, you were {}.", a(to), a(from)),
            ),
            Self::Archived => (
                format!("{workspace} was archived"),
                format!("{workspace} was put away: it can be looked at, but not changed."),
            ),
            Self::Restored => {
                (format!("{workspace} was restored"), format!("{workspace} is in use again."))
            }
            Self::Deleted => (
                format!("{workspace} was deleted"),
                format!("{person} deleted {workspace}, and everything in it."),
            ),
            Self::Project(news) => {
                let project = place.project.as_ref().map_or("A project", |project| &project.name);
                news.words(project, workspace)
            }
            Self::Document(news) => {
                let document = place.document.as_ref();
                news.words(document.and_then(|document| document.title.as_deref()), workspace)
            }
        }
    }

    fn facts(self, place: &Place, person: &Person) -> Facts {
        let here = Facts {
            workspace_id: Some(place.id),
            workspace_name: Some(place.name.clone()),
            // For whoever was removed, and when it is gone, the link would lead nowhere.
            workspace_slug: Some(place.slug.clone())
                .filter(|_| !self.notification_type().outlives_access()),
            ..Facts::default()
        };
        match self {
            Self::Invited { invitation_id, role } => Facts {
                invitation_id: Some(invitation_id),
                invited_by_name: person.name.clone(),
                role: Some(role),
                ..here
            },
            Self::InvitationDeclined { invitation_id }
            | Self::InvitationExpired { invitation_id }
            | Self::InvitationRevoked { invitation_id } => {
                Facts { invitation_id: Some(invitation_id), email: person.name.clone(), ..here }
            }
            Self::MemberJoined { role } => {
                let (member_id, member_name) = (person.id, person.name.clone());
                Facts { member_id, member_name, role: Some(role), ..here }
            }
            Self::MemberLeft => {
                Facts { member_id: person.id, member_name: person.name.clone(), ..here }
            }
            Self::Removed | Self::Archived | Self::Restored => here,
            Self::Deleted => Facts { deleted_by_name: person.name.clone(), ..here },
            Self::Project(_) => Facts {
                project_id: place.project.as_ref().map(|project| project.id),
                project_name: place.project.as_ref().map(|project| project.name.clone()),
                ..here
            },
            Self::Document(_) => Facts {
                document_id: place.document.as_ref().map(|document| document.id),
                document_title: place.document.as_ref().and_then(|document| document.title.clone()),
                ..here
            },
            Self::RoleChanged { from, to } => {
                Facts { role: Some(to), previous_role: Some(from), ..here }
            }
        }
    }
}

/// A role with its article.
fn a(role: Role) -> &'static str {
    match role {
        Role::Guest => "a guest",
        Role::Member => "a member",
        Role::Admin => "an admin",
        Role::Owner => "the owner",
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use expect_test::expect;
    use serde_json::Value;

    use super::*;
    use crate::testing::{acme, every_occasion, id};

    #[test]
    fn the_words_of_every_occasion() {
        let grace = Person { id: Some(id(2)), name: Some("Grace Hopper".to_owned()) };
        let mut text = String::new();
        for occasion in every_occasion() {
            let content = occasion.content(&acme(), &grace).unwrap();
            let data = serde_json::to_string(content.data())
                .unwrap()
                .replace("00000000-0000-0000-0000-00000000000", "#");
            let kind = content.notification_type();
            writeln!(text, "{kind}\n  {}\n  {}\n  {data}", content.title(), content.body())
                .unwrap();
        }
        expect![[r##"
            workspace_invitation
              Invitation to Acme
              Grace Hopper invites you to join Acme as a member.
              {"invitation_id":"#3","invited_by_name":"Grace Hopper","role":"member","workspace_id":"#1","workspace_name":"Acme","workspace_slug":"acme"}
            workspace_invitation_declined
              Grace Hopper will not join Acme
              Grace Hopper declined your invitation to Acme.
              {"email":"Grace Hopper","invitation_id":"#3","workspace_id":"#1","workspace_name":"Acme","workspace_slug":"acme"}
            workspace_invitation_expired
              Invitation of Grace Hopper to Acme expired
              Grace Hopper did not answer your invitation to Acme in time.
              {"email":"Grace Hopper","invitation_id":"#3","workspace_id":"#1","workspace_name":"Acme","workspace_slug":"acme"}
            workspace_invitation_revoked
              Invitation of Grace Hopper to Acme revoked
              Your invitation of Grace Hopper to Acme was taken back.
              {"email":"Grace Hopper","invitation_id":"#3","workspace_id":"#1","workspace_name":"Acme","workspace_slug":"acme"}
            workspace_member_joined
              Grace Hopper joined Acme
              Grace Hopper is now an admin of Acme.
              {"member_id":"#2","member_name":"Grace Hopper","role":"admin","workspace_id":"#1","workspace_name":"Acme","workspace_slug":"acme"}
            workspace_member_left
              Grace Hopper left Acme
              Grace Hopper is no longer a member of Acme.
              {"member_id":"#2","member_name":"Grace Hopper","workspace_id":"#1","workspace_name":"Acme","workspace_slug":"acme"}
            workspace_member_removed
              You were removed from Acme
              You no longer have access to Acme.
              {"workspace_id":"#1","workspace_name":"Acme"}
            workspace_role_changed
              Your role in Acme changed
              You are now an admin of Acme; before, you were a guest.
              {"previous_role":"guest","role":"admin","workspace_id":"#1","workspace_name":"Acme","workspace_slug":"acme"}
            workspace_archived
              Acme was archived
              Acme was put away: it can be looked at, but not changed.
              {"workspace_id":"#1","workspace_name":"Acme","workspace_slug":"acme"}
            workspace_restored
              Acme was restored
              Acme is in use again.
              {"workspace_id":"#1","workspace_name":"Acme","workspace_slug":"acme"}
            workspace_deleted
              Acme was deleted
              Grace Hopper deleted Acme, and everything in it.
              {"deleted_by_name":"Grace Hopper","workspace_id":"#1","workspace_name":"Acme"}
            project_created
              A project was created
              A project is a new project in Acme.
              {"workspace_id":"#1","workspace_name":"Acme","workspace_slug":"acme"}
            project_updated
              A project was updated
              The project A project in Acme was changed.
              {"workspace_id":"#1","workspace_name":"Acme","workspace_slug":"acme"}
            project_archived
              A project was archived
              The project A project in Acme was put away: it can be looked at, but not changed.
              {"workspace_id":"#1","workspace_name":"Acme","workspace_slug":"acme"}
            project_restored
              A project was restored
              The project A project in Acme is in use again.
              {"workspace_id":"#1","workspace_name":"Acme","workspace_slug":"acme"}
            project_deleted
              A project was deleted
              There is no project A project in Acme any more.
              {"workspace_id":"#1","workspace_name":"Acme","workspace_slug":"acme"}
            document_created
              A document was created
              There is a new document in Acme.
              {"workspace_id":"#1","workspace_name":"Acme","workspace_slug":"acme"}
            document_updated
              A document was renamed
              A document in Acme has another title.
              {"workspace_id":"#1","workspace_name":"Acme","workspace_slug":"acme"}
            document_deleted
              A document was deleted
              A document in Acme is gone.
              {"workspace_id":"#1","workspace_name":"Acme","workspace_slug":"acme"}
        "##]].assert_eq(&text);
    }

    #[test]
    fn whoever_is_forgotten_is_somebody_and_never_an_id() {
        for occasion in every_occasion() {
            let content =
                occasion.content(&acme(), &Person { id: Some(id(2)), name: None }).unwrap();
            assert!(!content.title().contains("0000") && !content.body().contains("0000"));
            assert!(!content.data().values().any(Value::is_null));
        }
        let left = Occasion::MemberLeft.content(&acme(), &Person::default()).unwrap();
        assert_eq!(left.title(), "Somebody left Acme");
    }

    #[test]
    fn every_type_has_an_occasion() {
        let mut told: Vec<_> = every_occasion().map(Occasion::notification_type).to_vec();
        told.sort();
        assert_eq!(told, NotificationType::ALL);
    }
}
