//! The only struct through which others use this context.

use std::{collections::BTreeSet, sync::Arc};

use identity::WorkspaceRef;
use perme8_events::{
    Origin, StorageError,
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
        read_models::{
            DocumentDetails, DocumentTitle, DocumentsPage, ExportDocuments, ExportedDocument,
            ExportedDocuments, ListDocuments, OpenDocument, QueryError, Text,
        },
        restore_document::{RestoreDocument, RestoreDocumentError},
        trash_document::{TrashDocument, TrashDocumentError},
        update_document::{Move, UpdateDocument, UpdateDocumentError},
    },
    domain::{document::Document, policy::Action, references::DocumentRef},
    infrastructure::{
        document_queries::{self, Looking},
        note_queries::stored_note,
    },
};

/// The documents of workspaces.
///
/// Each method takes the [`Origin`] of the wish and authorises from it: it asks what the person who acts is in the workspace,
/// and whether that and the project of the document are put away, before the transaction begins. A command that loses a race
/// is repeated; what is returned as `Storage` afterwards is nothing the caller could have avoided.
#[derive(Debug, Clone)]
pub struct Documents {
    db: Db,
    uow: UnitOfWork,
    members: Arc<dyn Members>,
    projects: Arc<dyn ProjectDirectory>,
}

/// Gathers who acts and whatever else it takes, runs a use case in a transaction of its own, and does all of it again while
/// it loses races; gives also what the person is in the workspace.
macro_rules! transact {
    ($self:ident, $origin:ident, $workspace:expr, $Error:ident,
     |$acting:ident| $gathered:expr, |$tx:ident, $facts:pat_param| $execute:expr) => {{
        let lost_a_race = |error: &$Error| matches!(error, $Error::Storage(error) if error.is_retryable());
        let attempt = || async {
            let $acting = &$self.acting(&$origin, $workspace).await?;
            let $facts = &$gathered;
            let done = $self.uow.run($origin.clone(), async |$tx| $execute.await).await?;
            Ok::<_, $Error>(($acting.membership.clone(), done))
        };
        $self.uow.retry(lost_a_race, attempt).await
    }};
}

impl Documents {
    /// On this database; `members` knows who belongs where, `projects` which projects there are.
    #[must_use]
    pub fn new(db: Db, members: Arc<dyn Members>, projects: Arc<dyn ProjectDirectory>) -> Self {
        Self { uow: UnitOfWork::new(db.clone()), db, members, projects }
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
    ) -> Result<OpenDocument, CreateDocumentError> {
        let named = command.project.as_deref();
        let (membership, (document, text)) = transact!(
            self,
            origin,
            &command.workspace,
            CreateDocumentError,
            |acting| self.named_project(acting, named).await?,
            |tx, goal| command.execute(tx, acting, goal.as_ref())
        )?;
        Ok(OpenDocument { document: self.shown(&membership, document).await?, text })
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
    ) -> Result<OpenDocument, UpdateDocumentError> {
        let DocumentRef { workspace, slug } = &command.document;
        let named = match &command.project {
            Some(Move::Into(project)) => Some(project.as_str()),
            Some(Move::Out) | None => None,
        };
        let (membership, (document, text)) = transact!(
            self,
            origin,
            workspace,
            UpdateDocumentError,
            |acting| (self.home(acting, slug).await?, self.named_project(acting, named).await?),
            |tx, (home, goal)| command.execute(tx, acting, home, goal.as_ref())
        )?;
        let text = match text {
            Some(text) => text,
            None => self.text(&document).await?,
        };
        Ok(OpenDocument { document: self.shown(&membership, document).await?, text })
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
    ) -> Result<(), TrashDocumentError> {
        let DocumentRef { workspace, slug } = &command.document;
        let done = transact!(
            self,
            origin,
            workspace,
            TrashDocumentError,
            |acting| self.home(acting, slug).await?,
            |tx, home| command.execute(tx, acting, home)
        );
        done.map(|(_, ())| ())
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
    ) -> Result<OpenDocument, RestoreDocumentError> {
        let DocumentRef { workspace, slug } = &command.document;
        let (membership, document) = transact!(
            self,
            origin,
            workspace,
            RestoreDocumentError,
            |acting| self.home(acting, slug).await?,
            |tx, home| command.execute(tx, acting, home)
        )?;
        let text = self.text(&document).await?;
        Ok(OpenDocument { document: self.shown(&membership, document).await?, text })
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
    ) -> Result<(), PurgeDocumentError> {
        let DocumentRef { workspace, slug } = &command.document;
        let done = transact!(
            self,
            origin,
            workspace,
            PurgeDocumentError,
            |acting| self.home(acting, slug).await?,
            |tx, home| command.execute(tx, acting, home)
        );
        done.map(|(_, ())| ())
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
        self.uow.run(origin, async |tx| command.execute(tx).await).await
    }

    /// A document that is in use, and what it says, for those who may see it.
    ///
    /// # Errors
    ///
    /// [`QueryError`].
    #[tracing::instrument(skip_all, fields(?document))]
    pub async fn document(
        &self,
        origin: &Origin,
        document: &DocumentRef,
    ) -> Result<OpenDocument, QueryError> {
        let DocumentRef { workspace, slug } = document;
        let acting = self.acting(origin, workspace).await?;
        let workspace_id = acting.membership.workspace_id;
        let found = document_queries::document(&self.db, workspace_id, slug).await?;
        let (document, whose) = acting.visible(found)?;
        acting.may(Action::ViewDocuments, whose)?;
        if document.is_trashed() {
            return Err(OutOfReach::NoDocument.into());
        }
        let text = self.text(&document).await?;
        Ok(OpenDocument { document: self.shown(&acting.membership, document).await?, text })
    }

    /// A page of the documents of a workspace that the person who asks may see, those that are pinned first.
    ///
    /// # Errors
    ///
    /// [`QueryError`].
    #[tracing::instrument(skip_all, fields(?workspace))]
    pub async fn documents(
        &self,
        origin: &Origin,
        workspace: &WorkspaceRef,
        asked: ListDocuments,
    ) -> Result<DocumentsPage, QueryError> {
        let acting = self.acting(origin, workspace).await?;
        let action = if asked.trashed { Action::ViewTrash } else { Action::ViewDocuments };
        let project = self.named_project(&acting, asked.project.as_deref()).await?;
        if asked.project.is_some() && project.is_none() {
            return Err(QueryError::ProjectNotFound);
        }
        let project = project.map(|project| project.id);
        let looking = looking(&acting, action);
        let (found, next) = document_queries::list(&self.db, looking, &asked, project).await?;
        let documents = present(&*self.members, &*self.projects, &acting.membership, found).await?;
        Ok(DocumentsPage { documents, next })
    }

    /// What the documents are called that the person who asks may see, of a project or, without one, those that are in none: at
    /// most 1,000, those that are pinned first.
    ///
    /// # Errors
    ///
    /// [`QueryError`].
    #[tracing::instrument(skip_all, fields(?workspace))]
    pub async fn document_titles(
        &self,
        origin: &Origin,
        workspace: &WorkspaceRef,
        project: Option<&str>,
    ) -> Result<Vec<DocumentTitle>, QueryError> {
        let acting = self.acting(origin, workspace).await?;
        let found = self.named_project(&acting, project).await?.map(|project| project.id);
        if project.is_some() && found.is_none() {
            return Err(QueryError::ProjectNotFound);
        }
        let looking = looking(&acting, Action::ViewDocuments);
        Ok(document_queries::titles(&self.db, looking, found).await?)
    }

    /// Some documents of the person who asks, and what they say, wherever they are.
    ///
    /// # Errors
    ///
    /// [`QueryError`].
    #[tracing::instrument(skip_all)]
    pub async fn export_documents(
        &self,
        origin: &Origin,
        asked: ExportDocuments,
    ) -> Result<ExportedDocuments, QueryError> {
        let user = origin.actor().user().ok_or(QueryError::Forbidden)?;
        let workspaces: BTreeSet<_> = self.members.workspaces_of(user).await?.into_iter().collect();
        let (found, next) = document_queries::owned_by(&self.db, user, asked).await?;
        let mut documents = Vec::new();
        for document in found {
            let text = if workspaces.contains(&document.workspace_id) {
                Some(self.text(&document).await?)
            } else {
                None
            };
            documents.push(ExportedDocument::of(document, text));
        }
        Ok(ExportedDocuments { documents, next })
    }

    /// Who acts; what that person may do is for the use case to say.
    async fn acting(&self, origin: &Origin, workspace: &WorkspaceRef) -> Result<Acting, NotActing> {
        Acting::gather(&*self.members, origin, workspace).await
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

    /// What a document says at this moment.
    async fn text(&self, document: &Document) -> Result<Text, StorageError> {
        let stored = stored_note(&mut &self.db, document.id).await?;
        // Whoever ends a document ends its note.
        text_of(&stored.ok_or_else(StorageError::conflict)?)
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

/// Which documents of the workspace this person may see, or do something else with.
fn looking(acting: &Acting, action: Action) -> Looking {
    let Membership { workspace_id: workspace, role, .. } = acting.membership;
    Looking { workspace, user: acting.user_id, reach: action.reach(role) }
}

#[cfg(test)]
mod matrix;

#[cfg(test)]
mod tests {
    use super::*;

    /// Compiles only if every future of the facade can be moved between threads, as the HTTP server needs it.
    #[expect(dead_code, reason = "the compiler is the test")]
    fn futures_are_send(
        documents: &Documents,
        origin: &Origin,
        document: &DocumentRef,
        asked: ListDocuments,
        commands: (CreateDocument, UpdateDocument, TrashDocument, RestoreDocument, PurgeDocument),
    ) {
        fn send<T: Send>(_: T) {}
        send(documents.create_document(origin.clone(), commands.0));
        send(documents.update_document(origin.clone(), commands.1));
        send(documents.trash_document(origin.clone(), commands.2));
        send(documents.restore_document(origin.clone(), commands.3));
        send(documents.purge_document(origin.clone(), commands.4));
        send(documents.purge_trash(origin.clone(), PurgeTrash { limit: 1 }));
        send(documents.document(origin, document));
        send(documents.documents(origin, &document.workspace, asked));
        send(documents.document_titles(origin, &document.workspace, None));
        send(documents.export_documents(origin, ExportDocuments { after: None, limit: 1 }));
    }
}
