//! What documents said before.

use axum::extract::State;
use chrono::{DateTime, Utc};
use documents::{RestoreVersion, VersionDetails, VersionDifference, VersionLine, VersionSummary};
use perme8_events::UserId;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    auth::Caller,
    documents::{Document, Reader, WrittenDocument, tag::DocumentSeen},
    error::ApiError,
    fields::{Fields, FromFields},
    path::{DocumentAt, VersionAt},
    query::Query,
    response::Data,
    state::Api,
};

/// A version in a list.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "ListedDocumentVersion")]
pub(crate) struct ListedVersion {
    number: i64,
    content_hash: String,
    authors: Vec<UserId>,
    at: DateTime<Utc>,
}

/// A version with what it says.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "DocumentVersion")]
pub(crate) struct Version {
    #[serde(flatten)]
    listed: ListedVersion,
    content: String,
}

/// What two versions have of each other.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Difference {
    from: Option<i64>,
    to: i64,
    lines: Vec<Line>,
}

/// A line of one version or of both.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Line {
    change: Change,
    parts: Vec<Part>,
}

/// In which of the two it is.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Change {
    Kept,
    Removed,
    Added,
}

/// A piece of a line.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "LinePart")]
pub(crate) struct Part {
    text: String,
    changed: bool,
}

impl From<VersionSummary> for ListedVersion {
    fn from(version: VersionSummary) -> Self {
        let VersionSummary { number, content_hash, authors, at } = version;
        Self { number, content_hash, authors, at }
    }
}

impl From<VersionDetails> for Version {
    fn from(VersionDetails { summary, text }: VersionDetails) -> Self {
        Self { listed: summary.into(), content: text }
    }
}

impl From<VersionDifference> for Difference {
    fn from(VersionDifference { from, to, lines }: VersionDifference) -> Self {
        Self { from, to, lines: lines.into_iter().map(Line::from).collect() }
    }
}

impl From<VersionLine> for Line {
    fn from(line: VersionLine) -> Self {
        let (change, parts) = match line {
            VersionLine::Kept(text) => (Change::Kept, vec![(text, false)]),
            VersionLine::Removed(parts) => (Change::Removed, parts),
            VersionLine::Added(parts) => (Change::Added, parts),
        };
        let part = |(text, changed)| Part { text, changed };
        Self { change, parts: parts.into_iter().map(part).collect() }
    }
}

/// With which version another one is compared.
#[derive(Debug)]
pub(crate) struct Against(Option<i64>);

impl FromFields for Against {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        // What is no number is one that no version has: only whoever sees the document is told so.
        let against = fields.optional_text("against");
        Some(Self(against.map(|text| text.parse().unwrap_or_default())))
    }
}

/// `GET /api/workspaces/{slug}/documents/{document}/versions`
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
    DocumentAt(document): DocumentAt,
) -> Result<Data<Vec<ListedVersion>>, ApiError> {
    let versions = api.documents.versions(&caller.origin, &document).await?;
    Ok(Data::new(versions.into_iter().map(ListedVersion::from).collect()))
}

/// `GET /api/workspaces/{slug}/documents/{document}/versions/{version}`
pub(crate) async fn show(
    State(api): State<Api>,
    caller: Caller,
    VersionAt { document, number }: VersionAt,
) -> Result<Data<Version>, ApiError> {
    let version = api.documents.version(&caller.origin, &document, number).await?;
    Ok(Data::new(version.into()))
}

/// `GET /api/workspaces/{slug}/documents/{document}/versions/{version}/diff`
pub(crate) async fn diff(
    State(api): State<Api>,
    caller: Caller,
    VersionAt { document, number }: VersionAt,
    Query(Against(against)): Query<Against>,
) -> Result<Data<Difference>, ApiError> {
    let origin = &caller.origin;
    let difference = api.documents.version_difference(origin, &document, number, against).await?;
    Ok(Data::new(difference.into()))
}

/// `POST /api/workspaces/{slug}/documents/{document}/versions/{version}/restore`
pub(crate) async fn restore(
    State(api): State<Api>,
    caller: Caller,
    VersionAt { document, number }: VersionAt,
    if_match: DocumentSeen,
) -> Result<WrittenDocument<Document>, ApiError> {
    let command = RestoreVersion { document, number, seen: if_match.seen() };
    let reader = Reader::of(&caller);
    Ok(reader.written(api.documents.restore_version(caller.origin, command).await?))
}
