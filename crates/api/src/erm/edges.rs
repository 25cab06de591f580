//! The edges of a workspace, one by one.

use axum::extract::State;
use erm::{EdgeDetails, EntityId, ListEdges};

use super::{
    asked::{Asked, Listing, Part},
    path::{self, GraphAt},
    shown::Listed,
};
use crate::{auth::Caller, body::granted_or, error::ApiError, response::Data, state::Api};

/// `GET /api/v1/workspaces/{workspace_id}/edges`
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
    GraphAt(workspace): GraphAt,
    asked: Asked,
) -> Result<Data<Vec<EdgeDetails>, Listed>, ApiError> {
    let granted = api.erm.may_read(&caller.origin, &workspace);
    let (part, wish) = granted_or(listing(&asked), granted).await?;
    let page = api.erm.edges(&caller.origin, &workspace, wish).await?;
    Ok(Data::with_meta(page.items, Listed::of(page.total, part, page.next)))
}

fn listing(asked: &Asked) -> Result<(Part, ListEdges), ApiError> {
    let part = asked.part(Listing::Edges)?;
    let wish = ListEdges {
        edge_type: asked.first_of(&["type", "edge_type"]).map(str::to_owned),
        source_id: end(asked, "source_id")?,
        target_id: end(asked, "target_id")?,
        filters: asked.filters(),
        sort: asked.text("sort").map(str::to_owned),
        include_deleted: asked.is_true("include_deleted"),
        limit: part.limit.get(),
        place: asked.place(part)?,
    };
    Ok((part, wish))
}

/// The entity at one end of the edges that are asked for.
fn end(asked: &Asked, name: &str) -> Result<Option<EntityId>, ApiError> {
    let end = asked.text(name).map(path::id);
    end.map(|id| id.ok_or_else(|| ApiError::wrong_field(name, &format!("{name} must be a UUID"))))
        .transpose()
}
