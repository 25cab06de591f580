//! What people may ask.

use std::collections::BTreeSet;

use identity::WorkspaceRef;
use perme8_events::{Origin, StorageError};
use projects::ProjectId;

use super::Documents;
use crate::{
    application::{
        acting::{Acting, NotActing, OutOfReach},
        create_document::{CreateDocument, CreateDocumentError},
        ports::Membership,
        present::present,
        read_models::{
            DocumentTitle, DocumentsPage, ExportDocuments, ExportedDocument, ExportedDocuments,
            ListDocuments, OpenDocument, QueryError,
        },
        trash_document::TrashDocumentError,
        update_document::UpdateDocumentError,
    },
    domain::{document::Document, policy::Action, references::DocumentRef},
    infrastructure::document_queries::{self, Looking},
};

impl Documents {
    /// Whether the person who acts may create a document in a workspace, and in this project of it, for who does not know yet
    /// which.
    ///
    /// # Errors
    ///
    /// [`CreateDocumentError`], as of the command.
    #[tracing::instrument(skip_all, fields(?workspace))]
    pub async fn may_create_document(
        &self,
        origin: &Origin,
        workspace: &WorkspaceRef,
        project: Option<&str>,
    ) -> Result<(), CreateDocumentError> {
        let acting = self.acting(origin, workspace).await?;
        let goal = self.named_project(&acting, project).await?;
        CreateDocument::granted(&acting, project, goal.as_ref())
    }

    /// Whether the person who acts may change a document, for who does not know yet how: no more than pin it if it is
    /// `only_pin`.
    ///
    /// # Errors
    ///
    /// [`UpdateDocumentError`], as of the command.
    #[tracing::instrument(skip_all, fields(?document))]
    pub async fn may_update_document(
        &self,
        origin: &Origin,
        document: &DocumentRef,
        only_pin: bool,
    ) -> Result<(), UpdateDocumentError> {
        let DocumentRef { workspace, slug } = document;
        let action = if only_pin { Action::PinDocument } else { Action::EditDocument };
        let attempt = || async {
            let acting = self.acting(origin, workspace).await?;
            let home = self.home(&acting, slug).await?;
            let document = self.in_use(&acting, action, slug).await?;
            Ok(home.takes_changes_of(&document)?)
        };
        self.uow.retry(lost_a_race!(UpdateDocumentError), attempt).await
    }

    /// Whether the person who acts may put a document into the trash or end it, for who does not know yet which of both.
    ///
    /// # Errors
    ///
    /// [`TrashDocumentError`], as of the commands.
    #[tracing::instrument(skip_all, fields(?document))]
    pub async fn may_delete_document(
        &self,
        origin: &Origin,
        document: &DocumentRef,
    ) -> Result<(), TrashDocumentError> {
        let DocumentRef { workspace, slug } = document;
        let attempt = || async {
            let acting = self.acting(origin, workspace).await?;
            let home = self.home(&acting, slug).await?;
            let workspace_id = acting.membership.workspace_id;
            let found = document_queries::document(&self.db, workspace_id, slug).await?;
            let (document, whose) = acting.visible(found)?;
            Ok(acting.may_delete(&document, whose, &home)?)
        };
        self.uow.retry(lost_a_race!(TrashDocumentError), attempt).await
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
        let attempt = || async {
            let (_, seen) = self.seen_by(origin, document).await?;
            let text = self.text(&seen).await?;
            // It may have been hidden before that was written.
            let (acting, document) = self.seen_by(origin, document).await?;
            let is_same = (document.id, document.version) == (seen.id, seen.version);
            let text = text.filter(|_| is_same).ok_or_else(StorageError::conflict)?;
            Ok((acting, document, text))
        };
        let (acting, document, text) = self.uow.retry(lost_a_race!(QueryError), attempt).await?;
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
        let project = self.asked_project(&acting, asked.project.as_deref()).await?;
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
        let project = self.asked_project(&acting, project).await?;
        let looking = looking(&acting, Action::ViewDocuments);
        Ok(document_queries::titles(&self.db, looking, project).await?)
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
        let user = origin.person().ok_or(QueryError::Forbidden)?;
        let workspaces: BTreeSet<_> = self.members.workspaces_of(user).await?.into_iter().collect();
        let (found, next) = document_queries::owned_by(&self.db, user, asked).await?;
        let mut documents = Vec::new();
        for document in found {
            let is_told = workspaces.contains(&document.workspace_id);
            let text = if is_told { self.text(&document).await? } else { None };
            if is_told && text.is_none() {
                // It has ended since.
                continue;
            }
            documents.push(ExportedDocument::of(document, text));
        }
        Ok(ExportedDocuments { documents, next })
    }

    /// The project of which something is asked, if it is asked of one.
    async fn asked_project(
        &self,
        acting: &Acting,
        name: Option<&str>,
    ) -> Result<Option<ProjectId>, QueryError> {
        match (name, self.named_project(acting, name).await?) {
            (Some(_), None) => Err(QueryError::ProjectNotFound),
            (_, found) => Ok(found.map(|project| project.id)),
        }
    }

    /// A document that is not in the trash, if this person may do this with it.
    pub(super) async fn in_use(
        &self,
        acting: &Acting,
        action: Action,
        slug: &str,
    ) -> Result<Document, OutOfReach> {
        let workspace_id = acting.membership.workspace_id;
        let found = document_queries::document(&self.db, workspace_id, slug).await;
        let (document, whose) = acting.visible(found.map_err(NotActing::Storage)?)?;
        if document.is_trashed() {
            return Err(OutOfReach::NoDocument);
        }
        acting.may(action, whose)?;
        Ok(document)
    }
}

/// Which documents of the workspace this person may see, or do something else with.
pub(super) fn looking(acting: &Acting, action: Action) -> Looking {
    let Membership { workspace_id: workspace, role, .. } = acting.membership;
    Looking { workspace, user: acting.user_id, reach: action.reach(role) }
}
