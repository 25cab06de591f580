//! The only struct through which others use this context.

use std::sync::Arc;

use identity::WorkspaceRef;
use perme8_events::{
    CommitToken, Origin, StorageError,
    sql::{Db, UnitOfWork},
};

use crate::{
    application::{
        acting::{Acting, Home, NotActing, OutOfReach},
        contents::text_of,
        create_document::{CreateDocument, CreateDocumentError},
        ports::{Members, Membership, ProjectDirectory, ProjectView},
        present::present,
        purge_document::{PurgeDocument, PurgeDocumentError},
        purge_trash::{PurgeTrash, PurgeTrashError},
        read_models::{DocumentDetails, OpenDocument, Text},
        restore_document::{RestoreDocument, RestoreDocumentError},
        trash_document::{TrashDocument, TrashDocumentError},
        update_document::{Move, UpdateDocument, UpdateDocumentError},
    },
    domain::{document::Document, policy::Action, references::DocumentRef},
    facade::rooms::Rooms,
    infrastructure::{directory::Directory, document_queries, note_queries::stored_note},
};

/// The documents of workspaces.
///
/// Each method takes the [`Origin`] of the wish and authorises from it: it asks what the person who acts is in the workspace,
/// and whether that and the project of the document are put away, before the transaction begins. A process of the host acts for
/// a person, by the rights of that person ([`Origin::person`]): the events say that the system did it, and on whose behalf. A
/// command that loses a race is repeated; what is returned as `Storage` afterwards is nothing the caller could have avoided.
///
/// A command also gives the [`CommitToken`] by which its effects are waited for, e.g. by [`search`](Self::search).
#[derive(Debug, Clone)]
pub struct Documents {
    db: Db,
    uow: UnitOfWork,
    members: Arc<dyn Members>,
    projects: Arc<dyn ProjectDirectory>,
    rooms: Option<Rooms>,
}

/// Whether a try failed only because somebody else was faster.
macro_rules! lost_a_race {
    ($Error:ident) => {
        |error: &$Error| matches!(error, $Error::Storage(error) if error.is_retryable())
    };
}

/// Gathers who acts and whatever else it takes, runs a use case in a transaction of its own, and does all of it again while
/// it loses races; gives also what the person is in the workspace, and the token of the commit.
macro_rules! transact {
    ($self:ident, $origin:ident, $workspace:expr, $Error:ident,
     |$acting:ident| $gathered:expr, |$tx:ident, $facts:pat_param| $execute:expr) => {{
        let attempt = || async {
            let $acting = &$self.acting(&$origin, $workspace).await?;
            let $facts = &$gathered;
            let run = $self.uow.run_for_token($origin.clone(), async |$tx| $execute.await);
            let (done, committed) = run.await?;
            Ok::<_, $Error>(($acting.membership.clone(), done, committed))
        };
        $self.uow.retry(lost_a_race!($Error), attempt).await
    }};
}

impl Documents {
    /// On this database; `members` knows who belongs where, `projects` which projects there are.
    #[must_use]
    pub fn new(db: Db, members: Arc<dyn Members>, projects: Arc<dyn ProjectDirectory>) -> Self {
        Self { uow: UnitOfWork::new(db.clone()), db, members, projects, rooms: None }
    }

    /// Answers the questions of other contexts.
    #[must_use]
    pub fn directory(&self) -> Directory {
        Directory::new(self.db.clone())
    }

    /// Creates a document, which is that of the person who acts from then on.
    ///
    /// # Errors
    ///
    /// [`CreateDocumentError`].
    #[tracing::instrument(skip_all, fields(workspace = ?command.workspace))]
    pub async fn create_document(
        &self,
        origin: Origin,
        command: CreateDocument,
    ) -> Result<(OpenDocument, CommitToken), CreateDocumentError> {
        let named = command.project.as_deref();
        let (membership, (document, text), committed) = transact!(
            self,
            origin,
            &command.workspace,
            CreateDocumentError,
            |acting| self.named_project(acting, named).await?,
            |tx, goal| command.execute(tx, acting, goal.as_ref())
        )?;
        let document = self.shown(&membership, document).await?;
        Ok((OpenDocument { document, text }, committed))
    }

    /// Changes what a document is called, who sees it, where it is and what it says.
    ///
    /// # Errors
    ///
    /// [`UpdateDocumentError`].
    #[tracing::instrument(skip_all, fields(document = ?command.document))]
    pub async fn update_document(
        &self,
        origin: Origin,
        command: UpdateDocument,
    ) -> Result<(OpenDocument, CommitToken), UpdateDocumentError> {
        let DocumentRef { workspace, slug } = &command.document;
        let named = match &command.project {
            Some(Move::Into(project)) => Some(project.as_str()),
            Some(Move::Out) | None => None,
        };
        let (membership, (document, text), committed) = transact!(
            self,
            origin,
            workspace,
            UpdateDocumentError,
            |acting| (self.home(acting, slug).await?, self.named_project(acting, named).await?),
            |tx, (home, goal)| command.execute(tx, acting, home, goal.as_ref())
        )?;
        if command.content.is_some() {
            self.written(&document);
        }
        let document = self.shown(&membership, document).await?;
        Ok((OpenDocument { document, text }, committed))
    }

    /// Puts a document into the trash, where it stays for 30 days.
    ///
    /// # Errors
    ///
    /// [`TrashDocumentError`].
    #[tracing::instrument(skip_all, fields(document = ?command.document))]
    pub async fn trash_document(
        &self,
        origin: Origin,
        command: TrashDocument,
    ) -> Result<CommitToken, TrashDocumentError> {
        let DocumentRef { workspace, slug } = &command.document;
        let done = transact!(
            self,
            origin,
            workspace,
            TrashDocumentError,
            |acting| self.home(acting, slug).await?,
            |tx, home| command.execute(tx, acting, home)
        );
        done.map(|(_, (), committed)| committed)
    }

    /// Takes a document out of the trash.
    ///
    /// # Errors
    ///
    /// [`RestoreDocumentError`].
    #[tracing::instrument(skip_all, fields(document = ?command.document))]
    pub async fn restore_document(
        &self,
        origin: Origin,
        command: RestoreDocument,
    ) -> Result<(OpenDocument, CommitToken), RestoreDocumentError> {
        let DocumentRef { workspace, slug } = &command.document;
        let (membership, (document, text), committed) = transact!(
            self,
            origin,
            workspace,
            RestoreDocumentError,
            |acting| self.home(acting, slug).await?,
            |tx, home| command.execute(tx, acting, home)
        )?;
        let document = self.shown(&membership, document).await?;
        Ok((OpenDocument { document, text }, committed))
    }

    /// Ends a document for good, with everything that was written in it.
    ///
    /// # Errors
    ///
    /// [`PurgeDocumentError`].
    #[tracing::instrument(skip_all, fields(document = ?command.document))]
    pub async fn purge_document(
        &self,
        origin: Origin,
        command: PurgeDocument,
    ) -> Result<CommitToken, PurgeDocumentError> {
        let DocumentRef { workspace, slug } = &command.document;
        let done = transact!(
            self,
            origin,
            workspace,
            PurgeDocumentError,
            |acting| self.home(acting, slug).await?,
            |tx, home| command.execute(tx, acting, home)
        );
        done.map(|(_, (), committed)| committed)
    }

    /// Ends documents that have been in the trash for 30 days; says how many.
    ///
    /// # Errors
    ///
    /// [`PurgeTrashError`].
    #[tracing::instrument(skip_all)]
    pub async fn purge_trash(
        &self,
        origin: Origin,
        command: PurgeTrash,
    ) -> Result<u64, PurgeTrashError> {
        let attempt = || self.uow.run(origin.clone(), async |tx| command.execute(tx).await);
        self.uow.retry(lost_a_race!(PurgeTrashError), attempt).await
    }

    /// Who acts; what that person may do is for the use case to say.
    async fn acting(&self, origin: &Origin, workspace: &WorkspaceRef) -> Result<Acting, NotActing> {
        Acting::gather(&*self.members, origin, workspace).await
    }

    /// Whoever asks, and a document that is in use and that this person may see.
    async fn seen_by(
        &self,
        origin: &Origin,
        document: &DocumentRef,
    ) -> Result<(Acting, Document), OutOfReach> {
        let DocumentRef { workspace, slug } = document;
        let acting = self.acting(origin, workspace).await?;
        let document = self.in_use(&acting, Action::ViewDocuments, slug).await?;
        Ok((acting, document))
    }

    /// The project of this name, if there is one.
    async fn named_project(
        &self,
        acting: &Acting,
        name: Option<&str>,
    ) -> Result<Option<ProjectView>, StorageError> {
        match name {
            Some(slug) => self.projects.project(acting.membership.workspace_id, slug).await,
            None => Ok(None),
        }
    }

    /// In which project the document of this slug is at this moment.
    async fn home(&self, acting: &Acting, slug: &str) -> Result<Home, StorageError> {
        let workspace_id = acting.membership.workspace_id;
        let Some(id) = document_queries::project_of(&self.db, workspace_id, slug).await? else {
            return Ok(Home::default());
        };
        let project = self.projects.projects(&[id]).await?.into_iter().next();
        Ok(Home { project_id: Some(id), project })
    }

    /// What a document says at this moment; nothing once it is gone.
    async fn text(&self, document: &Document) -> Result<Option<Text>, StorageError> {
        let stored = stored_note(&mut &self.db, document.id).await?;
        stored.as_ref().map(text_of).transpose()
    }

    /// A document for somebody who may see it.
    async fn shown(
        &self,
        membership: &Membership,
        document: Document,
    ) -> Result<DocumentDetails, StorageError> {
        let shown = present(&*self.members, &*self.projects, membership, vec![document]).await?;
        Ok(shown.into_iter().next().expect("what is shown is shown"))
    }
}

pub(crate) mod clearer;
mod editing;
#[cfg(test)]
mod matrix;
mod questions;
pub(crate) mod rooms;
mod search;
#[cfg(test)]
mod tests;
mod versions;
