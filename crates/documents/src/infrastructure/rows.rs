//! A row of the documents, and the document that it is.

use chrono::{DateTime, Utc};
use identity::Slug;
use perme8_events::{UserId, WorkspaceId};
use projects::ProjectId;
use sqlx::FromRow;

use crate::domain::{
    document::Document,
    references::{DocumentId, NoteId},
};

/// What the component of a document is called that is its note.
pub(crate) const NOTE: &str = "note";

/// The columns of [`DocumentRow`], in a `SELECT`.
macro_rules! select_documents {
    ($rest:literal) => {
        select_documents!("", $rest)
    };
    // With more columns than those.
    ($more:literal, $rest:expr) => {
        concat!(
            "SELECT d.id, d.workspace_id, d.project_id, d.owner_id, d.created_by, d.title, d.slug, d.is_public,
                    d.is_pinned, c.component_id AS note_id, d.created_at, d.updated_at, d.trashed_at, d.version",
            $more,
            "
             FROM documents_documents d
             JOIN documents_components c ON c.document_id = d.id AND c.component_type = 'note'
              AND NOT EXISTS (SELECT 1 FROM documents_components e
                              WHERE e.document_id = d.id AND e.component_type = 'note'
                                AND (e.position, e.component_id) < (c.position, c.component_id)) ",
            $rest
        )
    };
}

pub(crate) use select_documents;

/// Whether a document is one of those that somebody may see: of the own ones, if `$own`, and of what others share, if `$shared`.
macro_rules! seen_by {
    ($document:literal, $user:literal, $own:literal, $shared:literal) => {
        concat!(
            "((",
            $document,
            ".owner_id = ",
            $user,
            " AND ",
            $own,
            ")
              OR (",
            $document,
            ".owner_id <> ",
            $user,
            " AND ",
            $document,
            ".is_public AND ",
            $shared,
            "))"
        )
    };
}

pub(crate) use seen_by;

/// A row of `documents_documents`, and the first of the notes that it consists of.
#[derive(FromRow)]
pub(crate) struct DocumentRow {
    id: DocumentId,
    workspace_id: WorkspaceId,
    project_id: Option<ProjectId>,
    owner_id: UserId,
    created_by: UserId,
    title: String,
    slug: String,
    is_public: bool,
    is_pinned: bool,
    note_id: NoteId,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    trashed_at: Option<DateTime<Utc>>,
    version: i64,
}

impl From<DocumentRow> for Document {
    fn from(row: DocumentRow) -> Self {
        let DocumentRow {
            id,
            workspace_id,
            project_id,
            owner_id,
            created_by,
            title,
            slug,
            is_public,
            is_pinned,
            note_id,
            created_at,
            updated_at,
            trashed_at,
            version,
        } = row;
        Self {
            id,
            workspace_id,
            project_id,
            owner_id,
            created_by,
            title,
            slug: Slug::stored(slug),
            is_public,
            is_pinned,
            note_id,
            created_at,
            updated_at,
            trashed_at,
            is_gone: false,
            version,
        }
    }
}
