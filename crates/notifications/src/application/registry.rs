//! What an event of a workspace becomes: for whom it is news, and on what occasion.

use identity::{
    InvitationDeclined, InvitationExpired, InvitationId, InvitationRevoked, MemberJoined,
    MemberLeft, MemberRemoved, MemberRoleChanged, OwnershipTransferred, Role, WorkspaceArchived,
    WorkspaceRestored,
};
use perme8_events::{DecodeError, Envelope, Subscription, UserId, WorkspaceId};
use projects::{
    ProjectArchived, ProjectChanges, ProjectCreated, ProjectDeleted, ProjectId, ProjectRestored,
    ProjectUpdated,
};

use crate::domain::{
    occasion::Occasion,
    project_news::{NamedProject, ProjectNews},
};

/// Every event that is news for somebody. That somebody is invited is not among them: see `on_invitation`.
pub(crate) const SUBSCRIPTIONS: &[Subscription] = &[
    Subscription::to::<MemberJoined>(),
    Subscription::to::<InvitationDeclined>(),
    Subscription::to::<InvitationRevoked>(),
    Subscription::to::<InvitationExpired>(),
    Subscription::to::<MemberRemoved>(),
    Subscription::to::<MemberLeft>(),
    Subscription::to::<MemberRoleChanged>(),
    Subscription::to::<OwnershipTransferred>(),
    Subscription::to::<WorkspaceArchived>(),
    Subscription::to::<WorkspaceRestored>(),
    Subscription::to::<ProjectCreated>(),
    Subscription::to::<ProjectUpdated>(),
    Subscription::to::<ProjectArchived>(),
    Subscription::to::<ProjectRestored>(),
    Subscription::to::<ProjectDeleted>(),
];

/// An event as news.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) workspace_id: WorkspaceId,
    /// Whom it happened to, as far as known.
    pub(crate) subject: Option<UserId>,
    pub(crate) occasion: Occasion,
    pub(crate) recipients: Recipients,
    /// Which project it is about, if it is about one.
    pub(crate) project: Option<NamedProject>,
}

/// For whom an event is news. Whoever caused it is left out of each of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Recipients {
    /// Everybody in the workspace.
    Members,
    /// The managers of the workspace.
    Managers,
    /// The managers of the workspace and, if still a member, who sent the invitation.
    ManagersAndInviter(InvitationId),
    /// Who sent the invitation, if still a manager: the others do not see invitations.
    Inviter(InvitationId),
    /// Whom it happened to, if still a member.
    Subject,
    /// Whom it happened to, who is no member any more.
    FormerMember,
}

impl Recipients {
    /// Who is told besides single persons: everybody in the workspace who is this or more.
    pub(crate) const fn circle(self) -> Option<Role> {
        match self {
            Self::Members => Some(Role::Guest),
            Self::Managers | Self::ManagersAndInviter(_) => Some(Role::Admin),
            Self::Inviter(_) | Self::Subject | Self::FormerMember => None,
        }
    }

    /// The invitation whose sender is told.
    pub(crate) const fn invitation(self) -> Option<InvitationId> {
        match self {
            Self::ManagersAndInviter(invitation) | Self::Inviter(invitation) => Some(invitation),
            Self::Members | Self::Managers | Self::Subject | Self::FormerMember => None,
        }
    }

    /// Whether it is meant for whom it happened to, and not for others.
    pub(crate) const fn include_subject(self) -> bool {
        matches!(self, Self::Subject | Self::FormerMember)
    }
}

/// Looks an event up; none for events that are no news.
pub(crate) fn entry(event: &Envelope) -> Result<Option<Entry>, DecodeError> {
    if let Some(MemberJoined { workspace_id, user_id, role, invitation_id }) = event.decode()? {
        return Ok(Some(Entry {
            workspace_id,
            subject: Some(user_id),
            occasion: Occasion::MemberJoined { role },
            recipients: invitation_id.map_or(Recipients::Managers, Recipients::ManagersAndInviter),
            project: None,
        }));
    }
    if let Some(InvitationDeclined { invitation_id, workspace_id, user_id }) = event.decode()? {
        return Ok(Some(Entry {
            workspace_id,
            subject: user_id,
            occasion: Occasion::InvitationDeclined { invitation_id },
            recipients: Recipients::Inviter(invitation_id),
            project: None,
        }));
    }
    // Whoever revokes or expires it by inviting anew is the actor, and left out like every other.
    if let Some(InvitationRevoked { invitation_id, workspace_id, user_id }) = event.decode()? {
        return Ok(Some(Entry {
            workspace_id,
            subject: user_id,
            occasion: Occasion::InvitationRevoked { invitation_id },
            recipients: Recipients::Inviter(invitation_id),
            project: None,
        }));
    }
    if let Some(InvitationExpired { invitation_id, workspace_id, user_id }) = event.decode()? {
        return Ok(Some(Entry {
            workspace_id,
            subject: user_id,
            occasion: Occasion::InvitationExpired { invitation_id },
            recipients: Recipients::Inviter(invitation_id),
            project: None,
        }));
    }
    if let Some(MemberRemoved { workspace_id, user_id }) = event.decode()? {
        return Ok(Some(Entry {
            workspace_id,
            subject: Some(user_id),
            occasion: Occasion::Removed,
            recipients: Recipients::FormerMember,
            project: None,
        }));
    }
    if let Some(MemberLeft { workspace_id, user_id }) = event.decode()? {
        return Ok(Some(Entry {
            workspace_id,
            subject: Some(user_id),
            occasion: Occasion::MemberLeft,
            recipients: Recipients::Managers,
            project: None,
        }));
    }
    if let Some(MemberRoleChanged { workspace_id, user_id, from, to }) = event.decode()? {
        return Ok(Some(Entry {
            workspace_id,
            subject: Some(user_id),
            occasion: Occasion::RoleChanged { from, to },
            recipients: Recipients::Subject,
            project: None,
        }));
    }
    if let Some(OwnershipTransferred { workspace_id, user_id, from, to }) = event.decode()? {
        return Ok(Some(Entry {
            workspace_id,
            subject: Some(user_id),
            occasion: Occasion::RoleChanged { from, to },
            recipients: Recipients::Subject,
            project: None,
        }));
    }
    if let Some(WorkspaceArchived { workspace_id }) = event.decode()? {
        return Ok(Some(of_all(workspace_id, Occasion::Archived)));
    }
    if let Some(WorkspaceRestored { workspace_id }) = event.decode()? {
        return Ok(Some(of_all(workspace_id, Occasion::Restored)));
    }
    of_project(event)
}

/// Something that concerns everybody in a workspace.
fn of_all(workspace_id: WorkspaceId, occasion: Occasion) -> Entry {
    Entry { workspace_id, subject: None, occasion, recipients: Recipients::Members, project: None }
}

/// What happened to a project concerns everybody in its workspace, unless it only has another owner.
fn of_project(event: &Envelope) -> Result<Option<Entry>, DecodeError> {
    if let Some(ProjectCreated { project_id, workspace_id, name, .. }) = event.decode()? {
        return Ok(Some(of_all_about(workspace_id, ProjectNews::Created, project_id, name)));
    }
    if let Some(ProjectUpdated { project_id, workspace_id, name, changes, .. }) = event.decode()? {
        let ProjectChanges { name: renamed, description, color, user_id: _ } = changes;
        let is_news = renamed.is_some() || description.is_some() || color.is_some();
        let entry = of_all_about(workspace_id, ProjectNews::Updated, project_id, name);
        return Ok(Some(entry).filter(|_| is_news));
    }
    if let Some(ProjectArchived { project_id, workspace_id, name, .. }) = event.decode()? {
        return Ok(Some(of_all_about(workspace_id, ProjectNews::Archived, project_id, name)));
    }
    if let Some(ProjectRestored { project_id, workspace_id, name, .. }) = event.decode()? {
        return Ok(Some(of_all_about(workspace_id, ProjectNews::Restored, project_id, name)));
    }
    let deleted =
        event.decode()?.map(|ProjectDeleted { project_id, workspace_id, name, .. }| {
            of_all_about(workspace_id, ProjectNews::Deleted, project_id, name)
        });
    Ok(deleted)
}

fn of_all_about(
    workspace_id: WorkspaceId,
    news: ProjectNews,
    id: ProjectId,
    name: String,
) -> Entry {
    let project = Some(NamedProject { id, name, slug: None });
    Entry { project, ..of_all(workspace_id, Occasion::Project(news)) }
}
