//! What happens to documents.
//!
//! What is said of a private document is for its owner alone, decided when it is committed.

use perme8_events::{DomainEvent, UserId, WorkspaceId, catalogue};
use projects::ProjectId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::references::DocumentId;

catalogue! {
    /// Every event of documents.
    pub EVENTS:
    DocumentCreated, DocumentTitleChanged, DocumentVisibilityChanged, DocumentPinnedChanged, DocumentMoved, DocumentHandedOver, DocumentTrashed,
    DocumentRestored, DocumentDeleted, NoteContentUpdated,
}

/// Emitted when somebody creates a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "document", audience(workspace_if = "is_public", otherwise = "user_id"))]
pub struct DocumentCreated {
    /// The new document.
    #[event(aggregate_id)]
    pub document_id: DocumentId,
    /// Where.
    #[event(workspace_id)]
    pub workspace_id: WorkspaceId,
    /// In which project, if in one.
    pub project_id: Option<ProjectId>,
    /// Whose it is.
    pub user_id: UserId,
    /// What it is called.
    pub title: String,
    /// What it is called in addresses, for good.
    pub slug: String,
    /// Whether every member of the workspace sees it.
    pub is_public: bool,
}

/// Emitted when somebody changes what a document is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "document", audience(workspace_if = "is_public", otherwise = "user_id"))]
pub struct DocumentTitleChanged {
    /// Which document.
    #[event(aggregate_id)]
    pub document_id: DocumentId,
    /// Where.
    #[event(workspace_id)]
    pub workspace_id: WorkspaceId,
    /// Whose it is.
    pub user_id: UserId,
    /// What it is called since then.
    pub title: String,
    /// What it was called before; withheld if it was private until then.
    pub previous_title: Option<String>,
    /// Whether every member of the workspace sees it.
    pub is_public: bool,
}

/// Emitted when a document becomes private, or is shared with every member of the workspace; says not what it is called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "document", audience(workspace))]
pub struct DocumentVisibilityChanged {
    /// Which document.
    #[event(aggregate_id)]
    pub document_id: DocumentId,
    /// Where.
    #[event(workspace_id)]
    pub workspace_id: WorkspaceId,
    /// Whose it is.
    pub user_id: UserId,
    /// Whether every member of the workspace sees it since then.
    pub is_public: bool,
}

/// Emitted when a document is pinned to the top of every list, or no longer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "document", audience(workspace_if = "is_public", otherwise = "user_id"))]
pub struct DocumentPinnedChanged {
    /// Which document.
    #[event(aggregate_id)]
    pub document_id: DocumentId,
    /// Where.
    #[event(workspace_id)]
    pub workspace_id: WorkspaceId,
    /// Whose it is.
    pub user_id: UserId,
    /// Whether it is pinned since then.
    pub is_pinned: bool,
    /// Whether every member of the workspace sees it.
    pub is_public: bool,
}

/// Emitted when a document comes into a project, into another one or out of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "document", audience(workspace_if = "is_public", otherwise = "user_id"))]
pub struct DocumentMoved {
    /// Which document.
    #[event(aggregate_id)]
    pub document_id: DocumentId,
    /// Where.
    #[event(workspace_id)]
    pub workspace_id: WorkspaceId,
    /// Whose it is.
    pub user_id: UserId,
    /// In which project it was, if in one; withheld if it was private until then.
    pub from_project_id: Option<ProjectId>,
    /// In which project it is since then, if in one.
    pub project_id: Option<ProjectId>,
    /// Whether every member of the workspace sees it.
    pub is_public: bool,
}

/// Emitted when a document becomes somebody else's, because the account of its owner is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "document", audience(workspace_if = "is_public", otherwise = "user_id"))]
pub struct DocumentHandedOver {
    /// Which document.
    #[event(aggregate_id)]
    pub document_id: DocumentId,
    /// Where.
    #[event(workspace_id)]
    pub workspace_id: WorkspaceId,
    /// Whose it is since then.
    pub user_id: UserId,
    /// Whose it was before.
    pub from_user_id: UserId,
    /// Whether every member of the workspace sees it.
    pub is_public: bool,
}

/// Emitted when somebody puts a document into the trash, where it stays for 30 days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "document", audience(workspace_if = "is_public", otherwise = "user_id"))]
pub struct DocumentTrashed {
    /// Which document.
    #[event(aggregate_id)]
    pub document_id: DocumentId,
    /// Where.
    #[event(workspace_id)]
    pub workspace_id: WorkspaceId,
    /// Whose it is.
    pub user_id: UserId,
    /// What it is called.
    pub title: String,
    /// Whether every member of the workspace saw it.
    pub is_public: bool,
}

/// Emitted when somebody takes a document out of the trash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "document", audience(workspace_if = "is_public", otherwise = "user_id"))]
pub struct DocumentRestored {
    /// Which document.
    #[event(aggregate_id)]
    pub document_id: DocumentId,
    /// Where.
    #[event(workspace_id)]
    pub workspace_id: WorkspaceId,
    /// Whose it is.
    pub user_id: UserId,
    /// What it is called.
    pub title: String,
    /// Whether every member of the workspace sees it.
    pub is_public: bool,
}

/// Emitted when a document is gone for good, with everything that was written in it.
///
/// Of those that go with their workspace no event tells one by one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "document", audience(workspace_if = "is_public", otherwise = "user_id"))]
pub struct DocumentDeleted {
    /// Which document.
    #[event(aggregate_id)]
    pub document_id: DocumentId,
    /// Where it was.
    #[event(workspace_id)]
    pub workspace_id: WorkspaceId,
    /// Whose it was.
    pub user_id: UserId,
    /// What it was called.
    pub title: String,
    /// Whether every member of the workspace saw it.
    pub is_public: bool,
}

/// Emitted when people have stopped writing for a while, and when a text is written over REST; not for each keystroke.
///
/// Who wrote is the actor: of several people in a row, the one who began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, DomainEvent)]
#[event(aggregate = "document", audience(workspace_if = "is_public", otherwise = "user_id"))]
pub struct NoteContentUpdated {
    /// Which document.
    #[event(aggregate_id)]
    pub document_id: DocumentId,
    /// Where.
    #[event(workspace_id)]
    pub workspace_id: WorkspaceId,
    /// Whose it is.
    pub user_id: UserId,
    /// The SHA-256 of what it says since then, in lowercase hexadecimal digits.
    pub content_hash: String,
    /// How long that is, in characters.
    pub length: u64,
    /// Whether every member of the workspace sees it.
    pub is_public: bool,
}
