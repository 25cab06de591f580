//! How callers name projects, and their ids.

use std::fmt;

use identity::{Slug, WorkspaceRef};
use perme8_events::Id;

/// Marks the ids of projects.
#[derive(Debug)]
pub enum WorkspaceProject {}

/// Identifies a project.
pub type ProjectId = Id<WorkspaceProject>;

/// Names a project by its slug, which is unique in its workspace.
#[derive(Clone, PartialEq, Eq)]
pub struct ProjectRef {
    /// In which workspace.
    pub workspace: WorkspaceRef,
    /// The slug, as it stands in addresses.
    pub slug: String,
}

/// What is no slug is free text of whoever asks, and is not shown.
impl fmt::Debug for ProjectRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}/", self.workspace)?;
        match Slug::parse(&self.slug) {
            Some(slug) => write!(f, "{slug}"),
            None => f.write_str(".."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_show_slugs_and_no_free_text() {
        let shown = |slug: &str| {
            let project = ProjectRef { workspace: "engines".into(), slug: slug.to_owned() };
            format!("{project:?}")
        };
        assert_eq!(shown("roadmap-2"), "Slug(engines)/roadmap-2");
        assert_eq!(shown("Ada's secret"), "Slug(engines)/..");
    }
}
