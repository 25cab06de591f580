//! The edges of a workspace, one by one.

use axum::extract::State;
use erm::{
    CreateEdge, DeleteEdge, EdgeDetails, EdgeId, EntityId, GraphEdge, GraphName, ListEdges,
    MergeEdge, ReplaceEdge, RestoreEdge,
};

use super::{
    asked::{Asked, Listing, Part, Wish, admit},
    path::{GraphAt, ItemAt},
    seen,
    sent::Sent,
    shown::{Counted, Listed},
};
use crate::{
    auth::Caller,
    body::granted_or,
    error::ApiError,
    etag::{IfMatch, Tag, Tagged},
    response::{Created, Data},
    state::Api,
};

/// `GET /api/v1/workspaces/{workspace_id}/edges`
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
    GraphAt(workspace): GraphAt,
    asked: Asked,
) -> Result<Data<Vec<EdgeDetails>, Listed>, ApiError> {
    let granted = api.erm.may_read(&caller.origin, &workspace);
    let (part, wish) = granted_or(listing(&asked), granted).await?;
    match wish {
        Wish::Own(wish) => {
            let page = api.erm.edges(&caller.origin, &workspace, wish).await?;
            Ok(Data::with_meta(page.items, Listed::of(page.total, part, page.next)))
        }
        Wish::Workspace(wish) => {
            admit(&caller, GraphName::Workspace)?;
            let page = api.erm.graph_edges(&caller.origin, &workspace, &wish).await?;
            Ok(Data::with_meta(page.items, Listed::InParts(Counted::of(page.total, part))))
        }
    }
}

/// The parameters that may say of which type edges are.
const TYPE: &[&str] = &["type", "edge_type"];

fn listing(asked: &Asked) -> Result<(Part, Wish<ListEdges>), ApiError> {
    let part = asked.part(Listing::Edges)?;
    if asked.graph()? == GraphName::Workspace {
        return Ok((part, Wish::Workspace(asked.projected(part, TYPE)?)));
    }
    let wish = ListEdges {
        edge_type: asked.first_of(TYPE).map(str::to_owned),
        source_id: end(asked, "source_id")?,
        target_id: end(asked, "target_id")?,
        filters: asked.filters(),
        sort: asked.text("sort").map(str::to_owned),
        include_deleted: asked.is_true("include_deleted"),
        limit: part.limit.get(),
        place: asked.place(part)?,
    };
    Ok((part, Wish::Own(wish)))
}

/// The entity at one end of the edges that are asked for.
fn end(asked: &Asked, name: &str) -> Result<Option<EntityId>, ApiError> {
    let end = asked.text(name).map(erm::parse_id);
    end.map(|id| id.ok_or_else(|| ApiError::wrong_field(name, &format!("{name} must be a UUID"))))
        .transpose()
}

/// `POST /api/v1/workspaces/{workspace_id}/edges`
pub(crate) async fn create(
    State(api): State<Api>,
    caller: Caller,
    GraphAt(workspace): GraphAt,
    sent: Sent,
) -> Result<Created<Tagged<Data<EdgeDetails>>>, ApiError> {
    let granted = api.erm.may_write(&caller.origin, &workspace);
    let said = sent.read(
        |sent| {
            let (edge_type, source_id) = (sent.text("type")?, sent.id("source_id")?);
            Ok((edge_type, source_id, sent.id("target_id")?, sent.properties("properties")?))
        },
        granted,
    );
    let (edge_type, source_id, target_id, properties) = said.await?;
    let command = CreateEdge { workspace, edge_type, source_id, target_id, properties };
    let created = api.erm.create_edge(caller.origin, command).await?;
    Ok(Created(tagged(created)))
}

/// `GET /api/v1/workspaces/{workspace_id}/edges/{id}`
pub(crate) async fn show(
    State(api): State<Api>,
    caller: Caller,
    ItemAt { workspace, id }: ItemAt<GraphEdge>,
    asked: Asked,
) -> Result<Tagged<Data<EdgeDetails>>, ApiError> {
    let granted = api.erm.may_read(&caller.origin, &workspace);
    let asked_for = named(id).and_then(|id| Ok((id, asked.graph()?)));
    let (id, graph) = granted_or(asked_for, granted).await?;
    let found = match admit(&caller, graph)? {
        GraphName::Own => {
            let include_deleted = asked.is_true("include_deleted");
            api.erm.edge(&caller.origin, &workspace, id, include_deleted).await?
        }
        GraphName::Workspace => {
            let found = api.erm.graph_edge(&caller.origin, &workspace, id).await?;
            found.ok_or(ApiError::item_not_found())?
        }
    };
    Ok(tagged(found))
}

/// `PUT /api/v1/workspaces/{workspace_id}/edges/{id}`
pub(crate) async fn replace(
    State(api): State<Api>,
    caller: Caller,
    ItemAt { workspace, id }: ItemAt<GraphEdge>,
    if_match: IfMatch,
    sent: Sent,
) -> Result<Tagged<Data<EdgeDetails>>, ApiError> {
    let granted = api.erm.may_write(&caller.origin, &workspace);
    let (id, properties, version) = sent.read(|sent| sent.change_of(id), granted).await?;
    let seen = seen(if_match, version, id);
    let command = ReplaceEdge { workspace, id, properties, seen };
    let replaced = api.erm.replace_edge(caller.origin, command).await;
    replaced.map(tagged).map_err(|error| if_match.refusal(error))
}

/// `POST /api/v1/workspaces/{workspace_id}/edges/{id}/merge`
pub(crate) async fn merge(
    State(api): State<Api>,
    caller: Caller,
    ItemAt { workspace, id }: ItemAt<GraphEdge>,
    if_match: IfMatch,
    sent: Sent,
) -> Result<Tagged<Data<EdgeDetails>>, ApiError> {
    let granted = api.erm.may_write(&caller.origin, &workspace);
    let (id, patch, version) = sent.read(|sent| sent.change_of(id), granted).await?;
    let seen = seen(if_match, version, id);
    let merged = api.erm.merge_edge(caller.origin, MergeEdge { workspace, id, patch, seen }).await;
    merged.map(tagged).map_err(|error| if_match.refusal(error))
}

/// `DELETE /api/v1/workspaces/{workspace_id}/edges/{id}`
pub(crate) async fn delete(
    State(api): State<Api>,
    caller: Caller,
    ItemAt { workspace, id }: ItemAt<GraphEdge>,
    if_match: IfMatch,
) -> Result<Data<EdgeDetails>, ApiError> {
    let granted = api.erm.may_write(&caller.origin, &workspace);
    let id = granted_or(named(id), granted).await?;
    let seen = seen(if_match, None, id);
    let deleted = api.erm.delete_edge(caller.origin, DeleteEdge { workspace, id, seen }).await;
    deleted.map(Data::new).map_err(|error| if_match.refusal(error))
}

/// `POST /api/v1/workspaces/{workspace_id}/edges/{id}/restore`
pub(crate) async fn restore(
    State(api): State<Api>,
    caller: Caller,
    ItemAt { workspace, id }: ItemAt<GraphEdge>,
    if_match: IfMatch,
) -> Result<Tagged<Data<EdgeDetails>>, ApiError> {
    let granted = api.erm.may_write(&caller.origin, &workspace);
    let id = granted_or(named(id), granted).await?;
    let seen = seen(if_match, None, id);
    let restored = api.erm.restore_edge(caller.origin, RestoreEdge { workspace, id, seen }).await;
    restored.map(tagged).map_err(|error| if_match.refusal(error))
}

fn named(id: Option<EdgeId>) -> Result<EdgeId, ApiError> {
    id.ok_or_else(|| ApiError::wrong_because("id must be a UUID"))
}

fn tagged(edge: EdgeDetails) -> Tagged<Data<EdgeDetails>> {
    Tagged(Tag::of(edge.id, edge.version), Data::new(edge))
}
