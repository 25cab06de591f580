//! Creating a document.

use std::fmt;

use identity::{FieldErrors, Slug, WorkspaceRef};
use perme8_events::{Save, StorageError, WorkspaceId};

use crate::{
    application::{
        acting::Acting,
        bursts,
        contents::{NotWritten, Opened},
        notes::Notes,
        ports::{Documents, Gone, ProjectView, Tombstones},
        read_models::Text,
    },
    domain::{
        document::{Beginning, Document, Title},
        note::{WriteError, check_length},
        policy::{Action, Whose},
        stored_note::NewNote,
    },
};

/// So many documents make a workspace full, in the trash or not.
const MOST: u64 = 50_000;

/// Creates a document, which is that of the person who acts from then on.
///
/// Emits [`DocumentCreated`](crate::DocumentCreated) and, if it says something,
/// [`NoteContentUpdated`](crate::NoteContentUpdated).
#[derive(Clone)]
pub struct CreateDocument {
    /// Where.
    pub workspace: WorkspaceRef,
    /// In which project, by its slug; in none without.
    pub project: Option<String>,
    /// What it is called; 1 to 200 characters. Its slug is made of it, and never changes with it.
    pub title: String,
    /// What it says, in Markdown; at most 1 MiB.
    pub content: Option<String>,
    /// Whether every member of the workspace sees it.
    pub is_public: bool,
}

/// What people write is shown nowhere.
impl fmt::Debug for CreateDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { workspace, project, is_public, title: _, content: _ } = self;
        f.debug_struct("CreateDocument")
            .field("workspace", workspace)
            .field("project", project)
            .field("is_public", is_public)
            .finish_non_exhaustive()
    }
}

/// Why there is no new document.
#[derive(Debug, thiserror::Error)]
pub enum CreateDocumentError {
    /// There is no such workspace, or the person who acts is a stranger there.
    #[error("there is no such workspace")]
    WorkspaceNotFound,
    /// The workspace has no such project.
    #[error("there is no such project")]
    ProjectNotFound,
    /// No person acts, or a guest.
    #[error("guests create no documents")]
    Forbidden,
    /// The workspace is put away.
    #[error("the workspace is archived: restore it first")]
    WorkspaceArchived,
    /// The project is put away.
    #[error("the project is archived: restore it first")]
    ProjectArchived,
    /// The workspace is full.
    #[error("a workspace has at most {MOST} documents: end some that are in the trash first")]
    TooMany,
    /// Some fields cannot be as they are.
    #[error("{0}")]
    Invalid(FieldErrors),
    /// It cannot say this.
    #[error(transparent)]
    Unwritable(#[from] WriteError),
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl CreateDocument {
    /// `goal` is the project that the command names, if there is one.
    pub(crate) async fn execute<T>(
        &self,
        tx: &mut T,
        acting: &Acting,
        goal: Option<&ProjectView>,
    ) -> Result<(Document, Text), CreateDocumentError>
    where
        T: Documents + Notes + Tombstones + Save<Document>,
    {
        let Self { workspace: _, project, title, content, is_public } = self;
        Self::granted(acting, project.as_deref(), goal)?;
        let title = Title::check(title).map_err(CreateDocumentError::Invalid)?;
        // Before anybody has to wait.
        content.as_deref().map_or(Ok(()), check_length)?;
        let Acting { user_id: owner_id, membership } = acting;
        let workspace_id = membership.workspace_id;
        // All of them were there a moment ago, when it was asked.
        if tx.is_gone(Gone::Workspace(workspace_id)).await? {
            return Err(CreateDocumentError::WorkspaceNotFound);
        }
        if let Some(project) = goal
            && tx.is_gone(Gone::Project(project.id)).await?
        {
            return Err(CreateDocumentError::ProjectNotFound);
        }
        if tx.is_gone(Gone::Person(*owner_id)).await? {
            return Err(CreateDocumentError::WorkspaceNotFound);
        }
        if tx.count_documents(workspace_id).await? >= MOST {
            return Err(CreateDocumentError::TooMany);
        }
        let slug = free_slug(tx, workspace_id, title.as_str()).await?;
        let at = Beginning {
            id: tx.new_id(),
            note_id: tx.new_id(),
            workspace_id,
            project_id: goal.map(|project| project.id),
            owner_id: *owner_id,
            now: tx.now(),
        };
        let document = tx.save(Document::create(at, title, slug, *is_public)).await?;
        let note = NewNote {
            id: document.note_id,
            document_id: document.id,
            workspace_id,
            author: Some(*owner_id),
        };
        tx.begin_note(&note).await?;
        let opened = Opened::of(tx, &document).await?;
        let empty = opened.text();
        let written = match content {
            Some(content) => opened.write(tx, *owner_id, content).await?,
            None => None,
        };
        if let Some(text) = &written {
            bursts::end(tx, &document, text.as_str()).await?;
        }
        let text = written.unwrap_or(empty);
        Ok((document, text))
    }

    /// Refuses whoever may not create a document in the project that is named, if one is.
    pub(crate) fn granted(
        acting: &Acting,
        named: Option<&str>,
        goal: Option<&ProjectView>,
    ) -> Result<(), CreateDocumentError> {
        if named.is_some() && goal.is_none() {
            return Err(CreateDocumentError::ProjectNotFound);
        }
        acting.may(Action::CreateDocument, Whose::Own)?;
        if goal.is_some_and(|project| project.is_archived) {
            return Err(CreateDocumentError::ProjectArchived);
        }
        Ok(())
    }
}

impl From<NotWritten> for CreateDocumentError {
    fn from(reason: NotWritten) -> Self {
        match reason {
            NotWritten::Refused(error) => Self::Unwritable(error),
            NotWritten::Storage(error) => Self::Storage(error),
        }
    }
}

const SLUG_OF: &str = "document";

/// A slug that no document of the workspace has, in the trash or not; documents begin one after another there.
async fn free_slug(
    tx: &mut impl Documents,
    workspace: WorkspaceId,
    title: &str,
) -> Result<Slug, StorageError> {
    let base = Slug::from_name(title);
    let mut slug = base.clone().unwrap_or_else(|| Slug::random(SLUG_OF, tx.new_uuid()));
    while tx.document_by_slug(workspace, &slug).await?.is_some() {
        let random = tx.new_uuid();
        slug = match &base {
            Some(base) => base.with_suffix(random),
            None => Slug::random(SLUG_OF, random),
        };
    }
    Ok(slug)
}

#[cfg(test)]
mod tests;
