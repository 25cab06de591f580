//! Workspaces, the tenants of the platform.

use chrono::{DateTime, Utc};
use perme8_events::{Aggregate, Unsaved, UserId, WorkspaceId};

use crate::domain::{
    account_events::Change,
    events::WorkspaceCreated,
    fields::FieldErrors,
    slug::Slug,
    workspace_events::{
        WorkspaceArchived, WorkspaceChanges, WorkspaceDeleted, WorkspaceRestored, WorkspaceUpdated,
    },
};

const MAX_NAME: usize = 200;
const MAX_DESCRIPTION: usize = 2000;

/// A workspace. Who owns it is a matter of its members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Workspace {
    pub(crate) id: WorkspaceId,
    pub(crate) name: String,
    pub(crate) slug: Slug,
    pub(crate) description: Option<String>,
    pub(crate) color: Option<String>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) archived_at: Option<DateTime<Utc>>,
    /// Deleted: storing it deletes it, its members and its invitations.
    pub(crate) is_gone: bool,
    pub(crate) version: i64,
}

/// What people say of a workspace.
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
        let color = errors.color("color", color);
        match (name, description, color) {
            (Some(name), Some(description), Some(color)) => Ok(Self { name, description, color }),
            _ => Err(errors),
        }
    }
}

impl Aggregate for Workspace {
    const TYPE: &'static str = "workspace";
    type Id = WorkspaceId;

    fn id(&self) -> WorkspaceId {
        self.id
    }
}

impl Workspace {
    pub(crate) fn create(
        id: WorkspaceId,
        new: Particulars,
        slug: Slug,
        owner_id: UserId,
        now: DateTime<Utc>,
    ) -> Unsaved<Self> {
        let Particulars { name, description, color } = new;
        let event = WorkspaceCreated {
            workspace_id: id,
            name: name.clone(),
            slug: slug.to_string(),
            owner_id,
        };
        let (created_at, archived_at, is_gone, version) = (now, None, false, 0);
        let workspace =
            Self { id, name, slug, description, color, created_at, archived_at, is_gone, version };
        Unsaved::new(workspace).record(event)
    }

    pub(crate) fn is_archived(&self) -> bool {
        self.archived_at.is_some()
    }

    /// Other particulars, if any of them is another; the slug stays, because addresses are written down.
    pub(crate) fn update(&self, new: Particulars) -> Option<Unsaved<Self>> {
        let Particulars { name, description, color } = new;
        let changes = WorkspaceChanges {
            name: Change::between(self.name.clone(), name.clone()),
            description: Change::between(self.description.clone(), description.clone()),
            color: Change::between(self.color.clone(), color.clone()),
        };
        if changes == WorkspaceChanges::default() {
            return None;
        }
        let event = WorkspaceUpdated { workspace_id: self.id, name: name.clone(), changes };
        Some(Unsaved::new(Self { name, description, color, ..self.clone() }).record(event))
    }

    /// Put away, unless it is already.
    pub(crate) fn archive(&self, now: DateTime<Utc>) -> Option<Unsaved<Self>> {
        let archived = Self { archived_at: Some(now), ..self.clone() };
        let event = WorkspaceArchived { workspace_id: self.id };
        (!self.is_archived()).then(|| Unsaved::new(archived).record(event))
    }

    /// In use again, unless it is already.
    pub(crate) fn restore(&self) -> Option<Unsaved<Self>> {
        let restored = Self { archived_at: None, ..self.clone() };
        let event = WorkspaceRestored { workspace_id: self.id };
        self.is_archived().then(|| Unsaved::new(restored).record(event))
    }

    /// Gone for good; these people managed it.
    pub(crate) fn delete(self, manager_ids: Vec<UserId>) -> Unsaved<Self> {
        let event = WorkspaceDeleted {
            workspace_id: self.id,
            name: self.name.clone(),
            slug: self.slug.to_string(),
            manager_ids,
        };
        Unsaved::new(Self { is_gone: true, ..self }).record(event)
    }
}
