//! Graphs as files that are sent.

use std::io;

use axum::{
    body::{Body, Bytes},
    extract::State,
    http::header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use erm::{Export, FileFormat};
use futures_util::stream;

use super::{asked::Asked, path::SchemaAt};
use crate::{
    auth::Caller, body::granted_or, error::ApiError, follower::Follower, seats::Seat, state::Api,
};

/// `GET /api/v1/workspaces/{workspace_id}/export`
pub(crate) async fn export(
    State(api): State<Api>,
    caller: Caller,
    SchemaAt { workspace, id }: SchemaAt,
    asked: Asked,
) -> Result<Response, ApiError> {
    let granted = api.erm.may_read(&caller.origin, &workspace);
    let format = granted_or(format(&asked), granted).await?;
    let export = api.erm.export(&caller.origin, &workspace, format).await?;
    let seat = Follower::from(caller).seat(&api)?;
    let name = format!("attachment; filename=\"graph-{id}.{}\"", format.as_str());
    let headers = [(CONTENT_TYPE, format.media_type().to_owned()), (CONTENT_DISPOSITION, name)];
    let body = stream::try_unfold(File { export, _seat: seat }, |mut file| async {
        let piece = file.export.next().await.map_err(io::Error::other)?;
        Ok::<_, io::Error>(piece.map(|piece| (Bytes::from(piece), file)))
    });
    Ok((headers, Body::from_stream(body)).into_response())
}

/// In which format a file is.
pub(super) fn format(asked: &Asked) -> Result<FileFormat, ApiError> {
    let Some(format) = asked.text("format") else { return Ok(FileFormat::default()) };
    FileFormat::parse(format)
        .ok_or_else(|| ApiError::wrong_field("format", "must be jsonl or graphml"))
}

/// A file that is written while it is sent.
struct File {
    export: Export,
    /// Taken as long as it is sent.
    _seat: Option<Seat>,
}
