//! What other contexts may ask about documents.

use std::fmt;

use perme8_events::{StillFor, StorageError, UserId, WorkspaceId, sql, sql::Db};
use projects::ProjectId;
use sqlx::types::Json;

use crate::{
    application::contents::text_of,
    domain::{document::Document, references::DocumentId},
    infrastructure::{document_queries, note_queries::stored_note},
};

/// So often a document is read that is changed at the same time.
const ATTEMPTS: usize = 5;

/// Answers the questions of other contexts; changes nothing, and does not ask who asks.
///
/// The gateways of other contexts hold one. Whoever shows an answer to a person checks first that this person is a member of
/// the workspace, and shows what is private to its owner alone.
#[derive(Debug, Clone)]
pub struct Directory {
    db: Db,
}

/// A document, for other contexts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentEntry {
    /// Which.
    pub id: DocumentId,
    /// In which workspace.
    pub workspace_id: WorkspaceId,
    /// In which project it is, if in one.
    pub project_id: Option<ProjectId>,
    /// Whose it is.
    pub owner_id: UserId,
    /// What it is called.
    pub title: String,
    /// What it is called in addresses.
    pub slug: String,
    /// Whether every member of the workspace sees it, or its owner alone.
    pub is_public: bool,
    /// Whether it stands at the top of every list.
    pub is_pinned: bool,
}

/// What a document says, for other contexts.
#[derive(Clone, PartialEq, Eq)]
pub struct DocumentReading {
    /// The document.
    pub document: DocumentEntry,
    /// Markdown, up to the length that was asked for; empty as long as nobody has written anything.
    pub text: String,
    /// Whether that is all of it.
    pub is_whole: bool,
}

/// What people write is shown nowhere.
impl fmt::Debug for DocumentReading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { document, text: _, is_whole } = self;
        f.debug_struct("DocumentReading")
            .field("document", &document.id)
            .field("is_whole", is_whole)
            .finish_non_exhaustive()
    }
}

impl Directory {
    /// On this database.
    #[must_use]
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// These documents; those that do not exist or are in the trash are left out.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the storage fails.
    pub async fn documents(&self, ids: &[DocumentId]) -> Result<Vec<DocumentEntry>, StorageError> {
        let query = self.db.query(sql!(
            sqlite: "SELECT id, workspace_id, project_id, owner_id, title, slug, is_public, is_pinned FROM documents_documents
                     WHERE trashed_at IS NULL AND id IN (SELECT unhex(value, '-') FROM json_each($1))",
            postgres: "SELECT id, workspace_id, project_id, owner_id, title, slug, is_public, is_pinned FROM documents_documents
                       WHERE trashed_at IS NULL
                         AND id IN (SELECT value::uuid FROM jsonb_array_elements_text($1::jsonb) AS value)"
        ));
        let rows: Vec<EntryRow> = query.bind(Json(ids)).all().await?;
        Ok(rows.into_iter().map(DocumentEntry::from).collect())
    }

    /// Which members of their workspaces see these documents, in the trash or not; those that do not exist are left out.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the storage fails.
    pub async fn readers(
        &self,
        ids: &[DocumentId],
    ) -> Result<Vec<(DocumentId, StillFor)>, StorageError> {
        let query = self.db.query(sql!(
            sqlite: "SELECT id, owner_id, is_public FROM documents_documents
                     WHERE id IN (SELECT unhex(value, '-') FROM json_each($1))",
            postgres: "SELECT id, owner_id, is_public FROM documents_documents
                       WHERE id IN (SELECT value::uuid FROM jsonb_array_elements_text($1::jsonb) AS value)"
        ));
        let rows: Vec<(DocumentId, UserId, bool)> = query.bind(Json(ids)).all().await?;
        let readers = |(id, owner, is_public)| {
            (id, if is_public { StillFor::Everybody } else { StillFor::Only(owner) })
        };
        Ok(rows.into_iter().map(readers).collect())
    }

    /// What the document of this slug says to a member of the workspace, in so many characters at most; nothing if there is
    /// none, if it is in the trash, or if it is private and somebody else's.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the storage fails, or when the document is changed again and again while it is read.
    pub async fn read(
        &self,
        workspace: WorkspaceId,
        slug: &str,
        member: UserId,
        longest: usize,
    ) -> Result<Option<DocumentReading>, StorageError> {
        for _ in 0..ATTEMPTS {
            let Some(seen) = self.seen_by(workspace, slug, member).await? else { return Ok(None) };
            let stored = stored_note(&mut &self.db, seen.id).await?;
            let text = stored.as_ref().map(text_of).transpose()?;
            // It may have been hidden before that was written.
            let Some(now) = self.seen_by(workspace, slug, member).await? else { return Ok(None) };
            let Some(text) = text.filter(|_| (now.id, now.version) == (seen.id, seen.version))
            else {
                continue;
            };
            let (text, is_whole) = beginning(text.content.unwrap_or_default(), longest);
            return Ok(Some(DocumentReading { document: now.into(), text, is_whole }));
        }
        Err(StorageError::conflict())
    }

    /// A document that is in use, if a member sees it.
    async fn seen_by(
        &self,
        workspace: WorkspaceId,
        slug: &str,
        member: UserId,
    ) -> Result<Option<Document>, StorageError> {
        let found = document_queries::document(&self.db, workspace, slug).await?;
        let sees = |document: &Document| document.is_public || document.owner_id == member;
        Ok(found.filter(|document| !document.is_trashed() && sees(document)))
    }

    /// Whether anything is in a project: also what is private, and what is in the trash.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the storage fails.
    pub async fn holds_documents(&self, project: ProjectId) -> Result<bool, StorageError> {
        let query = self
            .db
            .query(sql!("SELECT EXISTS (SELECT 1 FROM documents_documents WHERE project_id = $1)"));
        query.bind(project).scalar().await
    }
}

/// The first characters of a text, and whether those are all.
fn beginning(mut text: String, longest: usize) -> (String, bool) {
    let end = text.char_indices().nth(longest).map(|(end, _)| end);
    if let Some(end) = end {
        text.truncate(end);
    }
    (text, end.is_none())
}

impl From<Document> for DocumentEntry {
    fn from(document: Document) -> Self {
        Self {
            id: document.id,
            workspace_id: document.workspace_id,
            project_id: document.project_id,
            owner_id: document.owner_id,
            title: document.title,
            slug: document.slug.as_str().to_owned(),
            is_public: document.is_public,
            is_pinned: document.is_pinned,
        }
    }
}

/// The columns of a [`DocumentEntry`].
type EntryRow = (DocumentId, WorkspaceId, Option<ProjectId>, UserId, String, String, bool, bool);

impl From<EntryRow> for DocumentEntry {
    fn from(row: EntryRow) -> Self {
        let (id, workspace_id, project_id, owner_id, title, slug, is_public, is_pinned) = row;
        Self { id, workspace_id, project_id, owner_id, title, slug, is_public, is_pinned }
    }
}
