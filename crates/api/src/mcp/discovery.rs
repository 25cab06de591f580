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
            - `knowledge.search`: Finds what a workspace has learnt: entries of knowledge by words, tags and category, at least one of them.
              - `query` (string, optional): Words: each is the beginning of one in the title, the tags or the body.
              - `tags` (array, optional): Tags that the entry has, all of them.
              - `category` (string, optional): The category of the entry.
              - `limit` (integer, optional): How many at most: 1 to 100, 20 if it is left out.
              - `workspace` (string, optional): The slug of the workspace; the first that the key reaches if it is left out.
            - `knowledge.get`: Shows an entry of knowledge: what it says, and how it relates to others.
              - `id` (string, required): The id of the entry.
              - `workspace` (string, optional): The slug of the workspace; the first that the key reaches if it is left out.
            - `knowledge.traverse`: Lists the entries of knowledge that are connected to one, the nearest first, and their relationships.
              - `id` (string, required): The id of the entry to begin at.
              - `relationship_type` (string, optional): Only along relationships of this type.
              - `depth` (integer, optional): How many relationships away at most: 1 to 5, 2 if it is left out.
              - `workspace` (string, optional): The slug of the workspace; the first that the key reaches if it is left out.
            - `knowledge.create`: Writes down what was learnt as an entry of knowledge.
              - `title` (string, required): What the entry is called: at most 255 characters.
              - `body` (string, required): What it says, in Markdown.
              - `category` (string, required): What kind of knowledge it is.
              - `tags` (array, optional): What it is found under: at most 20 tags.
              - `code_snippets` (array, optional): Code that shows it.
              - `file_paths` (array, optional): The files that it is about.
              - `external_links` (array, optional): Where else it is written about.
              - `last_verified_at` (string, optional): When it was last found to be true: a day or an instant of ISO 8601.
              - `workspace` (string, optional): The slug of the workspace; the first that the key reaches if it is left out.
            - `knowledge.update`: Changes an entry of knowledge: what is left out or null stays, and an empty list takes all away.
              - `id` (string, required): The id of the entry.
              - `title` (string, optional): What the entry is called: at most 255 characters.
              - `body` (string, optional): What it says, in Markdown.
              - `category` (string, optional): What kind of knowledge it is.
              - `tags` (array, optional): What it is found under: at most 20 tags.
              - `code_snippets` (array, optional): Code that shows it.
              - `file_paths` (array, optional): The files that it is about.
              - `external_links` (array, optional): Where else it is written about.
              - `last_verified_at` (string, optional): When it was last found to be true: a day or an instant of ISO 8601.
              - `workspace` (string, optional): The slug of the workspace; the first that the key reaches if it is left out.
            - `knowledge.relate`: Says how one entry of knowledge relates to another; what is said already stays as it is.
              - `from_id` (string, required): The id of the entry that relates.
              - `to_id` (string, required): The id of the entry that it relates to.
              - `relationship_type` (string, required): How it relates.
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
            ## knowledge

            - `knowledge.search`: Finds what a workspace has learnt: entries of knowledge by words, tags and category, at least one of them.
              - `query` (string, optional): Words: each is the beginning of one in the title, the tags or the body.
              - `tags` (array, optional): Tags that the entry has, all of them.
              - `category` (string, optional): The category of the entry.
              - `limit` (integer, optional): How many at most: 1 to 100, 20 if it is left out.
              - `workspace` (string, optional): The slug of the workspace; the first that the key reaches if it is left out.

            ## tools

            - `tools.search`: Finds tools by their names and descriptions, and says what they take.
              - `query` (string, optional): A part of the name or the description; all tools if it is left out.
              - `group_by_provider` (boolean, optional): Whether to show them under their providers."#]].assert_eq(&found("finds", true));
        expect!["No tools found."].assert_eq(&found("nothing like it", true));
    }
}
