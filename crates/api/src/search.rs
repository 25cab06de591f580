//! Searching the documents of a workspace.

use axum::extract::State;
use documents::{Excerpt, FoundDocument, FoundPage, SearchDocuments, SearchIndex};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    auth::Caller,
    committed::Since,
    documents::ListedDocument,
    error::ApiError,
    fields::{Fields, FromFields},
    paging::{self, ForemostPlace, Limit, Next},
    path::WorkspaceAt,
    query::Query,
    response::Data,
    state::Api,
};

/// So many documents make a page, if nobody says how many.
const USUAL: u8 = 20;

/// A document that was found.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "FoundDocument")]
pub(crate) struct Found {
    #[serde(flatten)]
    document: ListedDocument,
    title_matches: Vec<(usize, usize)>,
    excerpt: Excerpt,
}

impl From<FoundDocument> for Found {
    fn from(FoundDocument { document, title, text }: FoundDocument) -> Self {
        Self { document: document.into(), title_matches: title.matches, excerpt: text }
    }
}

impl FromFields for SearchDocuments {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        // What is wrong with no words at all is for the search to say.
        let words = fields.optional_text("q").unwrap_or_default();
        let limit = Limit::of(fields).map_or(USUAL, Limit::get);
        let after = paging::after(fields).map(|place: ForemostPlace| place.into());
        Some(Self { words, limit, after })
    }
}

/// `GET /api/workspaces/{slug}/search`
pub(crate) async fn search(
    State(api): State<Api>,
    caller: Caller,
    WorkspaceAt(workspace): WorkspaceAt,
    since: Result<Since, ApiError>,
    asked: Result<Query<SearchDocuments>, ApiError>,
) -> Result<Data<Vec<Found>, Next<ForemostPlace>>, ApiError> {
    // Strangers neither learn what is wrong nor wait.
    api.documents.may_search(&caller.origin, &workspace).await?;
    let Query(asked) = asked?;
    since?.is_in(SearchIndex::NAME, &api).await?;
    let FoundPage { found, next } = api.documents.search(&caller.origin, &workspace, asked).await?;
    let found = found.into_iter().map(Found::from).collect();
    Ok(Data::with_meta(found, Next { next: next.map(ForemostPlace::from) }))
}
