//! Files that are taken over while they are received.

use std::{io, time::Duration};

use axum::{
    body::{Body, BodyDataStream, Bytes, HttpBody as _},
    extract::State,
};
use erm::{Import, ImportReport, ImportedSchema};
use futures_util::{Stream, StreamExt as _, stream};
use serde_json::json;
use tokio::time::{Instant, timeout_at};
use tokio_util::io::StreamReader;

use super::{
    asked::{Asked, own},
    export::format,
    path::GraphAt,
};
use crate::{
    auth::Caller, body::granted_or, error::ApiError, follower::Follower, lifeline::Lifeline,
    response::Data, state::Api,
};

/// More is not read.
const LIMIT: u64 = 64 << 20;
/// A client that sends nothing for so long loses its place.
const PATIENCE: Duration = Duration::from_secs(30);
/// And so does one that has not sent everything by then.
const LONGEST: Duration = Duration::from_mins(15);

/// `POST /api/v1/workspaces/{workspace_id}/import`
pub(crate) async fn import(
    State(api): State<Api>,
    caller: Caller,
    GraphAt(workspace): GraphAt,
    asked: Asked,
    body: Body,
) -> Result<Data<ImportReport>, ApiError> {
    let granted = api.erm.may_write(&caller.origin, &workspace);
    let (format, schema) = granted_or(wish(&asked, &body), granted).await?;
    let dry_run = asked.is_true("dry_run");
    let origin = caller.origin.clone();
    let follower = Follower::from(caller);
    let _seat = follower.seat(&api)?;
    let received = Received {
        pieces: body.into_data_stream(),
        lifeline: Lifeline::of(&api, &follower).await?,
        read: 0,
        until: Instant::now() + LONGEST,
    };
    let import = Import { workspace, format, schema, dry_run };
    let reader = StreamReader::new(Box::pin(received.stream()));
    let mut so_far = None;
    let told = |report: &ImportReport| so_far = Some(report.clone());
    match api.erm.import(origin, import, reader, told).await {
        Ok(report) => Ok(Data::new(report)),
        // What was taken over before stays, so it is told, too.
        Err(error) => Err(match so_far {
            Some(report) => ApiError::from(error).in_words().beside("data", json!(report)),
            None => error.into(),
        }),
    }
}

/// How the file is written, and what becomes of a schema in it.
fn wish(asked: &Asked, body: &Body) -> Result<(erm::FileFormat, ImportedSchema), ApiError> {
    own(asked)?;
    let format = format(asked)?;
    let schema = match asked.text("schema") {
        None => ImportedSchema::default(),
        Some(mode) => ImportedSchema::parse(mode)
            .ok_or_else(|| ApiError::wrong_field("schema", "must be if_none or replace"))?,
    };
    // Whoever says how much it is need not send it for nothing.
    if body.size_hint().lower() > LIMIT {
        return Err(ApiError::body_too_large());
    }
    Ok((format, schema))
}

/// The body, as far as it is not too long or too slow, and as long as its sender's session or key holds.
struct Received {
    pieces: BodyDataStream,
    lifeline: Lifeline,
    read: u64,
    until: Instant,
}

impl Received {
    fn stream(self) -> impl Stream<Item = io::Result<Bytes>> {
        stream::try_unfold(self, |mut received| async move {
            let piece = received.next().await?;
            Ok(piece.map(|piece| (piece, received)))
        })
    }

    async fn next(&mut self) -> io::Result<Option<Bytes>> {
        let until = self.until.min(Instant::now() + PATIENCE);
        let piece = loop {
            tokio::select! {
                biased;
                due = self.lifeline.due() => {
                    due.map_err(io::Error::other)?;
                    if self.lifeline.ended().await.map_err(io::Error::other)?.is_some() {
                        return Err(io::ErrorKind::PermissionDenied.into());
                    }
                }
                piece = timeout_at(until, self.pieces.next()) => {
                    break piece.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?;
                }
            }
        };
        let Some(piece) = piece.transpose().map_err(io::Error::other)? else { return Ok(None) };
        self.read += piece.len() as u64;
        if self.read > LIMIT {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok(Some(piece))
    }
}
