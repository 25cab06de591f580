//! Files that are taken over while they are received.

use std::{io, time::Duration};

use axum::{body::Body, extract::State};
use erm::{Import, ImportReport, ImportedSchema};
use futures_util::{StreamExt as _, stream};
use tokio_util::io::StreamReader;

use super::{asked::Asked, export::format, path::GraphAt};
use crate::{
    auth::Caller, body::granted_or, error::ApiError, follower::Follower, response::Data, state::Api,
};

/// More is not read.
const LIMIT: usize = 64 << 20;
/// A client that sends nothing for so long loses its place.
const PATIENCE: Duration = Duration::from_secs(30);

/// `POST /api/v1/workspaces/{workspace_id}/import`
pub(crate) async fn import(
    State(api): State<Api>,
    caller: Caller,
    GraphAt(workspace): GraphAt,
    asked: Asked,
    body: Body,
) -> Result<Data<ImportReport>, ApiError> {
    let granted = api.erm.may_write(&caller.origin, &workspace);
    let format = granted_or(format(&asked), granted).await?;
    let granted = api.erm.may_write(&caller.origin, &workspace);
    let schema = granted_or(mode(&asked), granted).await?;
    let dry_run = asked.is_true("dry_run");
    let origin = caller.origin.clone();
    let _seat = Follower::from(caller).seat(&api)?;
    let import = Import { workspace, format, schema, dry_run };
    let body = Box::pin(received(body));
    let report = api.erm.import(origin, import, StreamReader::new(body), |_| ()).await?;
    Ok(Data::new(report))
}

/// What becomes of a schema in the file.
fn mode(asked: &Asked) -> Result<ImportedSchema, ApiError> {
    let Some(mode) = asked.text("schema") else { return Ok(ImportedSchema::default()) };
    ImportedSchema::parse(mode)
        .ok_or_else(|| ApiError::wrong_field("schema", "must be if_none or replace"))
}

/// The body, piece by piece, as far as it is not too long or too slow.
fn received(body: Body) -> impl stream::Stream<Item = io::Result<axum::body::Bytes>> {
    let pieces = body.into_data_stream();
    stream::try_unfold((pieces, 0), |(mut pieces, read)| async move {
        let piece = tokio::time::timeout(PATIENCE, pieces.next()).await;
        let piece = piece.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?;
        let Some(piece) = piece.transpose().map_err(io::Error::other)? else { return Ok(None) };
        let read = read + piece.len();
        if read > LIMIT {
            return Err(io::Error::from(io::ErrorKind::FileTooLarge));
        }
        Ok(Some((piece, (pieces, read))))
    })
}
