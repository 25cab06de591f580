//! What an event of a workspace becomes: for whom it is news, and on what occasion.

use documents::{DocumentCreated, DocumentDeleted, DocumentId, DocumentTitleChanged};
use identity::{
    InvitationDeclined, InvitationExpired, InvitationId, InvitationRevoked, MemberJoined,
    MemberLeft, MemberRemoved, MemberRoleChanged, OwnershipTransferred, Role, WorkspaceArchived,
    WorkspaceDeleted, WorkspaceRestored,
};
use perme8_events::{DecodeError, Envelope, Subscription, UserId, WorkspaceId};
use projects::{
    ProjectArchived, ProjectChanges, ProjectCreated, ProjectDeleted, ProjectId, ProjectRestored,
    ProjectUpdated,
};

use crate::{
    application::ports::WorkspaceNames,
    domain::{
        document_news::{DocumentNews, NamedDocument},
        occasion::Occasion,
        project_news::{NamedProject, ProjectNews},
    },
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
    Subscription::to::<WorkspaceDeleted>(),
    Subscription::to::<ProjectCreated>(),
    Subscription::to::<ProjectUpdated>(),
    Subscription::to::<ProjectArchived>(),
    Subscription::to::<ProjectRestored>(),
    Subscription::to::<ProjectDeleted>(),
    Subscription::to::<DocumentCreated>(),
    Subscription::to::<DocumentTitleChanged>(),
    Subscription::to::<DocumentDeleted>(),
];

/// An event as news.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) workspace_id: WorkspaceId,
    /// What a workspace was called that is gone, since nobody else knows it any more.
    pub(crate) was_called: Option<WorkspaceNames>,
    /// Whom it happened to, as far as known.
    pub(crate) subject: Option<UserId>,
    pub(crate) occasion: Occasion,
    pub(crate) recipients: Recipients,
    /// Which project it is about, if it is about one.
    pub(crate) project: Option<NamedProject>,
    /// The same of a document.
    pub(crate) document: Option<NamedDocument>,
}

impl Entry {
    fn new(
        workspace_id: WorkspaceId,
        subject: Option<UserId>,
        occasion: Occasion,
        recipients: Recipients,
    ) -> Self {
        let (was_called, project, document) = (None, None, None);
        Self { workspace_id, was_called, subject, occasion, recipients, project, document }
    }
}

/// For whom an event is news. Whoever caused it is left out of each of these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Recipients {
    /// Everybody in the workspace.
    Members,
    /// Everybody in the workspace, as long as all of them may see the document.
    Readers(DocumentId),
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
    /// Those who managed a workspace that is gone.
    FormerManagers(Vec<UserId>),
}

impl Recipients {
    /// Who is told besides single persons: everybody in the workspace who is this or more.
    pub(crate) const fn circle(&self) -> Option<Role> {
        match self {
            Self::Members | Self::Readers(_) => Some(Role::Guest),
            Self::Managers | Self::ManagersAndInviter(_) => Some(Role::Admin),
            Self::Inviter(_) | Self::Subject | Self::FormerMember | Self::FormerManagers(_) => None,
        }
    }

    /// The invitation whose sender is told.
    pub(crate) const fn invitation(&self) -> Option<InvitationId> {
        match self {
            Self::ManagersAndInviter(invitation) | Self::Inviter(invitation) => Some(*invitation),
            Self::Members
            | Self::Readers(_)
            | Self::Managers
            | Self::Subject
            | Self::FormerMember
            | Self::FormerManagers(_) => None,
        }
    }

    /// The document that all of them must see.
    pub(crate) const fn document(&self) -> Option<DocumentId> {
        match self {
            Self::Readers(document) => Some(*document),
            Self::Members
            | Self::Managers
            | Self::ManagersAndInviter(_)
            | Self::Inviter(_)
            | Self::Subject
            | Self::FormerMember
            | Self::FormerManagers(_) => None,
        }
    }

    /// Whether it is meant for whom it happened to, and not for others.
    pub(crate) const fn include_subject(&self) -> bool {
        matches!(self, Self::Subject | Self::FormerMember)
    }
}

/// Looks an event up; none for events that are no news.
pub(crate) fn entry(event: &Envelope) -> Result<Option<Entry>, DecodeError> {
    if let Some(MemberJoined { workspace_id, user_id, role, invitation_id }) = event.decode()? {
        return Ok(Some(Entry::new(
            workspace_id,
            Some(user_id),
            Occasion::MemberJoined { role },
            invitation_id.map_or(Recipients::Managers, Recipients::ManagersAndInviter),
        )));
    }
    if let Some(InvitationDeclined { invitation_id, workspace_id, user_id }) = event.decode()? {
        return Ok(Some(Entry::new(
            workspace_id,
            user_id,
            Occasion::InvitationDeclined { invitation_id },
            Recipients::Inviter(invitation_id),
        )));
    }
    // Whoever revokes or expires it by inviting anew is the actor, and left out like every other.
    if let Some(InvitationRevoked { invitation_id, workspace_id, user_id }) = event.decode()? {
        return Ok(Some(Entry::new(
            workspace_id,
            user_id,
            Occasion::InvitationRevoked { invitation_id },
            Recipients::Inviter(invitation_id),
        )));
    }
    if let Some(InvitationExpired { invitation_id, workspace_id, user_id }) = event.decode()? {
        return Ok(Some(Entry::new(
            workspace_id,
            user_id,
            Occasion::InvitationExpired { invitation_id },
            Recipients::Inviter(invitation_id),
        )));
    }
    if let Some(MemberRemoved { workspace_id, user_id }) = event.decode()? {
        return Ok(Some(Entry::new(
            workspace_id,
            Some(user_id),
            Occasion::Removed,
            Recipients::FormerMember,
        )));
    }
    if let Some(MemberLeft { workspace_id, user_id }) = event.decode()? {
        return Ok(Some(Entry::new(
            workspace_id,
            Some(user_id),
            Occasion::MemberLeft,
            Recipients::Managers,
        )));
    }
    if let Some(MemberRoleChanged { workspace_id, user_id, from, to }) = event.decode()? {
        return Ok(Some(Entry::new(
            workspace_id,
            Some(user_id),
            Occasion::RoleChanged { from, to },
            Recipients::Subject,
        )));
    }
    if let Some(OwnershipTransferred { workspace_id, user_id, from, to }) = event.decode()? {
        return Ok(Some(Entry::new(
            workspace_id,
            Some(user_id),
            Occasion::RoleChanged { from, to },
            Recipients::Subject,
        )));
    }
    if let Some(WorkspaceArchived { workspace_id }) = event.decode()? {
        return Ok(Some(of_all(workspace_id, Occasion::Archived)));
    }
    if let Some(WorkspaceRestored { workspace_id }) = event.decode()? {
        return Ok(Some(of_all(workspace_id, Occasion::Restored)));
    }
    if let Some(WorkspaceDeleted { workspace_id, name, slug, manager_ids }) = event.decode()? {
        let (occasion, recipients) = (Occasion::Deleted, Recipients::FormerManagers(manager_ids));
        let entry = Entry::new(workspace_id, None, occasion, recipients);
        return Ok(Some(Entry { was_called: Some(WorkspaceNames { name, slug }), ..entry }));
    }
    of_project(event)
}

/// Something that concerns everybody in a workspace.
fn of_all(workspace_id: WorkspaceId, occasion: Occasion) -> Entry {
    Entry::new(workspace_id, None, occasion, Recipients::Members)
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
    if let Some(ProjectDeleted { project_id, workspace_id, name, .. }) = event.decode()? {
        return Ok(Some(of_all_about(workspace_id, ProjectNews::Deleted, project_id, name)));
    }
    of_document(event)
}

/// What happened to a document concerns those who could see it then.
fn of_document(event: &Envelope) -> Result<Option<Entry>, DecodeError> {
    if let Some(created) = event.decode()? {
        let DocumentCreated { document_id, workspace_id, user_id, is_public, .. } = created;
        let news = DocumentNews::Created;
        return Ok(Some(of_readers(workspace_id, news, document_id, user_id, is_public)));
    }
    if let Some(renamed) = event.decode()? {
        let DocumentTitleChanged { document_id, workspace_id, user_id, is_public, .. } = renamed;
        let news = DocumentNews::Renamed;
        return Ok(Some(of_readers(workspace_id, news, document_id, user_id, is_public)));
    }
    let deleted = event.decode()?;
    Ok(deleted.map(|DocumentDeleted { document_id, workspace_id, user_id, title, is_public }| {
        let news = DocumentNews::Deleted;
        let entry = of_readers(workspace_id, news, document_id, user_id, is_public);
        // Nobody can turn it private any more.
        let recipients = if is_public { Recipients::Members } else { entry.recipients };
        let document = NamedDocument { title: Some(title), ..NamedDocument::unnamed(document_id) };
        Entry { recipients, document: Some(document), ..entry }
    }))
}

fn of_readers(
    workspace_id: WorkspaceId,
    news: DocumentNews,
    id: DocumentId,
    owner: UserId,
    is_public: bool,
) -> Entry {
    let (subject, recipients) = if is_public {
        (None, Recipients::Readers(id))
    } else {
        (Some(owner), Recipients::Subject)
    };
    let entry = Entry::new(workspace_id, subject, Occasion::Document(news), recipients);
    Entry { document: Some(NamedDocument::unnamed(id)), ..entry }
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
