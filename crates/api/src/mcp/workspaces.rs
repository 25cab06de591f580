//! The tools about workspaces.

use identity::{ListWorkspaces, WorkspaceDetails};

use crate::{
    fields::{Fields, FromFields},
    mcp::{
        call::{Call, Outcome},
        markdown::{Facts, list},
    },
    workspaces,
};

/// What a tool is given that is about a whole workspace.
pub(super) struct InWorkspace {
    pub(super) workspace: Option<String>,
}

impl FromFields for InWorkspace {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self { workspace: fields.optional_text("workspace") })
    }
}

/// What a tool is given that is about something with a slug.
pub(super) struct BySlug {
    pub(super) workspace: Option<String>,
    pub(super) slug: String,
}

impl FromFields for BySlug {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let workspace = fields.optional_text("workspace");
        Some(Self { workspace, slug: fields.text("slug")? })
    }
}

/// `jarga.list_workspaces`
pub(super) async fn list_workspaces(Call { api, caller, .. }: Call) -> Outcome {
    let found = workspaces::reached(&api, &caller, ListWorkspaces { archived: false }).await?;
    let named = found.iter().map(|workspace| (workspace.name.as_str(), workspace.slug.as_str()));
    Ok(list("Workspaces", named))
}

/// `jarga.get_workspace`
pub(super) async fn get_workspace(mut call: Call) -> Outcome {
    let BySlug { workspace: _, slug } = call.take()?;
    let workspace = call.workspace(Some(slug)).await?;
    let found = call.api.identity.workspace(&call.caller.origin, &workspace).await?;
    let WorkspaceDetails { name, slug, description, role, archived_at, .. } = found;
    let facts = Facts::of("Workspace").named("name", &name).word("slug", &slug);
    let facts = facts.word("role", role.as_str());
    let facts = if archived_at.is_some() { facts.word("status", "archived") } else { facts };
    Ok(facts.saying(description.as_deref()))
}
