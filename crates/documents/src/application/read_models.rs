//! What callers get to see.

use std::fmt;

use chrono::{DateTime, Utc};
use perme8_events::{StorageError, UserId, WorkspaceId};
use schemars::JsonSchema;
use serde::Serialize;

use crate::domain::{
    content::ContentHash, document::Document, note::Note, references::DocumentId,
    stored_note::StoredNote,
};

/// Why a question was not answered.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// No person asks, or one whom a private document of somebody else does not concern.
    #[error("only its owner sees a private document")]
    Forbidden,
    /// There is no such workspace, or the person who asks is a stranger there.
    #[error("there is no such workspace")]
    WorkspaceNotFound,
    /// The workspace has no such project.
    #[error("there is no such project")]
    ProjectNotFound,
    /// The workspace has no such document, or it is in the trash.
    #[error("there is no such document")]
    DocumentNotFound,
    /// The storage failed.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// A document, for a member of its workspace who may see it.
#[derive(Clone, PartialEq, Eq)]
pub struct DocumentDetails {
    /// Which.
    pub id: DocumentId,
    /// In which workspace.
    pub workspace_id: WorkspaceId,
    /// What that is called in addresses.
    pub workspace_slug: String,
    /// What the project is called in addresses that it is in, if in one.
    pub project_slug: Option<String>,
    /// What it is called.
    pub title: String,
    /// What it is called in addresses.
    pub slug: String,
    /// Whether every member of the workspace sees it, and not its owner alone.
    pub is_public: bool,
    /// Whether it is at the top of every list.
    pub is_pinned: bool,
    /// Whose it is; maybe somebody's who is no longer in the workspace.
    pub owner_id: UserId,
    /// The e-mail address of that person; none when the account is gone.
    pub owner_email: Option<String>,
    /// Since when it exists.
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    pub updated_at: DateTime<Utc>,
    /// Since when it is in the trash, if it is.
    pub trashed_at: Option<DateTime<Utc>>,
    /// Rises with every change but those of what it says.
    pub version: i64,
}

/// Shows neither what it is called nor who owns it.
impl fmt::Debug for DocumentDetails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, version, .. } = self;
        f.debug_struct("DocumentDetails")
            .field("id", id)
            .field("version", version)
            .finish_non_exhaustive()
    }
}

/// What a document says.
#[derive(Clone, PartialEq, Eq)]
pub struct Text {
    /// Markdown; none as long as nobody has written anything.
    pub content: Option<String>,
    /// Its SHA-256 in lowercase hexadecimal digits; no text counts as an empty one.
    pub content_hash: String,
}

/// What people write is shown nowhere.
impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Text").field("content_hash", &self.content_hash).finish_non_exhaustive()
    }
}

/// So many digits of its hash tell one text from another, where nobody tries to find two that are alike.
const TAG: usize = 16;

impl Text {
    pub(crate) fn of(stored: &StoredNote, note: &Note) -> Self {
        let (text, hash) = stored.text_of(note);
        let is_written = stored.source.is_some() || !text.is_empty();
        Self { content: is_written.then_some(text), content_hash: hash.as_str().to_owned() }
    }

    /// The text itself; no text is an empty one.
    pub(crate) fn as_str(&self) -> &str {
        self.content.as_deref().unwrap_or_default()
    }

    /// A text that was written a moment ago.
    pub(crate) fn written(text: &str) -> Self {
        let content_hash = ContentHash::of(text).as_str().to_owned();
        Self { content: Some(text.to_owned()), content_hash }
    }

    /// The beginning of its hash, as [`SeenDocument`] takes it.
    #[must_use]
    pub fn tag(&self) -> &str {
        self.content_hash.get(..TAG).unwrap_or(&self.content_hash)
    }

    pub(crate) fn is_tagged(&self, tag: &str) -> bool {
        self.tag() == tag
    }
}

/// A document and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenDocument {
    /// The document.
    pub document: DocumentDetails,
    /// What it says.
    pub text: Text,
}

/// What somebody has seen of a document, and wants to change as it was then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenDocument {
    /// Which document it was, if that is known: what has its slug by now may be another one.
    pub id: Option<DocumentId>,
    /// Which version of it; the first one is 1.
    pub version: i64,
    /// The [tag](Text::tag) of what it said, if that is known.
    pub content: Option<String>,
}

impl SeenDocument {
    /// Whether it was this document, in this version.
    pub(crate) fn is_of(&self, document: &Document) -> bool {
        self.id.is_none_or(|id| id == document.id) && self.version == document.version
    }
}

/// A version of whatever has the slug.
impl From<i64> for SeenDocument {
    fn from(version: i64) -> Self {
        Self { id: None, version, content: None }
    }
}

/// A document in a list of all.
#[derive(Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DocumentTitle {
    /// What it is called.
    pub title: String,
    /// What it is called in addresses.
    pub slug: String,
}

/// Shows not what it is called.
impl fmt::Debug for DocumentTitle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DocumentTitle(..)")
    }
}

/// Which documents of a workspace somebody wants to see: those that are pinned first, then those that were changed last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListDocuments {
    /// Only those of the project of this slug.
    pub project: Option<String>,
    /// Only those that are pinned, or only those that are not.
    pub pinned: Option<bool>,
    /// Those in the trash, and not those in use.
    pub trashed: bool,
    /// At most so many; taken as 1 to 100.
    pub limit: u8,
    /// Those that follow a page; from the first one on without it.
    pub after: Option<DocumentPlace>,
}

/// The place of a document in the list of its workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DocumentPlace {
    /// Whether it is pinned.
    pub is_pinned: bool,
    /// When it was changed last.
    pub updated_at: DateTime<Utc>,
    /// Which.
    pub id: DocumentId,
}

impl DocumentPlace {
    pub(crate) fn of(document: &Document) -> Self {
        let Document { is_pinned, updated_at, id, .. } = *document;
        Self { is_pinned, updated_at, id }
    }
}

/// Some documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentsPage {
    /// The documents.
    pub documents: Vec<DocumentDetails>,
    /// Where the next page begins; none when this is the last one.
    pub next: Option<DocumentPlace>,
}

/// Which part of the documents of a person shall be exported, in the order of their ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExportDocuments {
    /// Those behind this one; from the first one on without it.
    pub after: Option<DocumentId>,
    /// At most so many; taken as 1 to 100.
    pub limit: u8,
}

/// A document of a person, as everything that is held of that person tells it.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct ExportedDocument {
    /// Which.
    pub id: DocumentId,
    /// In which workspace.
    pub workspace_id: WorkspaceId,
    /// What it is called today; told to members of the workspace alone.
    pub title: Option<String>,
    /// What it says today; told to the same.
    pub content: Option<String>,
    /// Whether every member of the workspace sees it.
    pub is_public: bool,
    /// Since when it exists.
    pub created_at: DateTime<Utc>,
    /// Since when it is in the trash, if it is.
    pub trashed_at: Option<DateTime<Utc>>,
}

/// Shows neither what it is called nor what it says.
impl fmt::Debug for ExportedDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExportedDocument").field("id", &self.id).finish_non_exhaustive()
    }
}

impl ExportedDocument {
    /// What its owner may know of it, who is in the workspace if there is a text.
    pub(crate) fn of(document: Document, text: Option<Text>) -> Self {
        let Document { id, workspace_id, title, is_public, created_at, trashed_at, .. } = document;
        let title = text.is_some().then_some(title);
        let content = text.and_then(|text| text.content);
        Self { id, workspace_id, title, content, is_public, created_at, trashed_at }
    }
}

/// Some documents of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportedDocuments {
    /// The documents.
    pub documents: Vec<ExportedDocument>,
    /// Behind which the next ones come; none when these are the last.
    pub next: Option<DocumentId>,
}
