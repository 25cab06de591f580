//! Projects, what the members of a workspace work on.

use chrono::{DateTime, Utc};
use identity::{Change, FieldErrors, Slug};
use perme8_events::{Aggregate, Unsaved, UserId, WorkspaceId};

use crate::domain::{
    events::{
        ProjectArchived, ProjectChanges, ProjectCreated, ProjectDeleted, ProjectRestored,
        ProjectUpdated,
    },
    references::ProjectId,
};

const MAX_NAME: usize = 200;
const MAX_DESCRIPTION: usize = 2000;

/// A project. Every member of its workspace sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Project {
    pub(crate) id: ProjectId,
    pub(crate) workspace_id: WorkspaceId,
    /// Whose it is, in the workspace or no longer.
    pub(crate) owner_id: UserId,
    pub(crate) name: String,
    pub(crate) slug: Slug,
    pub(crate) description: Option<String>,
    pub(crate) color: Option<String>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) archived_at: Option<DateTime<Utc>>,
    /// Deleted: storing it deletes it.
    pub(crate) is_gone: bool,
    pub(crate) version: i64,
}

/// Where a project begins, and whose it is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Beginning {
    pub(crate) id: ProjectId,
    pub(crate) workspace_id: WorkspaceId,
    pub(crate) owner_id: UserId,
    pub(crate) now: DateTime<Utc>,
}

/// What people say of a project.
#[derive(Debug, Clone)]
pub(crate) struct Particulars {
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) color: Option<String>,
}

impl Particulars {
    /// As somebody typed them; what is blank is missing.
    pub(crate) fn check(
        name: &str,
        description: Option<&str>,
        color: Option<&str>,
    ) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::default();
        let name = errors.line("name", name, MAX_NAME);
        let description = errors.paragraph("description", description, MAX_DESCRIPTION);
        match (name, description, errors.color("color", color)) {
            (Some(name), Some(description), Some(color)) => Ok(Self { name, description, color }),
            _ => Err(errors),
        }
    }
}

impl Aggregate for Project {
    const TYPE: &'static str = "project";
    type Id = ProjectId;

    fn id(&self) -> ProjectId {
        self.id
    }
}

impl Project {
    pub(crate) fn create(at: Beginning, new: Particulars, slug: Slug) -> Unsaved<Self> {
        let Beginning { id, workspace_id, owner_id, now: created_at } = at;
        let Particulars { name, description, color } = new;
        let event = ProjectCreated {
            project_id: id,
            workspace_id,
            user_id: owner_id,
            name: name.clone(),
            slug: slug.to_string(),
        };
        let project = Self {
            id,
            workspace_id,
            owner_id,
            name,
            slug,
            description,
            color,
            created_at,
            archived_at: None,
            is_gone: false,
            version: 0,
        };
        Unsaved::new(project).record(event)
    }

    pub(crate) fn is_archived(&self) -> bool {
        self.archived_at.is_some()
    }

    /// Other particulars, if any of them is another; the slug stays, because addresses are written down.
    pub(crate) fn update(&self, new: Particulars) -> Option<Unsaved<Self>> {
        let Particulars { name, description, color } = new;
        self.changed(Self { name, description, color, ..self.clone() })
    }

    /// Somebody else's, unless it is already.
    pub(crate) fn hand_over(&self, heir: UserId) -> Option<Unsaved<Self>> {
        self.changed(Self { owner_id: heir, ..self.clone() })
    }

    /// What it is from now on, if that is something else.
    fn changed(&self, to: Self) -> Option<Unsaved<Self>> {
        let changes = ProjectChanges {
            name: Change::between(self.name.clone(), to.name.clone()),
            description: Change::between(self.description.clone(), to.description.clone()),
            color: Change::between(self.color.clone(), to.color.clone()),
            user_id: Change::between(self.owner_id, to.owner_id),
        };
        let event = ProjectUpdated {
            project_id: self.id,
            workspace_id: self.workspace_id,
            user_id: to.owner_id,
            name: to.name.clone(),
            changes,
        };
        (event.changes != ProjectChanges::default()).then(|| Unsaved::new(to).record(event))
    }

    /// Put away, unless it is already.
    pub(crate) fn archive(&self, now: DateTime<Utc>) -> Option<Unsaved<Self>> {
        let archived = Self { archived_at: Some(now), ..self.clone() };
        let event = ProjectArchived {
            project_id: self.id,
            workspace_id: self.workspace_id,
            user_id: self.owner_id,
            name: self.name.clone(),
        };
        (!self.is_archived()).then(|| Unsaved::new(archived).record(event))
    }

    /// In use again, unless it is already.
    pub(crate) fn restore(&self) -> Option<Unsaved<Self>> {
        let restored = Self { archived_at: None, ..self.clone() };
        let event = ProjectRestored {
            project_id: self.id,
            workspace_id: self.workspace_id,
            user_id: self.owner_id,
            name: self.name.clone(),
        };
        self.is_archived().then(|| Unsaved::new(restored).record(event))
    }

    /// Gone for good.
    pub(crate) fn delete(self) -> Unsaved<Self> {
        let event = ProjectDeleted {
            project_id: self.id,
            workspace_id: self.workspace_id,
            user_id: self.owner_id,
            name: self.name.clone(),
        };
        Unsaved::new(Self { is_gone: true, ..self }).record(event)
    }
}
