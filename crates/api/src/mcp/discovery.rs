//! The tool that finds tools.

use std::fmt::Write as _;

use crate::{
    fields::{Fields, FromFields},
    mcp::{
        call::{Call, Outcome},
        registry::{TOOLS, Tool},
    },
};

/// Which tools are looked for, and how they are shown.
struct Looking {
    query: String,
    is_grouped: bool,
}

impl FromFields for Looking {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let query = fields.optional_text("query").unwrap_or_default();
        let is_grouped = fields.optional_flag("group_by_provider").unwrap_or_default();
        Some(Self { query, is_grouped })
    }
}

/// `tools.search`
#[expect(clippy::unused_async, reason = "tools are asynchronous, this one has nothing to wait for")]
pub(super) async fn search(mut call: Call) -> Outcome {
    let Looking { query, is_grouped } = call.take()?;
    Ok(found(&query, is_grouped))
}

/// The tools in whose name or description it stands, in any case; all of them if it is blank.
fn found(query: &str, is_grouped: bool) -> String {
    let query = query.trim().to_lowercase();
    let says = |text: &str| text.to_lowercase().contains(&query);
    let found = TOOLS.iter().filter(|tool| says(tool.name) || says(tool.description));
    let mut text = String::new();
    let mut group = None;
    // The tools of a provider stand together.
    for tool in found {
        if is_grouped && group != Some(tool.provider()) {
            group = Some(tool.provider());
            write!(text, "\n## {}\n\n", tool.provider()).expect("a text takes more");
        }
        show(&mut text, tool);
    }
    if text.is_empty() { "No tools found.".to_owned() } else { text.trim().to_owned() }
}

fn show(text: &mut String, tool: &Tool) {
    let Tool { name, description, arguments, .. } = tool;
    writeln!(text, "- `{name}`: {description}").expect("a text takes more");
    for argument in *arguments {
        let (name, kind, necessity) = (argument.name, argument.kind.as_str(), argument.necessity());
        writeln!(text, "  - `{name}` ({kind}, {necessity}): {}", argument.description)
            .expect("a text takes more");
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn tools_are_found_by_name_and_description() {
        expect![[r#"
            - `jarga.list_workspaces`: Lists the workspaces that you reach.
            - `jarga.get_workspace`: Shows a workspace: its name and description, and your role there.
              - `slug` (string, required): The slug of the workspace.
            - `jarga.list_projects`: Lists the projects of a workspace that are in use.
              - `workspace` (string, optional): The slug of the workspace; the first that the key reaches if it is left out.
            - `jarga.create_project`: Begins a project in a workspace.
              - `name` (string, required): What the project is called.
              - `description` (string, optional): What it is for.
              - `workspace` (string, optional): The slug of the workspace; the first that the key reaches if it is left out.
            - `jarga.get_project`: Shows a project: its name and what it is for.
              - `slug` (string, required): The slug of the project.
              - `workspace` (string, optional): The slug of the workspace; the first that the key reaches if it is left out.
            - `jarga.list_documents`: Lists the documents of a project or, without one, those of a workspace that are in no project: the first 1000 of them, pinned ones before all others.
              - `project_slug` (string, optional): The slug of the project.
              - `workspace` (string, optional): The slug of the workspace; the first that the key reaches if it is left out.
            - `jarga.create_document`: Creates a document in a workspace, and in a project of it if one is named.
              - `title` (string, required): What the document is called.
              - `content` (string, optional): What it says, in Markdown.
              - `visibility` (string, optional): Who sees it: every member of the workspace, or you alone, which it is if it is left out.
              - `project_slug` (string, optional): The slug of the project.
              - `workspace` (string, optional): The slug of the workspace; the first that the key reaches if it is left out.
            - `jarga.get_document`: Shows a document, and what it says in Markdown.
              - `slug` (string, required): The slug of the document.
              - `workspace` (string, optional): The slug of the workspace; the first that the key reaches if it is left out.
            - `tools.search`: Finds tools by their names and descriptions, and says what they take.
              - `query` (string, optional): A part of the name or the description; all tools if it is left out.
              - `group_by_provider` (boolean, optional): Whether to show them under their providers."#]].assert_eq(&found("", false));
        expect![[r#"
            ## jarga

            - `jarga.get_workspace`: Shows a workspace: its name and description, and your role there.
              - `slug` (string, required): The slug of the workspace.
            - `jarga.get_project`: Shows a project: its name and what it is for.
              - `slug` (string, required): The slug of the project.
              - `workspace` (string, optional): The slug of the workspace; the first that the key reaches if it is left out.
            - `jarga.get_document`: Shows a document, and what it says in Markdown.
              - `slug` (string, required): The slug of the document.
              - `workspace` (string, optional): The slug of the workspace; the first that the key reaches if it is left out."#]].assert_eq(&found(" GET_", true));
        expect![[r#"
            ## tools

            - `tools.search`: Finds tools by their names and descriptions, and says what they take.
              - `query` (string, optional): A part of the name or the description; all tools if it is left out.
              - `group_by_provider` (boolean, optional): Whether to show them under their providers."#]].assert_eq(&found("finds", true));
        expect!["No tools found."].assert_eq(&found("nothing like it", true));
    }
}
