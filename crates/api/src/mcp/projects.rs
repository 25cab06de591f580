//! The tools about projects.

use projects::{CreateProject, ProjectDetails, ProjectRef};

use crate::{
    fields::{Fields, FromFields},
    mcp::{
        call::{Call, Outcome},
        markdown::{Facts, list},
        workspaces::{BySlug, InWorkspace},
    },
};

/// What a project begins with.
struct Begun {
    workspace: Option<String>,
    name: String,
    description: Option<String>,
}

impl FromFields for Begun {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let workspace = fields.optional_text("workspace");
        let name = fields.text("name");
        let description = fields.optional_text("description");
        Some(Self { workspace, name: name?, description })
    }
}

/// `jarga.list_projects`
pub(super) async fn list_projects(mut call: Call) -> Outcome {
    let InWorkspace { workspace } = call.take()?;
    let workspace = call.workspace(workspace).await?;
    let found = call.api.projects.project_titles(&call.caller.origin, &workspace).await?;
    let named = found.iter().map(|project| (project.name.as_str(), project.slug.as_str()));
    Ok(list("Projects", named))
}

/// `jarga.create_project`
pub(super) async fn create_project(mut call: Call) -> Outcome {
    let Begun { workspace, name, description } = call.take()?;
    let workspace = call.workspace(workspace).await?;
    let command = CreateProject { workspace, name, description, color: None };
    let begun = call.api.projects.create_project(call.caller.origin, command).await?;
    Ok(Facts::of("Project created")
        .named("name", &begun.name)
        .word("slug", &begun.slug)
        .saying(None))
}

/// `jarga.get_project`
pub(super) async fn get_project(mut call: Call) -> Outcome {
    let BySlug { workspace, slug } = call.take()?;
    let project = ProjectRef { workspace: call.workspace(workspace).await?, slug };
    let found = call.api.projects.project(&call.caller.origin, &project).await?;
    let ProjectDetails { id, name, slug, description, archived_at, .. } = found;
    let facts = Facts::of("Project").named("name", &name).word("slug", &slug);
    let facts = facts.word("id", &id.to_string());
    let facts = if archived_at.is_some() { facts.word("status", "archived") } else { facts };
    Ok(facts.saying(description.as_deref()))
}
