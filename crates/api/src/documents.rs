//! The documents of a workspace.

use axum::extract::State;
use chrono::{DateTime, Utc};
use documents::{
    CreateDocument, DocumentDetails, DocumentsPage, ListDocuments, Move, NewContent, OpenDocument,
    PurgeDocument, RestoreDocument, Text, TrashDocument, UpdateDocument, UpdateDocumentError,
};
use identity::{KeyScope, WorkspaceRef};
use perme8_events::{CommitToken, UserId};
use projects::ProjectRef;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    auth::Caller,
    body::{Wish, granted_or},
    committed::Committed,
    documents::tag::{DocumentSeen, TaggedDocument, tagged},
    error::ApiError,
    fields::{Fields, FromFields},
    paging::{self, ForemostPlace, Limit, MOST, Next},
    path::{DocumentAt, ProjectAt, WorkspaceAt},
    query::Query,
    response::{Created, Data, NoContent},
    state::Api,
};

pub(crate) mod questions;
mod tag;
pub(crate) mod versions;

/// Who sees a document.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "DocumentVisibility")]
pub(crate) enum Visibility {
    /// Every member of the workspace.
    Public,
    /// Its owner.
    Private,
}

impl Visibility {
    pub(crate) const fn of(is_public: bool) -> Self {
        if is_public { Self::Public } else { Self::Private }
    }

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Private => "private",
        }
    }
}

/// A document as those see it who have just created it.
#[derive(Serialize, JsonSchema)]
pub(crate) struct NewDocument {
    title: String,
    slug: String,
    visibility: Visibility,
    owner: String,
    workspace_slug: String,
    content_hash: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    project_slug: Option<String>,
}

/// A document as those see it who address it by its slug.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Document {
    title: String,
    slug: String,
    content: Option<String>,
    content_hash: String,
    visibility: Visibility,
    owner: String,
    workspace_slug: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    project_slug: Option<String>,
}

/// A document in a list.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ListedDocument {
    title: String,
    slug: String,
    visibility: Visibility,
    is_pinned: bool,
    owner: String,
    owner_id: UserId,
    workspace_slug: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    project_slug: Option<String>,
    trashed_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    version: i64,
}

/// Whose it is: an address, or an id where the account is gone.
fn owner(document: &DocumentDetails) -> String {
    document.owner_email.clone().unwrap_or_else(|| document.owner_id.to_string())
}

impl From<OpenDocument> for NewDocument {
    fn from(OpenDocument { document, text }: OpenDocument) -> Self {
        Self {
            owner: owner(&document),
            visibility: Visibility::of(document.is_public),
            title: document.title,
            slug: document.slug,
            workspace_slug: document.workspace_slug,
            content_hash: text.content_hash,
            project_slug: document.project_slug,
        }
    }
}

impl From<OpenDocument> for Document {
    fn from(OpenDocument { document, text }: OpenDocument) -> Self {
        let Text { content, content_hash } = text;
        Self {
            owner: owner(&document),
            visibility: Visibility::of(document.is_public),
            title: document.title,
            slug: document.slug,
            content,
            content_hash,
            workspace_slug: document.workspace_slug,
            project_slug: document.project_slug,
        }
    }
}

impl From<DocumentDetails> for ListedDocument {
    fn from(document: DocumentDetails) -> Self {
        let owner = owner(&document);
        let DocumentDetails {
            id: _, // documents are addressed by slug
            workspace_id: _,
            workspace_slug,
            project_slug,
            title,
            slug,
            is_public,
            is_pinned,
            owner_id,
            owner_email: _,
            created_at,
            updated_at,
            trashed_at,
            version,
        } = document;
        Self {
            title,
            slug,
            visibility: Visibility::of(is_public),
            is_pinned,
            owner,
            owner_id,
            workspace_slug,
            project_slug,
            trashed_at,
            created_at,
            updated_at,
            version,
        }
    }
}

/// The body of a creation.
pub(crate) struct Draft {
    title: String,
    content: Option<String>,
    is_public: bool,
    project: Option<String>,
}

impl FromFields for Draft {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let title = fields.text("title");
        let content = fields.optional_text("content");
        let is_public = visibility(fields).unwrap_or_default();
        let project = fields.optional_text("project_slug");
        Some(Self { title: title?, content, is_public, project })
    }
}

/// Whether a document shall be shared, if that is said in a word that means something.
fn visibility(fields: &mut Fields) -> Option<bool> {
    match fields.text_or_nothing("visibility")?.as_str() {
        "public" => Some(true),
        "private" => Some(false),
        _ => None,
    }
}

/// What whoever wants to change needs the right to edit.
const EDITED: [&str; 4] = ["title", "visibility", "project_slug", "content"];

/// The body of a change; what is missing stays.
pub(crate) struct Changed {
    title: Option<String>,
    is_public: Option<bool>,
    is_pinned: Option<bool>,
    project: Option<Move>,
    content: Option<NewContent>,
    version: Option<i64>,
}

impl FromFields for Changed {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let title = fields.text_if_sent("title");
        let is_public = visibility(fields);
        let is_pinned = fields.optional_flag("is_pinned");
        let project = fields
            .is_sent("project_slug")
            .then(|| fields.optional_text("project_slug").map_or(Move::Out, Move::Into));
        let is_written = fields.is_sent("content");
        let text = fields.optional_text("content").unwrap_or_default();
        let seen_hash = fields.optional_text("content_hash");
        let content = is_written.then_some(NewContent { text, seen_hash });
        let version = fields.optional_integer("version");
        Some(Self { title, is_public, is_pinned, project, content, version })
    }
}

impl FromFields for ListDocuments {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let project = fields.optional_text("project");
        let pinned = fields.optional_parsed("pinned", "must be true or false");
        let trashed = fields.optional_parsed("trashed", "must be true or false");
        let limit = Limit::of(fields).map_or(MOST, Limit::get);
        let after = paging::after(fields).map(|place: ForemostPlace| place.into());
        Some(Self { project, pinned, trashed: trashed.unwrap_or_default(), limit, after })
    }
}

/// How a document shall go.
#[derive(Debug)]
pub(crate) struct Going {
    for_good: bool,
}

impl FromFields for Going {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let for_good = fields.optional_parsed("purge", "must be true or false");
        Some(Self { for_good: for_good.unwrap_or_default() })
    }
}

/// Whether the caller may read what documents say: a key that may only write learns but the hash of it.
#[derive(Clone, Copy)]
struct Reader(bool);

impl Reader {
    fn of(caller: &Caller) -> Self {
        Self(caller.may(KeyScope::DocumentsRead))
    }

    fn text(self, Text { content, content_hash }: Text) -> Text {
        Text { content: content.filter(|_| self.0), content_hash }
    }

    /// What a command gives, as the answer to it.
    fn written<T: From<OpenDocument>>(
        self,
        (OpenDocument { document, text }, token): (OpenDocument, CommitToken),
    ) -> WrittenDocument<T> {
        Committed(token, tagged(OpenDocument { document, text: self.text(text) }))
    }
}

/// The answer to who has changed a document.
pub(crate) type WrittenDocument<T> = Committed<TaggedDocument<T>>;

/// `GET /api/workspaces/{slug}/documents`
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
    WorkspaceAt(workspace): WorkspaceAt,
    Query(asked): Query<ListDocuments>,
) -> Result<Data<Vec<ListedDocument>, Next<ForemostPlace>>, ApiError> {
    let page = api.documents.documents(&caller.origin, &workspace, asked).await?;
    let DocumentsPage { documents, next } = page;
    let documents = documents.into_iter().map(ListedDocument::from).collect();
    Ok(Data::with_meta(documents, Next { next: next.map(ForemostPlace::from) }))
}

/// `POST /api/workspaces/{slug}/documents`
pub(crate) async fn create(
    State(api): State<Api>,
    caller: Caller,
    WorkspaceAt(workspace): WorkspaceAt,
    wish: Wish<Draft>,
) -> Result<Created<WrittenDocument<NewDocument>>, ApiError> {
    create_at(&api, caller, workspace, None, wish).await
}

/// `POST /api/workspaces/{slug}/projects/{project}/documents`
pub(crate) async fn create_in_project(
    State(api): State<Api>,
    caller: Caller,
    ProjectAt(ProjectRef { workspace, slug }): ProjectAt,
    wish: Wish<Draft>,
) -> Result<Created<WrittenDocument<NewDocument>>, ApiError> {
    create_at(&api, caller, workspace, Some(slug), wish).await
}

/// What the address names goes before what the body does.
async fn create_at(
    api: &Api,
    caller: Caller,
    workspace: WorkspaceRef,
    project: Option<String>,
    wish: Wish<Draft>,
) -> Result<Created<WrittenDocument<NewDocument>>, ApiError> {
    let granted = api.documents.may_create_document(&caller.origin, &workspace, project.as_deref());
    let Draft { title, content, is_public, project: in_body } = wish.read(granted).await?;
    let project = project.or(in_body);
    let command = CreateDocument { workspace, project, title, content, is_public };
    let reader = Reader::of(&caller);
    let created = api.documents.create_document(caller.origin, command).await?;
    Ok(Created(reader.written(created)))
}

/// `GET /api/workspaces/{slug}/documents/{document}`
pub(crate) async fn show(
    State(api): State<Api>,
    caller: Caller,
    DocumentAt(document): DocumentAt,
) -> Result<TaggedDocument<Document>, ApiError> {
    Ok(tagged(api.documents.document(&caller.origin, &document).await?))
}

/// `PATCH /api/workspaces/{slug}/documents/{document}`
pub(crate) async fn update(
    State(api): State<Api>,
    caller: Caller,
    DocumentAt(document): DocumentAt,
    if_match: DocumentSeen,
    wish: Wish<Changed>,
) -> Result<WrittenDocument<Document>, ApiError> {
    let only_pin = wish.says_any(&["is_pinned"]) && !wish.says_any(&EDITED);
    let granted = api.documents.may_update_document(&caller.origin, &document, only_pin);
    let changed = wish.read(granted).await?;
    let Changed { title, is_public, is_pinned, project, content, version } = changed;
    let seen = if_match.beside(version);
    let command = UpdateDocument { document, title, is_public, is_pinned, project, content, seen };
    let reader = Reader::of(&caller);
    match api.documents.update_document(caller.origin, command).await {
        Ok(updated) => Ok(reader.written(updated)),
        Err(UpdateDocumentError::OtherContent(current)) => {
            let current = Box::new(reader.text(*current));
            Err(UpdateDocumentError::OtherContent(current).into())
        }
        Err(error) => Err(if_match.refusal(error)),
    }
}

/// `POST /api/workspaces/{slug}/documents/{document}/restore`
pub(crate) async fn restore(
    State(api): State<Api>,
    caller: Caller,
    DocumentAt(document): DocumentAt,
    if_match: DocumentSeen,
) -> Result<WrittenDocument<Document>, ApiError> {
    let command = RestoreDocument { document, seen: if_match.seen() };
    let reader = Reader::of(&caller);
    Ok(reader.written(api.documents.restore_document(caller.origin, command).await?))
}

/// `DELETE /api/workspaces/{slug}/documents/{document}`
pub(crate) async fn delete(
    State(api): State<Api>,
    caller: Caller,
    DocumentAt(document): DocumentAt,
    if_match: DocumentSeen,
    going: Result<Query<Going>, ApiError>,
) -> Result<Committed<NoContent>, ApiError> {
    let granted = api.documents.may_delete_document(&caller.origin, &document);
    let Query(Going { for_good }) = granted_or(going, granted).await?;
    let token = if for_good {
        let command = PurgeDocument { document, seen: if_match.seen() };
        api.documents.purge_document(caller.origin, command).await?
    } else {
        let command = TrashDocument { document, seen: if_match.seen() };
        api.documents.trash_document(caller.origin, command).await?
    };
    Ok(Committed(token, NoContent))
}
