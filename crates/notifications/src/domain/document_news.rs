//! What people are told of documents, and in which words.
//!
//! A notification keeps no title of a document that is there: whoever reads it is shown the title of that moment, by the rights
//! of that moment. So none is left behind when a document turns private, neither here nor in a mail of the day.

use documents::DocumentId;

use crate::domain::notification_type::NotificationType;

/// Something happened to a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DocumentNews {
    /// Somebody created it.
    Created,
    /// It has another title.
    Renamed,
    /// It is gone for good.
    Deleted,
}

/// A document, as its reader may know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NamedDocument {
    pub(crate) id: DocumentId,
    /// What it is called, if the reader may see it, or was called when it was deleted.
    pub(crate) title: Option<String>,
    /// In addresses, as far as it has one for the reader.
    pub(crate) slug: Option<String>,
}

impl NamedDocument {
    /// One of which no more is kept.
    pub(crate) fn unnamed(id: DocumentId) -> Self {
        Self { id, title: None, slug: None }
    }
}

impl DocumentNews {
    /// What kind of thing is told.
    pub(crate) const fn notification_type(self) -> NotificationType {
        match self {
            Self::Created => NotificationType::DocumentCreated,
            Self::Renamed => NotificationType::DocumentUpdated,
            Self::Deleted => NotificationType::DocumentDeleted,
        }
    }

    /// Title and body.
    pub(crate) fn words(self, document: Option<&str>, workspace: &str) -> (String, String) {
        match (self, document) {
            (Self::Created, Some(document)) => (
                format!("{document} was created"),
                format!("{document} is a new document in {workspace}."),
            ),
            (Self::Created, None) => (
                "A document was created".to_owned(),
                format!("There is a new document in {workspace}."),
            ),
            (Self::Renamed, Some(document)) => (
                format!("{document} was renamed"),
                format!("A document in {workspace} is called {document} now."),
            ),
            (Self::Renamed, None) => (
                "A document was renamed".to_owned(),
                format!("A document in {workspace} has another title."),
            ),
            (Self::Deleted, Some(document)) => (
                format!("{document} was deleted"),
                format!("There is no document {document} in {workspace} any more."),
            ),
            (Self::Deleted, None) => {
                ("A document was deleted".to_owned(), format!("A document in {workspace} is gone."))
            }
        }
    }
}
