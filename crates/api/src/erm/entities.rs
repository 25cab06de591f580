//! The entities of a workspace, one by one.

use axum::extract::State;
use erm::{EntityDetails, ListEntities};

use super::{
    asked::{Asked, Listing, Part},
    path::GraphAt,
    shown::Listed,
};
use crate::{auth::Caller, body::granted_or, error::ApiError, response::Data, state::Api};

/// `GET /api/v1/workspaces/{workspace_id}/entities`
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
    GraphAt(workspace): GraphAt,
    asked: Asked,
) -> Result<Data<Vec<EntityDetails>, Listed>, ApiError> {
    let granted = api.erm.may_read(&caller.origin, &workspace);
    let (part, wish) = granted_or(listing(&asked), granted).await?;
    let page = api.erm.entities(&caller.origin, &workspace, wish).await?;
    Ok(Data::with_meta(page.items, Listed::of(page.total, part, page.next)))
}

fn listing(asked: &Asked) -> Result<(Part, ListEntities), ApiError> {
    let part = asked.part(Listing::Entities)?;
    let wish = ListEntities {
        entity_type: asked.text("type").map(str::to_owned),
        filters: asked.filters(),
        sort: asked.text("sort").map(str::to_owned),
        include_deleted: asked.is_true("include_deleted"),
        limit: part.limit.get(),
        place: asked.place(part)?,
    };
    Ok((part, wish))
}
