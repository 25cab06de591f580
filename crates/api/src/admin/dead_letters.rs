//! Deliveries that were given up, as operators see them.

use axum::extract::State;
use perme8_events::host::{DeadLetter, DeadLetterDetail, Discard};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use crate::{
    admin::{LIST, Retried, operations},
    body::Body,
    error::ApiError,
    fields::{Fields, FromFields},
    operator::Operator,
    paging::Limit,
    path::{DeadLetterAt, HandlerAt},
    query::Query,
    response::{Data, NoContent},
    state::Api,
};

/// Which dead letters somebody wants to see.
#[derive(Debug)]
pub(crate) struct Which {
    handler: Option<String>,
    limit: u8,
}

impl FromFields for Which {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let handler = fields.optional_text("handler");
        let limit = Limit::of(fields).map_or(LIST, Limit::get);
        Some(Self { handler, limit })
    }
}

/// What should be delivered in the place of an event's data.
#[derive(Debug)]
pub(crate) struct Edit(Box<RawValue>);

impl FromFields for Edit {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let data = fields.value("data")?;
        Some(Self(to_raw_value(&data).expect("a value is JSON")))
    }
}

/// How much should be given up.
#[derive(Debug)]
pub(crate) struct DiscardBody(Discard);

impl FromFields for DiscardBody {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let with_waiting = fields.flag("with_waiting")?;
        Some(Self(if with_waiting { Discard::WithWaiting } else { Discard::Alone }))
    }
}

/// How many will never be delivered.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Discarded {
    discarded: u64,
}

/// `GET /admin/dead-letters`
pub(crate) async fn list(
    State(api): State<Api>,
    _: Operator,
    Query(Which { handler, limit }): Query<Which>,
) -> Result<Data<Vec<DeadLetter>>, ApiError> {
    let letters = operations(&api)?.dead_letters(handler.as_deref(), limit.into()).await?;
    Ok(Data::new(letters))
}

/// `GET /admin/dead-letters/{handler}/{position}`
pub(crate) async fn show(
    State(api): State<Api>,
    _: Operator,
    DeadLetterAt { handler, position }: DeadLetterAt,
) -> Result<Data<DeadLetterDetail>, ApiError> {
    Ok(Data::new(operations(&api)?.dead_letter(&handler, position).await?))
}

/// `POST /admin/dead-letters/{handler}/{position}/retry`
pub(crate) async fn retry(
    State(api): State<Api>,
    Operator(operator): Operator,
    DeadLetterAt { handler, position }: DeadLetterAt,
) -> Result<NoContent, ApiError> {
    operations(&api)?.retry(&operator, &handler, position).await?;
    Ok(NoContent)
}

/// `POST /admin/handlers/{handler}/dead-letters/retry`
pub(crate) async fn retry_all(
    State(api): State<Api>,
    Operator(operator): Operator,
    HandlerAt(handler): HandlerAt,
) -> Result<Data<Retried>, ApiError> {
    let retried = operations(&api)?.retry_all(&operator, &handler).await?;
    Ok(Data::new(Retried { retried }))
}

/// `POST /admin/dead-letters/{handler}/{position}/edit`
pub(crate) async fn edit(
    State(api): State<Api>,
    Operator(operator): Operator,
    DeadLetterAt { handler, position }: DeadLetterAt,
    Body(Edit(data)): Body<Edit>,
) -> Result<NoContent, ApiError> {
    operations(&api)?.edit(&operator, &handler, position, data).await?;
    Ok(NoContent)
}

/// `POST /admin/dead-letters/{handler}/{position}/discard`
pub(crate) async fn discard(
    State(api): State<Api>,
    Operator(operator): Operator,
    DeadLetterAt { handler, position }: DeadLetterAt,
    Body(DiscardBody(discard)): Body<DiscardBody>,
) -> Result<Data<Discarded>, ApiError> {
    let discarded = operations(&api)?.discard(&operator, &handler, position, discard).await?;
    Ok(Data::new(Discarded { discarded }))
}
