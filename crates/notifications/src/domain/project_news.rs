//! What people are told of projects, and in which words.

use projects::ProjectId;

use crate::domain::notification_type::NotificationType;

/// Something happened to a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProjectNews {
    /// It began.
    Created,
    /// It is called something else, or is for something else.
    Updated,
    /// It was put away.
    Archived,
    /// It is in use again.
    Restored,
    /// It is gone.
    Deleted,
}

/// A project, as it is called today.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NamedProject {
    pub(crate) id: ProjectId,
    pub(crate) name: String,
    /// In addresses, as far as it has one today.
    pub(crate) slug: Option<String>,
}

impl ProjectNews {
    /// What kind of thing is told.
    pub(crate) const fn notification_type(self) -> NotificationType {
        match self {
            Self::Created => NotificationType::ProjectCreated,
            Self::Updated => NotificationType::ProjectUpdated,
            Self::Archived => NotificationType::ProjectArchived,
            Self::Restored => NotificationType::ProjectRestored,
            Self::Deleted => NotificationType::ProjectDeleted,
        }
    }

    /// Title and body.
    pub(crate) fn words(self, project: &str, workspace: &str) -> (String, String) {
        match self {
            Self::Created => (
                format!("{project} was created"),
                format!("{project} is a new project in {workspace}."),
            ),
            Self::Updated => (
                format!("{project} was updated"),
                format!("The project {project} in {workspace} was changed."),
            ),
            Self::Archived => (
                format!("{project} was archived"),
                format!(
                    "The project {project} in {workspace} was put away: it can be looked at, but not changed."
                ),
            ),
            Self::Restored => (
                format!("{project} was restored"),
                format!("The project {project} in {workspace} is in use again."),
            ),
            Self::Deleted => (
                format!("{project} was deleted"),
                format!("There is no project {project} in {workspace} any more."),
            ),
        }
    }
}
