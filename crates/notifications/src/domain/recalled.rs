//! What a notification told, found again in its facts.

use identity::Role;
use serde_json::{Map, Value};

use crate::domain::{
    document_news::{DocumentNews, NamedDocument},
    facts::Facts,
    link::Link,
    notification_type::NotificationType,
    occasion::{Occasion, Person, Place},
    project_news::{NamedProject, ProjectNews},
};

/// What a notification told when it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Recalled {
    pub(crate) occasion: Occasion,
    pub(crate) place: Place,
    pub(crate) person: Person,
}

impl Recalled {
    /// The occasion out of the facts that were written about it; none if some are missing.
    pub(crate) fn from_data(kind: NotificationType, data: &Map<String, Value>) -> Option<Self> {
        let Facts {
            workspace_id,
            workspace_name,
            workspace_slug,
            invitation_id,
            invited_by_name,
            email,
            member_id,
            member_name,
            role,
            previous_role,
            deleted_by_name,
            project_id,
            project_name,
            document_id,
            document_title,
        } = Facts::from_map(data)?;
        let occasion = match kind {
            NotificationType::WorkspaceInvitation => {
                Occasion::Invited { invitation_id: invitation_id?, role: role? }
            }
            NotificationType::WorkspaceInvitationDeclined => {
                Occasion::InvitationDeclined { invitation_id: invitation_id? }
            }
            NotificationType::WorkspaceInvitationExpired => {
                Occasion::InvitationExpired { invitation_id: invitation_id? }
            }
            NotificationType::WorkspaceInvitationRevoked => {
                Occasion::InvitationRevoked { invitation_id: invitation_id? }
            }
            NotificationType::WorkspaceMemberJoined => Occasion::MemberJoined { role: role? },
            NotificationType::WorkspaceMemberLeft => Occasion::MemberLeft,
            NotificationType::WorkspaceMemberRemoved => Occasion::Removed,
            NotificationType::WorkspaceRoleChanged => {
                Occasion::RoleChanged { from: previous_role?, to: role? }
            }
            NotificationType::WorkspaceArchived => Occasion::Archived,
            NotificationType::WorkspaceRestored => Occasion::Restored,
            NotificationType::WorkspaceDeleted => Occasion::Deleted,
            NotificationType::ProjectCreated => Occasion::Project(ProjectNews::Created),
            NotificationType::ProjectUpdated => Occasion::Project(ProjectNews::Updated),
            NotificationType::ProjectArchived => Occasion::Project(ProjectNews::Archived),
            NotificationType::ProjectRestored => Occasion::Project(ProjectNews::Restored),
            NotificationType::ProjectDeleted => Occasion::Project(ProjectNews::Deleted),
            NotificationType::DocumentCreated => Occasion::Document(DocumentNews::Created),
            NotificationType::DocumentUpdated => Occasion::Document(DocumentNews::Renamed),
            NotificationType::DocumentDeleted => Occasion::Document(DocumentNews::Deleted),
        };
        let project = project_id.zip(project_name);
        let is_missing = match occasion {
            Occasion::Project(_) => project.is_none(),
            Occasion::Document(_) => document_id.is_none(),
            Occasion::Invited { .. }
            | Occasion::InvitationDeclined { .. }
            | Occasion::InvitationExpired { .. }
            | Occasion::InvitationRevoked { .. }
            | Occasion::MemberJoined { .. }
            | Occasion::MemberLeft
            | Occasion::Removed
            | Occasion::RoleChanged { .. }
            | Occasion::Archived
            | Occasion::Restored
            | Occasion::Deleted => false,
        };
        if is_missing {
            return None;
        }
        let place = Place {
            id: workspace_id?,
            name: workspace_name?,
            slug: workspace_slug.unwrap_or_default(),
            project: project.map(|(id, name)| NamedProject { id, name, slug: None }),
            document: document_id.map(|id| NamedDocument { id, title: document_title, slug: None }),
        };
        let name = member_name.or(email).or(invited_by_name).or(deleted_by_name);
        let person = Person { id: member_id, name };
        Some(Self { occasion, place, person })
    }

    /// Where it leads a reader who is this in the workspace, or nobody there.
    pub(crate) fn link(&self, role: Option<Role>, is_open: bool) -> Option<Link> {
        let slug = self.place.slug.clone();
        match (self.occasion, role) {
            (Occasion::Invited { invitation_id, .. }, _) if is_open => {
                Some(Link::Invitation(invitation_id))
            }
            (Occasion::Removed | Occasion::Deleted, _) | (_, None) => None,
            (
                Occasion::Invited { .. }
                | Occasion::RoleChanged { .. }
                | Occasion::Archived
                | Occasion::Restored,
                Some(_),
            ) => Some(Link::Workspace(slug)),
            (
                Occasion::InvitationDeclined { .. }
                | Occasion::InvitationExpired { .. }
                | Occasion::InvitationRevoked { .. },
                Some(role),
            ) => role.is_manager().then_some(Link::Invitations(slug)),
            (Occasion::Project(_), Some(_)) => {
                let project = self.place.project.as_ref();
                Some(match project.and_then(|project| project.slug.clone()) {
                    Some(project) => Link::Project { workspace: slug, project },
                    None => Link::Workspace(slug),
                })
            }
            (Occasion::Document(_), Some(_)) => {
                let document = self.place.document.as_ref();
                Some(match document.and_then(|document| document.slug.clone()) {
                    Some(document) => Link::Document { workspace: slug, document },
                    None => Link::Workspace(slug),
                })
            }
            (Occasion::MemberJoined { .. } | Occasion::MemberLeft, Some(_)) => {
                Some(Link::Members(slug))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use expect_test::expect;

    use super::*;
    use crate::testing::{acme, every_occasion, id};

    #[test]
    fn every_occasion_is_recalled_from_its_facts() {
        let acme = acme();
        for occasion in every_occasion() {
            let (mut place, mut person) = (acme.clone(), Person::default());
            match occasion {
                Occasion::MemberJoined { .. } | Occasion::MemberLeft => {
                    person = Person { id: Some(id(2)), name: Some("Grace Hopper".to_owned()) };
                }
                Occasion::Invited { .. }
                | Occasion::InvitationDeclined { .. }
                | Occasion::InvitationExpired { .. }
                | Occasion::InvitationRevoked { .. } => {
                    person.name = Some("grace@example.com".to_owned());
                }
                // Nothing leads there any more.
                Occasion::Removed => place.slug.clear(),
                Occasion::Deleted => {
                    place.slug.clear();
                    person.name = Some("Grace Hopper".to_owned());
                }
                Occasion::Project(_) => {
                    place.project =
                        Some(NamedProject { id: id(4), name: "Roadmap".to_owned(), slug: None });
                }
                Occasion::Document(_) => place.document = Some(NamedDocument::unnamed(id(5))),
                Occasion::RoleChanged { .. } | Occasion::Archived | Occasion::Restored => {}
            }
            let content = occasion.content(&place, &person).unwrap();
            let recalled = Recalled::from_data(content.notification_type(), content.data());
            assert_eq!(recalled, Some(Recalled { occasion, place, person }));
        }
    }

    #[test]
    fn what_is_told_of_no_project_is_not_understood() {
        let told = Occasion::Project(ProjectNews::Created);
        let content = told.content(&acme(), &Person::default()).unwrap();
        assert_eq!(Recalled::from_data(content.notification_type(), content.data()), None);
    }

    #[test]
    fn a_project_is_led_to_while_it_is_there() {
        let link = |slug: Option<&str>| {
            let slug = slug.map(str::to_owned);
            let project = Some(NamedProject { id: id(4), name: "Roadmap".to_owned(), slug });
            let (occasion, place) =
                (Occasion::Project(ProjectNews::Updated), Place { project, ..acme() });
            let told = Recalled { occasion, place, person: Person::default() };
            told.link(Some(Role::Guest), false)
        };
        let (workspace, project) = ("acme".to_owned(), "roadmap".to_owned());
        assert_eq!(link(Some("roadmap")), Some(Link::Project { workspace, project }));
        assert_eq!(link(None), Some(Link::Workspace("acme".to_owned())));
    }

    #[test]
    fn a_link_leads_where_its_reader_may_go() {
        let mut text = String::new();
        for occasion in every_occasion() {
            let told = Recalled { occasion, place: acme(), person: Person::default() };
            write!(text, "{}:", occasion.notification_type()).unwrap();
            for (role, is_open) in [
                (None, true),
                (None, false),
                (Some(Role::Guest), false),
                (Some(Role::Admin), false),
            ] {
                let link = told.link(role, is_open);
                write!(text, " {}", link.as_ref().map_or("-", Link::kind)).unwrap();
            }
            text.push('\n');
        }
        expect![[r#"
            workspace_invitation: invitation - workspace workspace
            workspace_invitation_declined: - - - invitations
            workspace_invitation_expired: - - - invitations
            workspace_invitation_revoked: - - - invitations
            workspace_member_joined: - - members members
            workspace_member_left: - - members members
            workspace_member_removed: - - - -
            workspace_role_changed: - - workspace workspace
            workspace_archived: - - workspace workspace
            workspace_restored: - - workspace workspace
            workspace_deleted: - - - -
            project_created: - - workspace workspace
            project_updated: - - workspace workspace
            project_archived: - - workspace workspace
            project_restored: - - workspace workspace
            project_deleted: - - workspace workspace
            document_created: - - workspace workspace
            document_updated: - - workspace workspace
            document_deleted: - - workspace workspace
        "#]]
        .assert_eq(&text);
    }
}
