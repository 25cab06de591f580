//! The durable handlers, as operators see them.

use axum::extract::State;
use chrono::{DateTime, Utc};
use perme8_events::{
    Position,
    host::{HandlerStatus, Rebuild, Replay, Replayed, Rewind, Rewound},
};

use crate::{
    admin::{Changed, operations},
    body::Body,
    error::ApiError,
    fields::{Fields, FromFields},
    operator::Operator,
    path::HandlerAt,
    response::Data,
    state::Api,
};

/// Where a handler should go back to.
#[derive(Debug)]
pub(crate) struct RewindBody {
    to: Rewind,
    with_effects: bool,
}

impl FromFields for RewindBody {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (is_position, is_time) = (fields.has("to_position"), fields.has("to_time"));
        let position = fields.optional_integer("to_position").map(Position::new);
        let time: Option<DateTime<Utc>> =
            fields.optional_parsed("to_time", "must be a time, e.g. 2026-01-05T09:00:00Z");
        let with_effects = fields.flag("with_effects");
        let to = match (position, time) {
            _ if is_position && is_time => {
                fields.note("to_time", "cannot stand beside to_position")
            }
            (Some(position), _) => Some(Rewind::ToPosition(position)),
            (None, Some(time)) => Some(Rewind::ToTime(time)),
            (None, None) if !is_position && !is_time => {
                fields.note("to_position", "or to_time must be there")
            }
            (None, None) => None,
        };
        Some(Self { to: to?, with_effects: with_effects? })
    }
}

/// Which events should be delivered again.
#[derive(Debug)]
pub(crate) struct ReplayBody(Replay);

impl FromFields for ReplayBody {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let aggregate_type = fields.text("aggregate_type");
        let aggregate_id = fields.text("aggregate_id");
        let with_effects = fields.flag("with_effects");
        Some(Self(Replay {
            aggregate_type: aggregate_type?,
            aggregate_id: aggregate_id?,
            with_effects: with_effects?,
        }))
    }
}

/// `GET /admin/handlers`
pub(crate) async fn list(
    State(api): State<Api>,
    _: Operator,
) -> Result<Data<Vec<HandlerStatus>>, ApiError> {
    Ok(Data::new(operations(&api)?.handlers().await?))
}

/// `GET /admin/handlers/{handler}`
pub(crate) async fn show(
    State(api): State<Api>,
    _: Operator,
    HandlerAt(handler): HandlerAt,
) -> Result<Data<HandlerStatus>, ApiError> {
    Ok(Data::new(operations(&api)?.status(&handler).await?))
}

/// `POST /admin/handlers/{handler}/pause`
pub(crate) async fn pause(
    State(api): State<Api>,
    Operator(operator): Operator,
    HandlerAt(handler): HandlerAt,
) -> Result<Data<Changed>, ApiError> {
    let changed = operations(&api)?.pause(&operator, &handler).await?;
    Ok(Data::new(Changed { changed }))
}

/// `POST /admin/handlers/{handler}/resume`
pub(crate) async fn resume(
    State(api): State<Api>,
    Operator(operator): Operator,
    HandlerAt(handler): HandlerAt,
) -> Result<Data<Changed>, ApiError> {
    let changed = operations(&api)?.resume(&operator, &handler).await?;
    Ok(Data::new(Changed { changed }))
}

/// `POST /admin/handlers/{handler}/rewind`
pub(crate) async fn rewind(
    State(api): State<Api>,
    Operator(operator): Operator,
    HandlerAt(handler): HandlerAt,
    Body(RewindBody { to, with_effects }): Body<RewindBody>,
) -> Result<Data<Rewound>, ApiError> {
    Ok(Data::new(operations(&api)?.rewind(&operator, &handler, to, with_effects).await?))
}

/// `POST /admin/handlers/{handler}/replay`
pub(crate) async fn replay(
    State(api): State<Api>,
    Operator(operator): Operator,
    HandlerAt(handler): HandlerAt,
    Body(ReplayBody(replay)): Body<ReplayBody>,
) -> Result<Data<Replayed>, ApiError> {
    Ok(Data::new(operations(&api)?.replay(&operator, &handler, &replay).await?))
}

/// `GET /admin/handlers/{handler}/rebuild`
pub(crate) async fn rebuilding(
    State(api): State<Api>,
    _: Operator,
    HandlerAt(handler): HandlerAt,
) -> Result<Data<Rebuild>, ApiError> {
    Ok(Data::new(operations(&api)?.rebuild_status(&handler).await?))
}

/// `POST /admin/handlers/{handler}/rebuild`
pub(crate) async fn rebuild(
    State(api): State<Api>,
    Operator(operator): Operator,
    HandlerAt(handler): HandlerAt,
) -> Result<Data<Rebuild>, ApiError> {
    Ok(Data::new(operations(&api)?.rebuild(&operator, &handler).await?))
}

/// `DELETE /admin/handlers/{handler}/rebuild`
pub(crate) async fn cancel_rebuild(
    State(api): State<Api>,
    Operator(operator): Operator,
    HandlerAt(handler): HandlerAt,
) -> Result<Data<Rebuild>, ApiError> {
    Ok(Data::new(operations(&api)?.cancel_rebuild(&operator, &handler).await?))
}
