//! The tools about documents.

use documents::{CreateDocument, DocumentDetails, DocumentRef, OpenDocument};

use crate::{
    documents::Visibility,
    fields::{Fields, FromFields},
    mcp::{
        call::{Call, Outcome},
        markdown::{Facts, list},
        workspaces::BySlug,
    },
};

/// Whose documents are listed.
struct Listed {
    workspace: Option<String>,
    project: Option<String>,
}

impl FromFields for Listed {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let workspace = fields.optional_text("workspace");
        Some(Self { workspace, project: fields.optional_text("project_slug") })
    }
}

/// What a document begins with.
struct Written {
    workspace: Option<String>,
    title: String,
    content: Option<String>,
    is_public: bool,
    project: Option<String>,
}

impl FromFields for Written {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let workspace = fields.optional_text("workspace");
        let title = fields.text("title");
        let content = fields.optional_text("content");
        // Whatever else it says, nobody wants to be read by everybody who has not said so.
        let is_public = fields.optional_text("visibility").is_some_and(|word| word == "public");
        let project = fields.optional_text("project_slug");
        Some(Self { workspace, title: title?, content, is_public, project })
    }
}

/// `jarga.list_documents`
pub(super) async fn list_documents(mut call: Call) -> Outcome {
    let Listed { workspace, project } = call.take()?;
    let workspace = call.workspace(workspace).await?;
    let documents = &call.api.documents;
    let found =
        documents.document_titles(&call.caller.origin, &workspace, project.as_deref()).await?;
    let named = found.iter().map(|document| (document.title.as_str(), document.slug.as_str()));
    Ok(list("Documents", named))
}

/// `jarga.create_document`
pub(super) async fn create_document(mut call: Call) -> Outcome {
    let Written { workspace, title, content, is_public, project } = call.take()?;
    let workspace = call.workspace(workspace).await?;
    let command = CreateDocument { workspace, project, title, content, is_public };
    let (created, _) = call.api.documents.create_document(call.caller.origin, command).await?;
    Ok(facts("Document created", &created.document).saying(None))
}

/// `jarga.get_document`
pub(super) async fn get_document(mut call: Call) -> Outcome {
    let BySlug { workspace, slug } = call.take()?;
    let document = DocumentRef { workspace: call.workspace(workspace).await?, slug };
    let found = call.api.documents.document(&call.caller.origin, &document).await?;
    let OpenDocument { document, text } = found;
    Ok(facts("Document", &document).saying(text.content.as_deref()))
}

fn facts(title: &str, document: &DocumentDetails) -> Facts {
    let facts = Facts::of(title).named("title", &document.title).word("slug", &document.slug);
    let facts = facts.word("id", &document.id.to_string());
    let facts = facts.word("visibility", Visibility::of(document.is_public).as_str());
    match &document.project_slug {
        Some(project) => facts.word("project", project),
        None => facts,
    }
}
