//! Graphs as files that are sent.

use std::io;

use axum::{
    body::{Body, Bytes},
    extract::State,
    http::header::{CONTENT_DISPOSITION, CONTENT_TYPE},
};
use erm::{Export, FileFormat, ListError};
use futures_util::stream;

use super::{
    asked::{Asked, own},
    path::SchemaAt,
};
use crate::{
    auth::Caller,
    body::granted_or,
    error::ApiError,
    follower::Follower,
    lifeline::Lifeline,
    response::{As, Either, GraphMl, JsonLines},
    seats::Seat,
    state::Api,
};

/// `GET /api/v1/workspaces/{workspace_id}/export`
pub(crate) async fn export(
    State(api): State<Api>,
    caller: Caller,
    SchemaAt { workspace, id }: SchemaAt,
    asked: Asked,
) -> Result<As<Either<JsonLines, GraphMl>>, ApiError> {
    let granted = api.erm.may_read(&caller.origin, &workspace);
    let format = granted_or(own(&asked).and_then(|()| format(&asked)), granted).await?;
    let export = api.erm.export(&caller.origin, &workspace, format).await?;
    let follower = Follower::from(caller);
    let seat = follower.seat(&api)?;
    let lifeline = Lifeline::of(&api, &follower).await?;
    let name = format!("attachment; filename=\"graph-{id}.{}\"", format.as_str());
    let headers = [(CONTENT_TYPE, format.media_type().to_owned()), (CONTENT_DISPOSITION, name)];
    let body = stream::try_unfold(File { export, lifeline, _seat: seat }, |mut file| async {
        let piece = file.next().await.map_err(|error| broken_off(&error))?;
        Ok::<_, io::Error>(piece.map(|piece| (Bytes::from(piece), file)))
    });
    Ok(As::of((headers, Body::from_stream(body))))
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
    lifeline: Lifeline,
    /// Taken as long as it is sent.
    _seat: Option<Seat>,
}

impl File {
    /// The next piece, as long as the session or the key holds.
    async fn next(&mut self) -> Result<Option<String>, ListError> {
        if self.lifeline.ended().await?.is_some() {
            return Err(ListError::Forbidden);
        }
        self.export.next().await
    }
}

/// An error in a body ends the connection, so that nobody takes half of a file for the whole.
fn broken_off(error: &ListError) -> io::Error {
    match error {
        ListError::WorkspaceNotFound | ListError::Forbidden => {
            tracing::info!("an export of a graph ended with the right to see it");
        }
        ListError::InvalidType(_) | ListError::Invalid(_) | ListError::Storage(_) => {
            tracing::error!(
                error = error as &dyn std::error::Error,
                "an export of a graph broke off"
            );
        }
    }
    io::Error::other("the export broke off")
}
