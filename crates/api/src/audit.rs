//! The audit trail of a workspace: in pages, or as a file.

use std::{convert::Infallible, io, str::FromStr, sync::Arc};

use axum::{
    body::{Body, Bytes},
    extract::{FromRequestParts, State},
    http::{
        HeaderMap, HeaderValue,
        header::{ACCEPT, CONTENT_DISPOSITION, CONTENT_TYPE},
        request::Parts,
    },
    response::{IntoResponse as _, Response},
};
use futures_util::{StreamExt as _, stream};
use perme8_events::Position;

use crate::{
    audit_trail::{
        AuditEntry, AuditPage, AuditReader, AuditTrail, AuditTrailError,
        filter::{
            AuditActorWord, AuditAggregate, AuditAggregateId, AuditAggregateType, AuditEventType,
            AuditFilter,
        },
        format::AuditFormat,
    },
    auth::Caller,
    error::ApiError,
    fields::{Fields, FromFields},
    paging::{self, Limit, Next},
    path::WorkspaceAt,
    query::Query,
    reach,
    response::{As, Csv, Data, Either, JsonLines},
    state::Api,
    streams,
    timestamp::Timestamp,
};

/// A page holds so many entries where the client does not say.
const PAGE: u32 = 100;
/// So many entries of an export are in memory at a time.
const PART: u32 = 500;

/// What a client wants to see of the trail.
#[derive(Debug)]
pub(crate) struct Asked {
    filter: AuditFilter,
    after: Option<Position>,
    limit: Option<Limit>,
    form: Option<Form>,
}

/// The form of the answer.
#[derive(Clone, Copy, Debug)]
enum Form {
    Pages,
    File(AuditFormat),
}

impl FromFields for AuditFilter {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let has_type = fields.has("aggregate_type");
        let aggregate_type = fields.optional_parsed("aggregate_type", AuditAggregateType::EXPECTED);
        let aggregate_id = fields.optional_parsed("aggregate_id", AuditAggregateId::EXPECTED);
        let aggregate = match (aggregate_type, aggregate_id) {
            (Some(aggregate_type), aggregate_id) => {
                Some(AuditAggregate { aggregate_type, aggregate_id })
            }
            (None, Some(_)) if !has_type => {
                fields.note("aggregate_id", "needs aggregate_type beside it")
            }
            (None, _) => None,
        };
        let (from, to) = (
            fields.optional_parsed("from", Timestamp::EXPECTED),
            fields.optional_parsed("to", Timestamp::EXPECTED),
        );
        if let (Some(from), Some(to)) = (from, to)
            && Timestamp::get(from) >= Timestamp::get(to)
        {
            fields.note::<()>("to", "must be later than from");
        }
        Some(Self {
            event_type: fields.optional_parsed("type", AuditEventType::EXPECTED),
            aggregate,
            actor: fields.optional_parsed("actor", AuditActorWord::EXPECTED),
            correlation: fields.optional_parsed("correlation", "must be a correlation id"),
            from,
            to,
        })
    }
}

impl FromFields for Asked {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let filter = AuditFilter::from_fields(fields);
        let after = paging::after(fields).map(|Behind(position)| position);
        let limit = Limit::of(fields);
        let form = fields.optional_parsed("format", "must be json, csv or jsonl");
        Some(Self { filter: filter?, after, limit, form })
    }
}

/// The place of an entry in the list is that of its event in the log.
#[derive(Debug)]
struct Behind(Position);

impl FromStr for Behind {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        streams::position(text).map(Self).map_err(drop)
    }
}

impl FromStr for Form {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "json" => Ok(Self::Pages),
            "csv" => Ok(Self::File(AuditFormat::Csv)),
            "jsonl" => Ok(Self::File(AuditFormat::JsonLines)),
            _ => Err(()),
        }
    }
}

impl Form {
    /// The first form that a client accepts of those that there are.
    fn accepted(headers: &HeaderMap) -> Self {
        let values = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let mut ranges = values.flat_map(|value| value.split(','));
        let named = ranges.find_map(|range| {
            let media_type = range.split(';').next()?.trim();
            match media_type.to_ascii_lowercase().as_str() {
                "application/json" | "application/*" | "*/*" => Some(Self::Pages),
                "text/csv" => Some(Self::File(AuditFormat::Csv)),
                "application/x-ndjson" => Some(Self::File(AuditFormat::JsonLines)),
                _ => None,
            }
        });
        named.unwrap_or(Self::Pages)
    }
}

/// What a client takes; looked at where the query does not say it.
#[derive(Debug)]
pub(crate) struct Accepted(HeaderMap);

impl<S: Sync> FromRequestParts<S> for Accepted {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.headers.clone()))
    }
}

/// Entries, as the client takes them.
type Entries = As<Either<Data<Vec<AuditEntry>, Next<Position>>, Either<Csv, JsonLines>>>;

/// `GET /api/workspaces/{slug}/events`
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
    WorkspaceAt(workspace): WorkspaceAt,
    Query(asked): Query<Asked>,
    Accepted(headers): Accepted,
) -> Result<Entries, ApiError> {
    let workspace = api.identity.workspace(&caller.origin, &workspace).await?;
    let reader = AuditReader::Member { user: caller.user.id, workspace: workspace.id };
    let Asked { filter, after, limit, form } = asked;
    match form.unwrap_or_else(|| Form::accepted(&headers)) {
        Form::Pages => {
            let limit = limit.map_or(PAGE, |limit| limit.get().into());
            let AuditPage { entries, next } =
                page(&*api.audit_trail, reader, &filter, after, limit).await?;
            Ok(As::of(Data::with_meta(entries, Next { next })))
        }
        Form::File(_) if limit.is_some() => {
            Err(ApiError::invalid_field("limit", "is for pages: a file has every entry"))
        }
        Form::File(format) => {
            let export = Export { trail: api.audit_trail, reader, filter, format };
            export.respond(&workspace.slug, after).await.map(As::of)
        }
    }
}

/// A part of the trail, in which members read of what is told in several workspaces that it is told in theirs.
async fn page(
    trail: &dyn AuditTrail,
    reader: AuditReader,
    filter: &AuditFilter,
    after: Option<Position>,
    limit: u32,
) -> Result<AuditPage, AuditTrailError> {
    let mut page = trail.page(reader, filter, after, limit).await?;
    if let AuditReader::Member { workspace, .. } = reader {
        for entry in page.entries.iter_mut().filter(|entry| entry.workspace_id.is_none()) {
            entry.audience = reach::within(&entry.audience, |id| id == workspace);
        }
    }
    Ok(page)
}

/// A file in the making.
struct Export {
    trail: Arc<dyn AuditTrail>,
    reader: AuditReader,
    filter: AuditFilter,
    format: AuditFormat,
}

impl Export {
    /// Reads the first part before it promises anything, and the others as the client takes them.
    async fn respond(self, slug: &str, after: Option<Position>) -> Result<Response, ApiError> {
        let format = self.format;
        let first = self.part(after).await?;
        let mut begin = format.head();
        begin.extend(format.lines(&first.entries));
        let rest = stream::try_unfold((self, first.next), |(export, next)| async move {
            let Some(next) = next else { return Ok(None) };
            let AuditPage { entries, next } =
                export.part(Some(next)).await.map_err(|error| broken_off(&error))?;
            let lines = Bytes::from(export.format.lines(&entries));
            Ok(Some((lines, (export, next))))
        });
        let begin = stream::once(async move { Ok::<_, io::Error>(Bytes::from(begin)) });
        let name = format!("attachment; filename=\"{slug}-events.{}\"", format.extension());
        let headers = [
            (CONTENT_TYPE, HeaderValue::from_static(format.media_type())),
            (CONTENT_DISPOSITION, HeaderValue::try_from(name).expect("slugs are visible ASCII")),
        ];
        let body = Body::from_stream(begin.chain(rest));
        Ok((headers, body).into_response())
    }

    async fn part(&self, after: Option<Position>) -> Result<AuditPage, AuditTrailError> {
        page(&*self.trail, self.reader, &self.filter, after, PART).await
    }
}

/// An error in a body ends the connection, so that nobody takes half of a file for the whole.
fn broken_off(error: &AuditTrailError) -> io::Error {
    match error {
        AuditTrailError::NotFound => tracing::info!("an export ended with the membership"),
        AuditTrailError::Storage(error) => {
            tracing::error!(error = error as &dyn std::error::Error, "an export broke off");
        }
    }
    io::Error::other("the export broke off")
}
