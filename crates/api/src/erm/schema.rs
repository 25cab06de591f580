//! Which types of entities and edges a workspace knows.

use axum::extract::State;
use erm::{DryRun, PutSchema, SchemaDetails, SchemaDraft, SchemaVersion, SchemaVersionDetails};
use serde_json::Value;

use super::{
    asked::Asked,
    path::{GraphAt, SchemaAt, SchemaVersionAt},
    sent::{Members, Sent},
};
use crate::{
    auth::Caller,
    body::granted_or,
    error::ApiError,
    etag::{IfMatch, Tag, Tagged},
    paging::{MOST, Next},
    response::Data,
    state::Api,
};

/// `GET /api/v1/workspaces/{workspace_id}/schema`
pub(crate) async fn show(
    State(api): State<Api>,
    caller: Caller,
    GraphAt(workspace): GraphAt,
) -> Result<Tagged<Data<SchemaDetails>>, ApiError> {
    Ok(tagged(api.erm.schema(&caller.origin, &workspace).await?))
}

/// `PUT /api/v1/workspaces/{workspace_id}/schema`
pub(crate) async fn put(
    State(api): State<Api>,
    caller: Caller,
    SchemaAt { workspace, id }: SchemaAt,
    if_match: IfMatch,
    sent: Sent,
) -> Result<Tagged<Data<SchemaDetails>>, ApiError> {
    let granted = api.erm.may_put_schema(&caller.origin, &workspace);
    let (draft, version) = sent.read(|sent| Ok((draft(sent), seen(sent)?)), granted).await?;
    // The schema of a workspace is shown as the workspace in its version: there is one at most.
    let version = super::seen(if_match, version, id);
    let put = api.erm.put_schema(caller.origin, PutSchema { workspace, draft, version }).await;
    put.map(tagged).map_err(|error| if_match.refusal(error))
}

/// `POST /api/v1/workspaces/{workspace_id}/schema/dry-run`
pub(crate) async fn try_out(
    State(api): State<Api>,
    caller: Caller,
    GraphAt(workspace): GraphAt,
    sent: Sent,
) -> Result<Data<DryRun>, ApiError> {
    let granted = api.erm.may_try_schema(&caller.origin, &workspace);
    let draft = sent.read(|sent| Ok(draft(sent)), granted).await?;
    Ok(Data::new(api.erm.dry_run_schema(&caller.origin, &workspace, draft).await?))
}

/// `GET /api/v1/workspaces/{workspace_id}/schema/history`
pub(crate) async fn history(
    State(api): State<Api>,
    caller: Caller,
    GraphAt(workspace): GraphAt,
    asked: Asked,
) -> Result<Data<Vec<SchemaVersion>, Next<i64>>, ApiError> {
    let granted = api.erm.may_read(&caller.origin, &workspace);
    let (limit, after) = granted_or(page(&asked), granted).await?;
    let page = api.erm.schema_history(&caller.origin, &workspace, limit, after).await?;
    Ok(Data::with_meta(page.versions, Next { next: page.next }))
}

/// `GET /api/v1/workspaces/{workspace_id}/schema/versions/{version}`
pub(crate) async fn version(
    State(api): State<Api>,
    caller: Caller,
    SchemaVersionAt { workspace, number }: SchemaVersionAt,
) -> Result<Data<SchemaVersionDetails>, ApiError> {
    Ok(Data::new(api.erm.schema_version(&caller.origin, &workspace, number).await?))
}

fn draft(Members(sent): &mut Members) -> SchemaDraft {
    SchemaDraft::from_json(sent.remove("entity_types"), sent.remove("edge_types"))
}

/// The version that was seen; what is no number is one that no schema has.
fn seen(sent: &mut Members) -> Result<Option<i64>, ApiError> {
    let version = sent.take("version");
    version.map(|version: Value| version.as_i64().ok_or(ApiError::schema_conflict())).transpose()
}

fn page(asked: &Asked) -> Result<(u32, Option<i64>), ApiError> {
    let limit = asked.whole("limit")?.unwrap_or(MOST.into());
    let limit = u32::try_from(limit).ok().filter(|limit| (1..=MOST.into()).contains(limit));
    let no_limit = || ApiError::senseless("invalid_limit", "limit must be a number, 1 to 100");
    Ok((limit.ok_or_else(no_limit)?, asked.whole("after")?))
}

fn tagged(schema: SchemaDetails) -> Tagged<Data<SchemaDetails>> {
    Tagged(Tag::of(schema.workspace_id, schema.version), Data::new(schema))
}
