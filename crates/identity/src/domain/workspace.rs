//! Workspaces, the tenants of the platform.

use chrono::{DateTime, Utc};
use perme8_events::{Aggregate, Unsaved, UserId, WorkspaceId};

use crate::domain::{events::WorkspaceCreated, slug::Slug};

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
    pub(crate) version: i64,
}

/// What is known of a workspace before it exists.
#[derive(Debug, Clone)]
pub(crate) struct NewWorkspace {
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) color: Option<String>,
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
        new: NewWorkspace,
        slug: Slug,
        owner_id: UserId,
        now: DateTime<Utc>,
    ) -> Unsaved<Self> {
        let NewWorkspace { name, description, color } = new;
        let event = WorkspaceCreated {
            workspace_id: id,
            name: name.clone(),
            slug: slug.to_string(),
            owner_id,
        };
        let (created_at, archived_at, version) = (now, None, 0);
        let workspace =
            Self { id, name, slug, description, color, created_at, archived_at, version };
        Unsaved::new(workspace).record(event)
    }

    pub(crate) fn is_archived(&self) -> bool {
        self.archived_at.is_some()
    }
}
