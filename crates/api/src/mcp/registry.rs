//! The one list of tools: from it clients are told which there are, and callers are held to what they may.

use identity::KeyScope;
use rmcp::model::{self, ToolAnnotations};

use crate::mcp::{
    arguments::{Argument, Kind, WORKSPACE, optional, required, schema},
    call::Run,
    discovery, documents, knowledge, projects, workspaces,
};

/// Something that a program can do here for a person.
#[derive(Debug)]
pub(crate) struct Tool {
    /// Begins with its provider and a dot.
    pub(crate) name: &'static str,
    pub(crate) description: &'static str,
    /// What a key needs for it.
    pub(crate) scope: KeyScope,
    /// Whether something is different afterwards.
    pub(super) changes: bool,
    pub(super) arguments: &'static [Argument],
    pub(super) run: Run,
}

/// What kinds of knowledge there are.
const CATEGORY: Kind =
    Kind::Word(&["how_to", "pattern", "convention", "architecture_decision", "gotcha", "concept"]);

/// How entries of knowledge relate.
const RELATIONSHIP: Kind = Kind::Word(&[
    "relates_to",
    "depends_on",
    "prerequisite_for",
    "example_of",
    "part_of",
    "supersedes",
]);

const VERIFIED: &str = "When it was last found to be true: a day or an instant of ISO 8601.";

/// All of them, those of a provider together.
pub(crate) static TOOLS: &[Tool] = &[
    Tool {
        name: "jarga.list_workspaces",
        description: "Lists the workspaces that you reach.",
        scope: KeyScope::McpListWorkspaces,
        changes: false,
        arguments: &[],
        run: |call| Box::pin(workspaces::list_workspaces(call)),
    },
    Tool {
        name: "jarga.get_workspace",
        description: "Shows a workspace: its name and description, and your role there.",
        scope: KeyScope::McpGetWorkspace,
        changes: false,
        arguments: &[required("slug", "The slug of the workspace.")],
        run: |call| Box::pin(workspaces::get_workspace(call)),
    },
    Tool {
        name: "jarga.list_projects",
        description: "Lists the projects of a workspace that are in use.",
        scope: KeyScope::McpListProjects,
        changes: false,
        arguments: &[WORKSPACE],
        run: |call| Box::pin(projects::list_projects(call)),
    },
    Tool {
        name: "jarga.create_project",
        description: "Begins a project in a workspace.",
        scope: KeyScope::McpCreateProject,
        changes: true,
        arguments: &[
            required("name", "What the project is called."),
            optional("description", Kind::Text, "What it is for."),
            WORKSPACE,
        ],
        run: |call| Box::pin(projects::create_project(call)),
    },
    Tool {
        name: "jarga.get_project",
        description: "Shows a project: its name and what it is for.",
        scope: KeyScope::McpGetProject,
        changes: false,
        arguments: &[required("slug", "The slug of the project."), WORKSPACE],
        run: |call| Box::pin(projects::get_project(call)),
    },
    Tool {
        name: "jarga.list_documents",
        description: "Lists the documents of a project or, without one, those of a workspace that are in no project: \
                      the first 1000 of them, pinned ones before all others.",
        scope: KeyScope::McpListDocuments,
        changes: false,
        arguments: &[optional("project_slug", Kind::Text, "The slug of the project."), WORKSPACE],
        run: |call| Box::pin(documents::list_documents(call)),
    },
    Tool {
        name: "jarga.create_document",
        description: "Creates a document in a workspace, and in a project of it if one is named.",
        scope: KeyScope::McpCreateDocument,
        changes: true,
        arguments: &[
            required("title", "What the document is called."),
            optional("content", Kind::Text, "What it says, in Markdown."),
            optional(
                "visibility",
                Kind::Word(&["public", "private"]),
                "Who sees it: every member of the workspace, or you alone, which it is if it is left out.",
            ),
            optional("project_slug", Kind::Text, "The slug of the project."),
            WORKSPACE,
        ],
        run: |call| Box::pin(documents::create_document(call)),
    },
    Tool {
        name: "jarga.get_document",
        description: "Shows a document, and what it says in Markdown.",
        scope: KeyScope::McpGetDocument,
        changes: false,
        arguments: &[required("slug", "The slug of the document."), WORKSPACE],
        run: |call| Box::pin(documents::get_document(call)),
    },
    Tool {
        name: "knowledge.search",
        description: "Finds what a workspace has learnt: entries of knowledge by words, tags and category, at least one of them.",
        scope: KeyScope::McpKnowledgeSearch,
        changes: false,
        arguments: &[
            optional(
                "query",
                Kind::Text,
                "Words: each is the beginning of one in the title, the tags or the body.",
            ),
            optional("tags", Kind::Texts, "Tags that the entry has, all of them."),
            optional("category", CATEGORY, "The category of the entry."),
            optional("limit", Kind::Integer, "How many at most: 1 to 100, 20 if it is left out."),
            WORKSPACE,
        ],
        run: |call| Box::pin(knowledge::search(call)),
    },
    Tool {
        name: "knowledge.get",
        description: "Shows an entry of knowledge: what it says, and how it relates to others.",
        scope: KeyScope::McpKnowledgeGet,
        changes: false,
        arguments: &[required("id", "The id of the entry."), WORKSPACE],
        run: |call| Box::pin(knowledge::get(call)),
    },
    Tool {
        name: "knowledge.traverse",
        description: "Lists the entries of knowledge that are connected to one, the nearest first, and their relationships.",
        scope: KeyScope::McpKnowledgeTraverse,
        changes: false,
        arguments: &[
            required("id", "The id of the entry to begin at."),
            optional("relationship_type", RELATIONSHIP, "Only along relationships of this type."),
            optional(
                "depth",
                Kind::Integer,
                "How many relationships away at most: 1 to 5, 2 if it is left out.",
            ),
            WORKSPACE,
        ],
        run: |call| Box::pin(knowledge::traverse(call)),
    },
    Tool {
        name: "knowledge.create",
        description: "Writes down what was learnt as an entry of knowledge.",
        scope: KeyScope::McpKnowledgeCreate,
        changes: true,
        arguments: &[
            required("title", "What the entry is called: at most 255 characters."),
            required("body", "What it says, in Markdown."),
            Argument { kind: CATEGORY, ..required("category", "What kind of knowledge it is.") },
            optional("tags", Kind::Texts, "What it is found under: at most 20 tags."),
            optional("code_snippets", Kind::Texts, "Code that shows it."),
            optional("file_paths", Kind::Texts, "The files that it is about."),
            optional("external_links", Kind::Texts, "Where else it is written about."),
            optional("last_verified_at", Kind::Text, VERIFIED),
            WORKSPACE,
        ],
        run: |call| Box::pin(knowledge::create(call)),
    },
    Tool {
        name: "knowledge.update",
        description: "Changes an entry of knowledge: what is left out or null stays, and an empty list takes all away.",
        scope: KeyScope::McpKnowledgeUpdate,
        changes: true,
        arguments: &[
            required("id", "The id of the entry."),
            optional("title", Kind::Text, "What the entry is called: at most 255 characters."),
            optional("body", Kind::Text, "What it says, in Markdown."),
            optional("category", CATEGORY, "What kind of knowledge it is."),
            optional("tags", Kind::Texts, "What it is found under: at most 20 tags."),
            optional("code_snippets", Kind::Texts, "Code that shows it."),
            optional("file_paths", Kind::Texts, "The files that it is about."),
            optional("external_links", Kind::Texts, "Where else it is written about."),
            optional("last_verified_at", Kind::Text, VERIFIED),
            WORKSPACE,
        ],
        run: |call| Box::pin(knowledge::update(call)),
    },
    Tool {
        name: "knowledge.relate",
        description: "Says how one entry of knowledge relates to another; what is said already stays as it is.",
        scope: KeyScope::McpKnowledgeRelate,
        changes: true,
        arguments: &[
            required("from_id", "The id of the entry that relates."),
            required("to_id", "The id of the entry that it relates to."),
            Argument { kind: RELATIONSHIP, ..required("relationship_type", "How it relates.") },
            WORKSPACE,
        ],
        run: |call| Box::pin(knowledge::relate(call)),
    },
    Tool {
        name: "tools.search",
        description: "Finds tools by their names and descriptions, and says what they take.",
        scope: KeyScope::McpToolsSearch,
        changes: false,
        arguments: &[
            optional(
                "query",
                Kind::Text,
                "A part of the name or the description; all tools if it is left out.",
            ),
            optional(
                "group_by_provider",
                Kind::Flag,
                "Whether to show them under their providers.",
            ),
        ],
        run: |call| Box::pin(discovery::search(call)),
    },
];

impl Tool {
    /// The tool of this name.
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        TOOLS.iter().find(|tool| tool.name == name)
    }

    /// Who provides it.
    pub(super) fn provider(&self) -> &'static str {
        self.name.split_once('.').map_or(self.name, |(provider, _)| provider)
    }

    /// As clients are told of it.
    pub(super) fn described(&self) -> model::Tool {
        let hints = ToolAnnotations::new().read_only(!self.changes).destructive(false);
        model::Tool::new(self.name, self.description, schema(self.arguments))
            .with_annotations(hints.open_world(false))
    }
}

#[cfg(test)]
mod tests {
    use erm::{Category, RelationType};
    use expect_test::expect_file;

    use super::*;

    #[test]
    fn a_key_needs_the_scope_that_is_called_like_the_tool() {
        for tool in TOOLS {
            assert_eq!(tool.scope.as_str(), format!("mcp:{}", tool.name));
        }
    }

    #[test]
    fn tools_of_a_provider_stand_together_and_none_stands_twice() {
        let mut providers: Vec<_> = TOOLS.iter().map(Tool::provider).collect();
        providers.dedup();
        assert_eq!(providers, ["jarga", "knowledge", "tools"]);
        for tool in TOOLS {
            let same = TOOLS.iter().filter(|other| other.name == tool.name);
            assert_eq!(same.count(), 1, "{}", tool.name);
        }
    }

    #[test]
    fn there_are_the_words_of_knowledge_and_no_others() {
        let words = |kind| match kind {
            Kind::Word(words) => words,
            Kind::Text | Kind::Flag | Kind::Texts | Kind::Integer => &[],
        };
        let categories = Category::ALL.iter().map(|category| category.as_str());
        assert!(categories.eq(words(CATEGORY).iter().copied()));
        let types = RelationType::ALL.iter().map(|one| one.as_str());
        assert!(types.eq(words(RELATIONSHIP).iter().copied()));
    }

    #[test]
    fn clients_are_told_of_every_tool() {
        let described: Vec<_> = TOOLS.iter().map(Tool::described).collect();
        let text = serde_json::to_string_pretty(&described).unwrap();
        expect_file!["tools.json"].assert_eq(&(text + "\n"));
    }
}
