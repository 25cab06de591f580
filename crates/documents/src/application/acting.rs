//! Who acts, as what, and with which document.

use identity::{Slug, WorkspaceRef};
use perme8_events::{Origin, StorageError, UserId};
use projects::ProjectId;

use crate::{
    application::{
        create_document::CreateDocumentError,
        ports::{Documents, Members, Membership, ProjectView},
        purge_document::PurgeDocumentError,
        read_models::QueryError,
        restore_document::RestoreDocumentError,
        restore_version::RestoreVersionError,
        trash_document::TrashDocumentError,
        update_document::UpdateDocumentError,
    },
    domain::{
        document::Document,
        policy::{self, Action, Denied, Whose},
    },
};

/// The person by whose rights something is done, and what that person is in the workspace; found out before the transaction begins.
#[derive(Debug, Clone)]
pub(crate) struct Acting {
    pub(crate) user_id: UserId,
    pub(crate) membership: Membership,
}

/// In which project a document was just before the transaction, and what that is like.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Home {
    pub(crate) project_id: Option<ProjectId>,
    /// None also while a project is gone and its documents are not out of it yet.
    pub(crate) project: Option<ProjectView>,
}

/// Why nobody acts in a workspace.
#[derive(Debug)]
pub(crate) enum NotActing {
    /// No person acts.
    Nobody,
    /// There is no such workspace, or the person is a stranger there: the same, so that nobody learns which exist.
    Stranger,
    /// The policy denies it to the person.
    Denied(Denied),
    /// The storage failed.
    Storage(StorageError),
}

/// Why somebody cannot do something with a document.
#[derive(Debug)]
pub(crate) enum OutOfReach {
    /// The workspace has no document of that slug.
    NoDocument,
    /// It is a private one of somebody else.
    Hidden,
    /// The project that it is in is put away.
    ProjectArchived,
    /// It may not be done by the person.
    NotActing(NotActing),
}

impl Acting {
    /// Whoever acts, or for whom the system acts, if a member of the workspace.
    pub(crate) async fn gather(
        members: &dyn Members,
        origin: &Origin,
        workspace: &WorkspaceRef,
    ) -> Result<Self, NotActing> {
        let user_id = origin.person().ok_or(NotActing::Nobody)?;
        let membership = members.membership(user_id, workspace).await;
        let membership = membership.map_err(NotActing::Storage)?.ok_or(NotActing::Stranger)?;
        Ok(Self { user_id, membership })
    }

    /// Refuses what the policy does not let this person do.
    pub(crate) fn may(&self, action: Action, whose: Whose) -> Result<(), NotActing> {
        let Membership { role, is_archived, .. } = self.membership;
        policy::decide(role, is_archived, action, whose).map_err(NotActing::Denied)
    }

    /// The document of this slug, in the trash or not, and whose it is to this person.
    pub(crate) async fn document(
        &self,
        tx: &mut impl Documents,
        slug: &str,
    ) -> Result<(Document, Whose), OutOfReach> {
        let slug = Slug::parse(slug).ok_or(OutOfReach::NoDocument)?;
        let found = tx.document_by_slug(self.membership.workspace_id, &slug).await;
        self.visible(found.map_err(NotActing::Storage)?)
    }

    /// The document of this slug, in the trash or not, if this person may put it there.
    pub(crate) async fn deletable(
        &self,
        tx: &mut impl Documents,
        slug: &str,
        home: &Home,
    ) -> Result<Document, OutOfReach> {
        let (document, whose) = self.document(tx, slug).await?;
        self.may_delete(&document, whose, home)?;
        Ok(document)
    }

    /// Refuses whoever may not put this document into the trash, take it out again and end it.
    pub(crate) fn may_delete(
        &self,
        document: &Document,
        whose: Whose,
        home: &Home,
    ) -> Result<(), OutOfReach> {
        match self.may(Action::DeleteDocument, whose) {
            // Nobody else sees what is in the trash.
            Err(NotActing::Denied(Denied::ByRole)) if document.is_trashed() => {
                Err(OutOfReach::NoDocument)
            }
            Err(refused) => Err(refused.into()),
            Ok(()) => home.takes_changes_of(document),
        }
    }

    /// A document that was found, and whose it is to this person.
    pub(crate) fn visible(&self, found: Option<Document>) -> Result<(Document, Whose), OutOfReach> {
        let document = found.ok_or(OutOfReach::NoDocument)?;
        match document.whose(self.user_id) {
            Some(whose) => Ok((document, whose)),
            // What is in the trash is not even hidden.
            None if document.is_trashed() => Err(OutOfReach::NoDocument),
            None => Err(OutOfReach::Hidden),
        }
    }
}

impl Home {
    /// Refuses to change a document that is not in this project any more, or with a project that is put away.
    pub(crate) fn takes_changes_of(&self, document: &Document) -> Result<(), OutOfReach> {
        if self.project_id != document.project_id {
            // It was moved a moment ago: whoever tries again finds out what its project is like.
            return Err(NotActing::Storage(StorageError::conflict()).into());
        }
        match &self.project {
            Some(project) if project.is_archived => Err(OutOfReach::ProjectArchived),
            Some(_) | None => Ok(()),
        }
    }
}

impl From<NotActing> for OutOfReach {
    fn from(reason: NotActing) -> Self {
        Self::NotActing(reason)
    }
}

macro_rules! from_not_acting {
    ($($Error:ident),+ $(,)?) => {$(
        impl From<NotActing> for $Error {
            fn from(reason: NotActing) -> Self {
                match reason {
                    NotActing::Nobody | NotActing::Denied(Denied::ByRole) => Self::Forbidden,
                    NotActing::Denied(Denied::ByArchive) => Self::WorkspaceArchived,
                    NotActing::Stranger => Self::WorkspaceNotFound,
                    NotActing::Storage(error) => Self::Storage(error),
                }
            }
        }
    )+};
}

/// Writes how it is told that a document is out of reach; `Hidden` as the error says.
macro_rules! from_out_of_reach {
    ($($Error:ident: hidden is $Hidden:ident),+ $(,)?) => {$(
        impl From<OutOfReach> for $Error {
            fn from(reason: OutOfReach) -> Self {
                match reason {
                    OutOfReach::NoDocument => Self::DocumentNotFound,
                    OutOfReach::Hidden => Self::$Hidden,
                    OutOfReach::ProjectArchived => Self::ProjectArchived,
                    OutOfReach::NotActing(reason) => reason.into(),
                }
            }
        }
    )+};
}

from_not_acting!(
    CreateDocumentError,
    PurgeDocumentError,
    RestoreDocumentError,
    RestoreVersionError,
    TrashDocumentError,
    UpdateDocumentError,
);

from_out_of_reach!(
    PurgeDocumentError: hidden is DocumentNotFound,
    RestoreDocumentError: hidden is DocumentNotFound,
    RestoreVersionError: hidden is DocumentNotFound,
    TrashDocumentError: hidden is DocumentNotFound,
    // Clients of the system that this one replaces know it so.
    UpdateDocumentError: hidden is Forbidden,
);

impl From<NotActing> for QueryError {
    fn from(reason: NotActing) -> Self {
        match reason {
            // Every member sees documents, also of a workspace that is put away.
            NotActing::Nobody | NotActing::Denied(Denied::ByRole | Denied::ByArchive) => {
                Self::Forbidden
            }
            NotActing::Stranger => Self::WorkspaceNotFound,
            NotActing::Storage(error) => Self::Storage(error),
        }
    }
}

impl From<OutOfReach> for QueryError {
    fn from(reason: OutOfReach) -> Self {
        match reason {
            OutOfReach::NoDocument => Self::DocumentNotFound,
            // As with an update; and what is put away is looked at all the same.
            OutOfReach::Hidden | OutOfReach::ProjectArchived => Self::Forbidden,
            OutOfReach::NotActing(reason) => reason.into(),
        }
    }
}
