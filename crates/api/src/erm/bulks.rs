//! Many entities or edges of a workspace at once.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use erm::{
    BulkFailure, BulkMode, BulkOutcome, CreateEdges, CreateEntities, DeleteEntities, EntityUpdate,
    ItemError, NewEdge, NewEntity, UpdateEntities,
};
use serde_json::{Value, json};

use super::{
    path::GraphAt,
    sent::{Members, Sent, Wrong},
};
use crate::{auth::Caller, error::ApiError, state::Api};

/// At most so many are written at once.
const MOST: usize = 1000;

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
}

const CREATED_ENTITIES: Manner = Manner {
    status: StatusCode::CREATED,
    count: "created",
    empty: "empty_entities",
    counts_none_failed: false,
};

const UPDATED_ENTITIES: Manner =
    Manner { status: StatusCode::OK, count: "updated", ..CREATED_ENTITIES };

const DELETED_ENTITIES: Manner = Manner {
    status: StatusCode::OK,
    count: "deleted",
    empty: "empty_ids",
    counts_none_failed: true,
};

const CREATED_EDGES: Manner =
    Manner { empty: "empty_edges", counts_none_failed: true, ..CREATED_ENTITIES };

/// `POST /api/v1/workspaces/{workspace_id}/entities/bulk`
pub(crate) async fn create_entities(
    State(api): State<Api>,
    caller: Caller,
    GraphAt(workspace): GraphAt,
    sent: Sent,
) -> Result<Response, ApiError> {
    let granted = api.erm.may_write(&caller.origin, &workspace);
    let manner = &CREATED_ENTITIES;
    let read = |sent: &mut Members| Sheet::of(sent, manner, &["entities"], new_entity);
    let Sheet { items, rest } = sent.read(read, granted).await?;
    let command = CreateEntities { workspace, items, mode: rest.mode };
    let outcome = api.erm.create_entities(caller.origin, command).await?;
    rest.answer(manner, outcome, |done| json!(done))
}

/// `PUT /api/v1/workspaces/{workspace_id}/entities/bulk`
pub(crate) async fn update_entities(
    State(api): State<Api>,
    caller: Caller,
    GraphAt(workspace): GraphAt,
    sent: Sent,
) -> Result<Response, ApiError> {
    let granted = api.erm.may_write(&caller.origin, &workspace);
    let manner = &UPDATED_ENTITIES;
    let read = |sent: &mut Members| Sheet::of(sent, manner, &["updates", "entities"], update);
    let Sheet { items, rest } = sent.read(read, granted).await?;
    let command = UpdateEntities { workspace, items, mode: rest.mode };
    let outcome = api.erm.update_entities(caller.origin, command).await?;
    rest.answer(manner, outcome, |done| json!(done))
}

/// `DELETE /api/v1/workspaces/{workspace_id}/entities/bulk`
pub(crate) async fn delete_entities(
    State(api): State<Api>,
    caller: Caller,
    GraphAt(workspace): GraphAt,
    sent: Sent,
) -> Result<Response, ApiError> {
    let granted = api.erm.may_write(&caller.origin, &workspace);
    let manner = &DELETED_ENTITIES;
    let read = |sent: &mut Members| Sheet::of(sent, manner, &["ids", "entity_ids"], id);
    let Sheet { items: ids, rest } = sent.read(read, granted).await?;
    let command = DeleteEntities { workspace, ids, mode: rest.mode };
    let outcome = api.erm.delete_entities(caller.origin, command).await?;
    rest.answer(manner, outcome, |done| json!({ "deleted_count": done.len() }))
}

/// `POST /api/v1/workspaces/{workspace_id}/edges/bulk`
pub(crate) async fn create_edges(
    State(api): State<Api>,
    caller: Caller,
    GraphAt(workspace): GraphAt,
    sent: Sent,
) -> Result<Response, ApiError> {
    let granted = api.erm.may_write(&caller.origin, &workspace);
    let manner = &CREATED_EDGES;
    let read = |sent: &mut Members| Sheet::of(sent, manner, &["edges"], new_edge);
    let Sheet { items, rest } = sent.read(read, granted).await?;
    let command = CreateEdges { workspace, items, mode: rest.mode };
    let outcome = api.erm.create_edges(caller.origin, command).await?;
    rest.answer(manner, outcome, |done| json!(done))
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
    Ok(EntityUpdate { id: item.text("id")?, properties: item.properties("properties")? })
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

/// What is to be written, as far as it could be read.
struct Sheet<T> {
    /// At least one.
    items: Vec<T>,
    rest: Rest,
}

/// What there is to say beside what becomes of the items.
struct Rest {
    mode: BulkMode,
    /// Which places the items had.
    places: Vec<usize>,
    /// Those that could not be read.
    failed: Vec<BulkFailure>,
}

impl<T> Sheet<T> {
    /// The list that is sent under one of these names.
    fn of(
        sent: &mut Members,
        manner: &Manner,
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
        match list.len() {
            0 => return Err(ApiError::senseless(manner.empty, "At least one item must be sent")),
            1..=MOST => {}
            _ => {
                return Err(ApiError::not_understood(format!(
                    "At most {MOST} items are written at once"
                )));
            }
        }
        let (mut items, mut places, mut failed) = (Vec::new(), Vec::new(), Vec::new());
        for (index, item) in list.into_iter().enumerate() {
            match read(item) {
                Ok(item) => {
                    items.push(item);
                    places.push(index);
                }
                Err(wrong) => failed.push(BulkFailure { index, errors: vec![wrong.into()] }),
            }
        }
        let rest = Rest { mode, places, failed };
        let is_hopeless = items.is_empty() || (mode == BulkMode::Atomic && !rest.failed.is_empty());
        if is_hopeless { Err(rest.refusal(manner)) } else { Ok(Self { items, rest }) }
    }
}

impl Rest {
    /// What became of the items, and of what could not be read.
    fn answer<T>(
        mut self,
        manner: &Manner,
        outcome: BulkOutcome<T>,
        show: impl FnOnce(&[T]) -> Value,
    ) -> Result<Response, ApiError> {
        let BulkOutcome { done, failed } = outcome;
        let placed = failed.into_iter().map(|BulkFailure { index, errors }| {
            let index = self.places.get(index).copied().unwrap_or(index);
            BulkFailure { index, errors }
        });
        self.failed.extend(placed);
        self.failed.sort_by_key(|failure| failure.index);
        let failures = self.failed.len();
        if done.is_empty() && failures > 0 {
            return Err(self.refusal(manner));
        }
        let mut meta = json!({ manner.count: done.len() });
        if manner.counts_none_failed || self.mode == BulkMode::Partial {
            meta["failed"] = failures.into();
        }
        let status = if failures == 0 { manner.status } else { StatusCode::MULTI_STATUS };
        let body = json!({ "data": show(&done), "errors": self.failed, "meta": meta });
        Ok((status, Json(body)).into_response())
    }

    /// Nothing was written.
    fn refusal(&self, manner: &Manner) -> ApiError {
        let refused = ApiError::wrong(json!(self.failed));
        match self.mode {
            BulkMode::Atomic => refused.beside("meta", json!({ manner.count: 0 })),
            BulkMode::Partial => refused
                .beside("data", json!([]))
                .beside("meta", json!({ manner.count: 0, "failed": self.failed.len() })),
        }
    }
}

impl From<Wrong> for ItemError {
    fn from(wrong: Wrong) -> Self {
        let Wrong { field, message } = wrong;
        Self { message: format!("{field} {message}"), field: Some(field), constraint: Some("type") }
    }
}
