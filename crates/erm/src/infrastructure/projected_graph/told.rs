//! What an event tells of the graph of a workspace.

use documents::{
    DocumentCreated, DocumentDeleted, DocumentHandedOver, DocumentMoved, DocumentPinnedChanged,
    DocumentRestored, DocumentTitleChanged, DocumentTrashed, DocumentVisibilityChanged,
    NoteContentUpdated,
};
use identity::{
    MemberJoined, MemberLeft, MemberRemoved, MemberRoleChanged, OwnershipTransferred, Role,
    WorkspaceCreated, WorkspaceDeleted,
};
use perme8_events::{DecodeError, Envelope, Subscription, UserId};
use projects::{
    ProjectArchived, ProjectCreated, ProjectDeleted, ProjectId, ProjectRestored, ProjectUpdated,
};

use crate::domain::{
    projected::{NodeKind, node},
    references::EntityId,
};

/// Every event that tells something.
///
/// An account that is given up leaves its workspaces first, and what was its own there is handed on or deleted, so nothing is
/// told by that.
pub(super) const SUBSCRIPTIONS: &[Subscription] = &[
    Subscription::to::<WorkspaceCreated>(),
    Subscription::to::<WorkspaceDeleted>(),
    Subscription::to::<MemberJoined>(),
    Subscription::to::<MemberRoleChanged>(),
    Subscription::to::<OwnershipTransferred>(),
    Subscription::to::<MemberRemoved>(),
    Subscription::to::<MemberLeft>(),
    Subscription::to::<ProjectCreated>(),
    Subscription::to::<ProjectUpdated>(),
    Subscription::to::<ProjectArchived>(),
    Subscription::to::<ProjectRestored>(),
    Subscription::to::<ProjectDeleted>(),
    Subscription::to::<DocumentCreated>(),
    Subscription::to::<DocumentTitleChanged>(),
    Subscription::to::<DocumentVisibilityChanged>(),
    Subscription::to::<DocumentPinnedChanged>(),
    Subscription::to::<DocumentMoved>(),
    Subscription::to::<DocumentHandedOver>(),
    Subscription::to::<DocumentTrashed>(),
    Subscription::to::<DocumentRestored>(),
    Subscription::to::<DocumentDeleted>(),
    Subscription::to::<NoteContentUpdated>(),
];

/// What happens to the graph of the workspace of an event.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// It begins, with whom the workspace belongs to.
    Begun { owner: UserId },
    /// It ends.
    Ended,
    /// Somebody is this there, from now on or since long ago.
    Member { id: UserId, role: Role },
    /// There is a project.
    Project { id: EntityId, owner: UserId, name: String, slug: String },
    /// It is called otherwise, or somebody else's.
    ProjectUpdated { id: EntityId, owner: UserId, name: String },
    /// It is put away, or in use again.
    ProjectArchived { id: EntityId, is_archived: bool },
    /// There is a document, in a project or in none.
    Document { id: EntityId, owner: UserId, private_to: Option<UserId>, project: Option<ProjectId> },
    /// Something about it is different.
    DocumentChanged { id: EntityId, private_to: Option<UserId>, change: Option<Change> },
    /// Something is no longer there.
    Gone { id: EntityId, node_type: NodeKind },
}

/// What is different about a document besides who sees it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// Where it is.
    Project(Option<ProjectId>),
    /// Whose it is.
    Owner(UserId),
    /// Whether it is in the trash.
    Trashed(bool),
}

impl Told {
    /// What this event tells.
    pub(super) fn by(event: &Envelope) -> Result<Option<Self>, DecodeError> {
        if let Some(told) = by_identity(event)? {
            return Ok(Some(told));
        }
        if let Some(told) = by_projects(event)? {
            return Ok(Some(told));
        }
        by_documents(event)
    }
}

fn by_identity(event: &Envelope) -> Result<Option<Told>, DecodeError> {
    if let Some(WorkspaceCreated { owner_id: owner, .. }) = event.decode()? {
        return Ok(Some(Told::Begun { owner }));
    }
    if let Some(WorkspaceDeleted { .. }) = event.decode()? {
        return Ok(Some(Told::Ended));
    }
    if let Some(MemberJoined { user_id: id, role, .. }) = event.decode()? {
        return Ok(Some(Told::Member { id, role }));
    }
    if let Some(MemberRoleChanged { user_id: id, to: role, .. }) = event.decode()? {
        return Ok(Some(Told::Member { id, role }));
    }
    if let Some(OwnershipTransferred { user_id: id, to: role, .. }) = event.decode()? {
        return Ok(Some(Told::Member { id, role }));
    }
    if let Some(MemberRemoved { user_id, .. }) = event.decode()? {
        return Ok(Some(Told::Gone { id: node(user_id), node_type: NodeKind::Member }));
    }
    let left = event.decode()?;
    Ok(left.map(|MemberLeft { user_id, .. }| Told::Gone {
        id: node(user_id),
        node_type: NodeKind::Member,
    }))
}

fn by_projects(event: &Envelope) -> Result<Option<Told>, DecodeError> {
    if let Some(ProjectCreated { project_id, user_id: owner, name, slug, .. }) = event.decode()? {
        return Ok(Some(Told::Project { id: node(project_id), owner, name, slug }));
    }
    if let Some(ProjectUpdated { project_id, user_id: owner, name, .. }) = event.decode()? {
        return Ok(Some(Told::ProjectUpdated { id: node(project_id), owner, name }));
    }
    if let Some(ProjectArchived { project_id, .. }) = event.decode()? {
        return Ok(Some(Told::ProjectArchived { id: node(project_id), is_archived: true }));
    }
    if let Some(ProjectRestored { project_id, .. }) = event.decode()? {
        return Ok(Some(Told::ProjectArchived { id: node(project_id), is_archived: false }));
    }
    let gone = event.decode()?;
    Ok(gone.map(|ProjectDeleted { project_id, .. }| Told::Gone {
        id: node(project_id),
        node_type: NodeKind::Project,
    }))
}

fn by_documents(event: &Envelope) -> Result<Option<Told>, DecodeError> {
    /// The change of a document of which such an event tells.
    macro_rules! changed {
        ($($Event:ident { $($field:ident),* } => $change:expr;)+) => {$(
            if let Some($Event { document_id, user_id, is_public, $($field,)* .. }) = event.decode()? {
                let (id, private_to) = (node(document_id), private_to(user_id, is_public));
                return Ok(Some(Told::DocumentChanged { id, private_to, change: $change }));
            }
        )+};
    }

    if let Some(DocumentCreated { document_id, user_id: owner, project_id, is_public, .. }) =
        event.decode()?
    {
        let (id, private_to) = (node(document_id), private_to(owner, is_public));
        return Ok(Some(Told::Document { id, owner, private_to, project: project_id }));
    }
    changed! {
        DocumentTitleChanged {} => None;
        DocumentVisibilityChanged {} => None;
        DocumentPinnedChanged {} => None;
        NoteContentUpdated {} => None;
        DocumentMoved { project_id } => Some(Change::Project(project_id));
        DocumentTrashed {} => Some(Change::Trashed(true));
        DocumentRestored {} => Some(Change::Trashed(false));
    }
    if let Some(DocumentHandedOver { document_id, user_id: owner, is_public, .. }) =
        event.decode()?
    {
        let (id, private_to) = (node(document_id), private_to(owner, is_public));
        let change = Some(Change::Owner(owner));
        return Ok(Some(Told::DocumentChanged { id, private_to, change }));
    }
    let gone = event.decode()?;
    Ok(gone.map(|DocumentDeleted { document_id, .. }| Told::Gone {
        id: node(document_id),
        node_type: NodeKind::Document,
    }))
}

/// Who sees alone what is not shared.
fn private_to(owner: UserId, is_public: bool) -> Option<UserId> {
    (!is_public).then_some(owner)
}
