//! Many entities or edges of a workspace at once.

use std::marker::PhantomData;

use axum::{Json, extract::State, http::StatusCode};
use erm::{
    BulkError, BulkFailure, BulkMode, BulkOutcome, CreateEdges, CreateEntities, DeleteEntities,
    EdgeDetails, EntityDetails, EntityUpdate, ItemError, NewEdge, NewEntity, UpdateEntities,
};
use serde_json::{Value, json};

use super::{
    path::GraphAt,
    sent::{Members, Sent, Wrong},
};
use crate::{
    auth::Caller,
    error::ApiError,
    openapi::{Answers, Media, Sketch},
    response::As,
    state::Api,
};

/// How an operation answers.
struct Manner {
    /// When all went well.
    status: StatusCode,
    /// How many were written.
    count: &'static str,
    /// What is said when there is nothing to do.
    empty: &'static str,
    /// Whether it is also said that none failed, where none may.
    counts_none_failed: bool,
    /// Whether it is refused where some may fail, and all did.
    refuses_none: bool,
}

const CREATED_ENTITIES: Manner = Manner {
    status: StatusCode::CREATED,
    count: "created",
    empty: "empty_entities",
    counts_none_failed: false,
    refuses_none: true,
};

const UPDATED_ENTITIES: Manner =
    Manner { status: StatusCode::OK, count: "updated", refuses_none: false, ..CREATED_ENTITIES };

const DELETED_ENTITIES: Manner = Manner {
    status: StatusCode::OK,
    count: "deleted",
    empty: "empty_ids",
    counts_none_failed: true,
    refuses_none: false,
};

const CREATED_EDGES: Manner =
    Manner { empty: "empty_edges", counts_none_failed: true, ..CREATED_ENTITIES };

/// `POST /api/v1/workspaces/{workspace_id}/entities/bulk`
pub(crate) async fn create_entities(
    State(api): State<Api>,
    caller: Caller,
    GraphAt(workspace): GraphAt,
    sent: Sent,
) -> Result<As<Bulk<EntityDetails, true>>, ApiError> {
    let granted = api.erm.may_write(&caller.origin, &workspace);
    let read = |sent: &mut Members| Sheet::of(sent, &["entities"], new_entity);
    let Sheet { items, mode } = sent.read(read, granted).await?;
    let command = CreateEntities { workspace, items, mode };
    let outcome = api.erm.create_entities(caller.origin, command).await;
    CREATED_ENTITIES.answer(mode, outcome, |done| json!(done))
}

/// `PUT /api/v1/workspaces/{workspace_id}/entities/bulk`
pub(crate) async fn update_entities(
    State(api): State<Api>,
    caller: Caller,
    GraphAt(workspace): GraphAt,
    sent: Sent,
) -> Result<As<Bulk<EntityDetails, false>>, ApiError> {
    let granted = api.erm.may_write(&caller.origin, &workspace);
    let read = |sent: &mut Members| Sheet::of(sent, &["updates", "entities"], update);
    let Sheet { items, mode } = sent.read(read, granted).await?;
    let command = UpdateEntities { workspace, items, mode };
    let outcome = api.erm.update_entities(caller.origin, command).await;
    UPDATED_ENTITIES.answer(mode, outcome, |done| json!(done))
}

/// `DELETE /api/v1/workspaces/{workspace_id}/entities/bulk`
pub(crate) async fn delete_entities(
    State(api): State<Api>,
    caller: Caller,
    GraphAt(workspace): GraphAt,
    sent: Sent,
) -> Result<As<Bulk<Deleted, false>>, ApiError> {
    let granted = api.erm.may_write(&caller.origin, &workspace);
    let read = |sent: &mut Members| Sheet::of(sent, &["ids", "entity_ids"], id);
    let Sheet { items: ids, mode } = sent.read(read, granted).await?;
    let command = DeleteEntities { workspace, ids, mode };
    let outcome = api.erm.delete_entities(caller.origin, command).await;
    DELETED_ENTITIES.answer(mode, outcome, |done| json!({ "deleted_count": done.len() }))
}

/// `POST /api/v1/workspaces/{workspace_id}/edges/bulk`
pub(crate) async fn create_edges(
    State(api): State<Api>,
    caller: Caller,
    GraphAt(workspace): GraphAt,
    sent: Sent,
) -> Result<As<Bulk<EdgeDetails, true>>, ApiError> {
    let granted = api.erm.may_write(&caller.origin, &workspace);
    let read = |sent: &mut Members| Sheet::of(sent, &["edges"], new_edge);
    let Sheet { items, mode } = sent.read(read, granted).await?;
    let command = CreateEdges { workspace, items, mode };
    let outcome = api.erm.create_edges(caller.origin, command).await;
    CREATED_EDGES.answer(mode, outcome, |done| json!(done))
}

fn new_entity(item: Value) -> Result<NewEntity, Wrong> {
    let mut item = Members::of(item)?;
    Ok(NewEntity {
        entity_type: item.text("type")?,
        external_key: item.optional_text("external_key")?,
        properties: item.properties("properties")?,
    })
}

fn update(item: Value) -> Result<EntityUpdate, Wrong> {
    let mut item = Members::of(item)?;
    Ok(EntityUpdate {
        id: item.text("id")?,
        properties: item.properties("properties")?,
        seen: item.version()?,
    })
}

fn id(item: Value) -> Result<String, Wrong> {
    match item {
        Value::String(id) => Ok(id),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            Err(Wrong::of("id", "must be a UUID"))
        }
    }
}

fn new_edge(item: Value) -> Result<NewEdge, Wrong> {
    let mut item = Members::of(item)?;
    Ok(NewEdge {
        edge_type: item.text("type")?,
        source_id: item.text("source_id")?,
        target_id: item.text("target_id")?,
        properties: item.properties("properties")?,
    })
}

/// What is to be written.
struct Sheet<T> {
    /// Each as it was read, or why it could not be.
    items: Vec<Result<T, ItemError>>,
    mode: BulkMode,
}

impl<T> Sheet<T> {
    /// The list that is sent under one of these names.
    fn of(
        sent: &mut Members,
        names: &[&str],
        read: impl Fn(Value) -> Result<T, Wrong>,
    ) -> Result<Self, ApiError> {
        let mode = match sent.take("mode") {
            Some(mode) if mode == "partial" => BulkMode::Partial,
            Some(_) | None => BulkMode::Atomic,
        };
        let list = match sent.take_first(names) {
            Some(Value::Array(list)) => list,
            None => Vec::new(),
            Some(_) => return Err(Wrong::of(names[0], "must be a list").into()),
        };
        let items = list.into_iter().map(|item| read(item).map_err(ItemError::from)).collect();
        Ok(Self { items, mode })
    }
}

/// What became of many: each that was written, as it is now, and why the others were not. `IS_NEW` says of which kind they are.
#[derive(Debug)]
pub(crate) struct Bulk<T, const IS_NEW: bool>(PhantomData<fn() -> T>);

/// How many were deleted.
#[derive(Debug)]
pub(crate) struct Deleted;

/// What is said of those that were written.
pub(crate) trait Written {
    fn schema(on: &mut Sketch<'_>) -> Value;
}

impl Written for EntityDetails {
    fn schema(on: &mut Sketch<'_>) -> Value {
        on.schema::<Vec<Self>>()
    }
}

impl Written for EdgeDetails {
    fn schema(on: &mut Sketch<'_>) -> Value {
        on.schema::<Vec<Self>>()
    }
}

impl Written for Deleted {
    fn schema(_: &mut Sketch<'_>) -> Value {
        let count = json!({ "type": "integer", "minimum": 0 });
        json!({
            "type": "object",
            "required": ["deleted_count"],
            "properties": { "deleted_count": count },
        })
    }
}

impl<T: Written, const IS_NEW: bool> Answers for Bulk<T, IS_NEW> {
    fn sketch(on: &mut Sketch<'_>, _: u16) {
        let (data, errors) = (T::schema(on), on.schema::<Vec<BulkFailure>>());
        let counts = json!({ "type": "object", "additionalProperties": { "type": "integer" } });
        let schema = json!({
            "type": "object",
            "required": ["data", "errors", "meta"],
            "properties": { "data": data, "errors": errors, "meta": counts },
        });
        let whole = if IS_NEW { StatusCode::CREATED } else { StatusCode::OK };
        for status in [whole, StatusCode::MULTI_STATUS] {
            on.answer(status.as_u16(), Media::Json, schema.clone());
        }
    }
}

impl Manner {
    /// What became of the items.
    fn answer<T, B>(
        &self,
        mode: BulkMode,
        outcome: Result<BulkOutcome<T>, BulkError>,
        show: impl FnOnce(&[T]) -> Value,
    ) -> Result<As<B>, ApiError> {
        let BulkOutcome { done, failed } = match outcome {
            Ok(outcome) => outcome,
            Err(BulkError::Empty) => {
                return Err(ApiError::senseless(self.empty, "At least one item must be sent"));
            }
            Err(error) => return Err(error.into()),
        };
        let failures = failed.len();
        if mode == BulkMode::Atomic && failures > 0 {
            return Err(ApiError::wrong(json!(failed)).beside("meta", json!({ self.count: 0 })));
        }
        let mut meta = json!({ self.count: done.len() });
        if self.counts_none_failed || mode == BulkMode::Partial {
            meta["failed"] = failures.into();
        }
        let data = show(&done);
        if done.is_empty() && failures > 0 && self.refuses_none {
            let refused = ApiError::wrong(json!(failed));
            return Err(refused.beside("data", data).beside("meta", meta));
        }
        let is_mixed = failures > 0 && !done.is_empty();
        let status = if is_mixed { StatusCode::MULTI_STATUS } else { self.status };
        let body = json!({ "data": data, "errors": failed, "meta": meta });
        Ok(As::of((status, Json(body))))
    }
}

impl From<Wrong> for ItemError {
    fn from(wrong: Wrong) -> Self {
        let Wrong { field, message } = wrong;
        Self { message: format!("{field} {message}"), field: Some(field), constraint: Some("type") }
    }
}
