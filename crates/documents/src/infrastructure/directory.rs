//! What other contexts may ask about documents.

use perme8_events::{StorageError, UserId, WorkspaceId, sql, sql::Db};
use projects::ProjectId;
use sqlx::types::Json;

use crate::domain::references::DocumentId;

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

/// Who sees a document of a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DocumentReaders {
    /// Every member.
    Members,
    /// Its owner alone.
    Owner(UserId),
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

    /// Who sees these documents, in the trash or not; those that do not exist are left out.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the storage fails.
    pub async fn readers(
        &self,
        ids: &[DocumentId],
    ) -> Result<Vec<(DocumentId, DocumentReaders)>, StorageError> {
        let query = self.db.query(sql!(
            sqlite: "SELECT id, owner_id, is_public FROM documents_documents
                     WHERE id IN (SELECT unhex(value, '-') FROM json_each($1))",
            postgres: "SELECT id, owner_id, is_public FROM documents_documents
                       WHERE id IN (SELECT value::uuid FROM jsonb_array_elements_text($1::jsonb) AS value)"
        ));
        let rows: Vec<(DocumentId, UserId, bool)> = query.bind(Json(ids)).all().await?;
        let readers = |(id, owner, is_public)| {
            (id, if is_public { DocumentReaders::Members } else { DocumentReaders::Owner(owner) })
        };
        Ok(rows.into_iter().map(readers).collect())
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

/// The columns of a [`DocumentEntry`].
type EntryRow = (DocumentId, WorkspaceId, Option<ProjectId>, UserId, String, String, bool, bool);

impl From<EntryRow> for DocumentEntry {
    fn from(row: EntryRow) -> Self {
        let (id, workspace_id, project_id, owner_id, title, slug, is_public, is_pinned) = row;
        Self { id, workspace_id, project_id, owner_id, title, slug, is_public, is_pinned }
    }
}
