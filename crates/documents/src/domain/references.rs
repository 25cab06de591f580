//! How callers name documents, and the ids of what they consist of.

use std::fmt;

use identity::{Slug, WorkspaceRef};
use perme8_events::Id;

/// Marks the ids of documents.
#[derive(Debug)]
pub enum WorkspaceDocument {}

/// Identifies a document.
pub type DocumentId = Id<WorkspaceDocument>;

/// Marks the ids of notes.
#[derive(Debug)]
pub enum DocumentNote {}

/// Identifies a note.
pub type NoteId = Id<DocumentNote>;

/// Names a document by its slug, which is unique in its workspace.
#[derive(Clone, PartialEq, Eq)]
pub struct DocumentRef {
    /// In which workspace.
    pub workspace: WorkspaceRef,
    /// The slug, as it stands in addresses.
    pub slug: String,
}

/// What is no slug is free text of whoever asks, and is not shown.
impl fmt::Debug for DocumentRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { workspace, slug } = self;
        let slug = Slug::parse(slug);
        write!(f, "{workspace:?}/{}", slug.as_ref().map_or("..", Slug::as_str))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_shows_a_slug_and_no_free_text() {
        let workspace = WorkspaceRef::from("engines");
        for (slug, shown) in [("notes-2", "notes-2"), ("Ada's secret", "..")] {
            let document = DocumentRef { workspace: workspace.clone(), slug: slug.to_owned() };
            assert_eq!(format!("{document:?}"), format!("Slug(engines)/{shown}"));
        }
    }
}
