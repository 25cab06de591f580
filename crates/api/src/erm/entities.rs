//! The entities of a workspace, one by one.

use axum::extract::State;
use erm::{
    CreateEntity, DeleteEntity, EntityDetails, EntityId, GraphEntity, GraphName, ListEntities,
    MergeEntity, PutEntityByKey, ReplaceEntity, RestoreEntity, RestoredEntity,
};

use super::{
    asked::{Asked, Listing, Part, Wish, admit},
    path::{GraphAt, ItemAt, KeyAt},
    seen,
    sent::Sent,
    shown::{Counted, EdgesDeleted, EdgesRestored, Listed},
};
use crate::{
    auth::Caller,
    body::granted_or,
    error::ApiError,
    etag::{IfMatch, Tag, Tagged},
    response::{Created, Data, Put},
    state::Api,
};

/// `GET /api/v1/workspaces/{workspace_id}/entities`
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
    GraphAt(workspace): GraphAt,
    asked: Asked,
) -> Result<Data<Vec<EntityDetails>, Listed>, ApiError> {
    let granted = api.erm.may_read(&caller.origin, &workspace);
    let (part, wish) = granted_or(listing(&asked), granted).await?;
    match wish {
        Wish::Own(wish) => {
            let page = api.erm.entities(&caller.origin, &workspace, wish).await?;
            Ok(Data::with_meta(page.items, Listed::of(page.total, part, page.next)))
        }
        Wish::Workspace(wish) => {
            admit(&caller, GraphName::Workspace)?;
            let page = api.erm.graph_nodes(&caller.origin, &workspace, &wish).await?;
            Ok(Data::with_meta(page.items, Listed::InParts(Counted::of(page.total, part))))
        }
    }
}

fn listing(asked: &Asked) -> Result<(Part, Wish<ListEntities>), ApiError> {
    let part = asked.part(Listing::Entities)?;
    if asked.graph()? == GraphName::Workspace {
        return Ok((part, Wish::Workspace(asked.projected(part, &["type"])?)));
    }
    let wish = ListEntities {
        entity_type: asked.text("type").map(str::to_owned),
        filters: asked.filters(),
        sort: asked.text("sort").map(str::to_owned),
        include_deleted: asked.is_true("include_deleted"),
        limit: part.limit.get(),
        place: asked.place(part)?,
    };
    Ok((part, Wish::Own(wish)))
}

/// `POST /api/v1/workspaces/{workspace_id}/entities`
pub(crate) async fn create(
    State(api): State<Api>,
    caller: Caller,
    GraphAt(workspace): GraphAt,
    sent: Sent,
) -> Result<Created<Tagged<Data<EntityDetails>>>, ApiError> {
    let granted = api.erm.may_write(&caller.origin, &workspace);
    let said = sent.read(
        |sent| {
            let entity_type = sent.text("type")?;
            Ok((entity_type, sent.optional_text("external_key")?, sent.properties("properties")?))
        },
        granted,
    );
    let (entity_type, external_key, properties) = said.await?;
    let command = CreateEntity { workspace, entity_type, external_key, properties };
    let created = api.erm.create_entity(caller.origin, command).await?;
    Ok(Created(tagged(created)))
}

/// `GET /api/v1/workspaces/{workspace_id}/entities/{id}`
pub(crate) async fn show(
    State(api): State<Api>,
    caller: Caller,
    ItemAt { workspace, id }: ItemAt<GraphEntity>,
    asked: Asked,
) -> Result<Tagged<Data<EntityDetails>>, ApiError> {
    let granted = api.erm.may_read(&caller.origin, &workspace);
    let asked_for = id.ok_or(ApiError::no_entity_id()).and_then(|id| Ok((id, asked.graph()?)));
    let (id, graph) = granted_or(asked_for, granted).await?;
    let found = match admit(&caller, graph)? {
        GraphName::Own => {
            let include_deleted = asked.is_true("include_deleted");
            api.erm.entity(&caller.origin, &workspace, id, include_deleted).await?
        }
        GraphName::Workspace => {
            let found = api.erm.graph_node(&caller.origin, &workspace, id).await?;
            found.ok_or(ApiError::item_not_found())?
        }
    };
    Ok(tagged(found))
}

/// `PUT /api/v1/workspaces/{workspace_id}/entities/{id}`
pub(crate) async fn replace(
    State(api): State<Api>,
    caller: Caller,
    ItemAt { workspace, id }: ItemAt<GraphEntity>,
    if_match: IfMatch,
    sent: Sent,
) -> Result<Tagged<Data<EntityDetails>>, ApiError> {
    let granted = api.erm.may_write(&caller.origin, &workspace);
    let (id, properties, version) = sent.read(|sent| sent.change_of(id), granted).await?;
    let seen = seen(if_match, version, id);
    let command = ReplaceEntity { workspace, id, properties, seen };
    let replaced = api.erm.replace_entity(caller.origin, command).await;
    replaced.map(tagged).map_err(|error| if_match.refusal(error))
}

/// `POST /api/v1/workspaces/{workspace_id}/entities/{id}/merge`
pub(crate) async fn merge(
    State(api): State<Api>,
    caller: Caller,
    ItemAt { workspace, id }: ItemAt<GraphEntity>,
    if_match: IfMatch,
    sent: Sent,
) -> Result<Tagged<Data<EntityDetails>>, ApiError> {
    let granted = api.erm.may_write(&caller.origin, &workspace);
    let (id, patch, version) = sent.read(|sent| sent.change_of(id), granted).await?;
    let seen = seen(if_match, version, id);
    let merged =
        api.erm.merge_entity(caller.origin, MergeEntity { workspace, id, patch, seen }).await;
    merged.map(tagged).map_err(|error| if_match.refusal(error))
}

/// `DELETE /api/v1/workspaces/{workspace_id}/entities/{id}`
pub(crate) async fn delete(
    State(api): State<Api>,
    caller: Caller,
    ItemAt { workspace, id }: ItemAt<GraphEntity>,
    if_match: IfMatch,
) -> Result<Data<EntityDetails, EdgesDeleted>, ApiError> {
    let granted = api.erm.may_write(&caller.origin, &workspace);
    let id = granted_or(written(id), granted).await?;
    let seen = seen(if_match, None, id);
    let deleted = api.erm.delete_entity(caller.origin, DeleteEntity { workspace, id, seen }).await;
    let (entity, edges_deleted) = deleted.map_err(|error| if_match.refusal(error))?;
    Ok(Data::with_meta(entity, EdgesDeleted { edges_deleted }))
}

/// `POST /api/v1/workspaces/{workspace_id}/entities/{id}/restore`
pub(crate) async fn restore(
    State(api): State<Api>,
    caller: Caller,
    ItemAt { workspace, id }: ItemAt<GraphEntity>,
    if_match: IfMatch,
) -> Result<Tagged<Data<EntityDetails, EdgesRestored>>, ApiError> {
    let granted = api.erm.may_write(&caller.origin, &workspace);
    let id = granted_or(written(id), granted).await?;
    let command = RestoreEntity { workspace, id, seen: seen(if_match, None, id) };
    let restored = api.erm.restore_entity(caller.origin, command).await;
    let restored = restored.map_err(|error| if_match.refusal(error))?;
    let RestoredEntity { entity, edges_restored, has_more_edges } = restored;
    let tag = Tag::of(entity.id, entity.version);
    Ok(Tagged(tag, Data::with_meta(entity, EdgesRestored { edges_restored, has_more_edges })))
}

/// `PUT /api/v1/workspaces/{workspace_id}/entities/by-key/{type}/{key}`
pub(crate) async fn put_by_key(
    State(api): State<Api>,
    caller: Caller,
    KeyAt { workspace, entity_type, external_key }: KeyAt,
    if_match: IfMatch,
    sent: Sent,
) -> Result<Put<Tagged<Data<EntityDetails>>>, ApiError> {
    let granted = api.erm.may_write(&caller.origin, &workspace);
    let said = sent.read(|sent| Ok((sent.properties("properties")?, sent.version()?)), granted);
    let (properties, version) = said.await?;
    let seen = if_match.beside(version);
    let command = PutEntityByKey { workspace, entity_type, external_key, properties, seen };
    let put = api.erm.put_entity_by_key(caller.origin, command).await;
    let (entity, is_new) = put.map_err(|error| if_match.refusal(error))?;
    Ok(Put { is_new, shown: tagged(entity) })
}

/// The id of what is to be written.
fn written(id: Option<EntityId>) -> Result<EntityId, ApiError> {
    id.ok_or_else(|| ApiError::wrong_because("id must be a UUID"))
}

fn tagged(entity: EntityDetails) -> Tagged<Data<EntityDetails>> {
    Tagged(Tag::of(entity.id, entity.version), Data::new(entity))
}
