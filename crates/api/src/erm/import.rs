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
    let received = Received::of(body, Lifeline::of(&api, &follower).await?);
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
    /// One that begins now.
    fn of(body: Body, lifeline: Lifeline) -> Self {
        let (pieces, until) = (body.into_data_stream(), Instant::now() + LONGEST);
        Self { pieces, lifeline, read: 0, until }
    }

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

#[cfg(test)]
mod tests {
    use std::{io::ErrorKind, pin::pin};

    use tokio::time::interval_at;

    use super::*;

    /// Shorter than anybody is waited for: it is no sign of life of a client.
    const HEARTBEAT: Duration = Duration::from_secs(10);

    fn piece() -> Bytes {
        Bytes::from_static(b"\n")
    }

    /// Pieces that never end.
    fn pieces_every(period: Duration) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
        let ticks = interval_at(Instant::now() + period, period);
        stream::unfold(ticks, |mut ticks| async move {
            ticks.tick().await;
            Some((Ok(piece()), ticks))
        })
    }

    /// How many pieces of a body are read, how many seconds later that ends, and whether because it took too long.
    async fn read(
        pieces: impl Stream<Item = io::Result<Bytes>> + Send + 'static,
    ) -> (u32, u64, Option<ErrorKind>) {
        let begun = Instant::now();
        let received = Received::of(Body::from_stream(pieces), Lifeline::endless(HEARTBEAT));
        let mut received = pin!(received.stream());
        let (mut count, mut refused) = (0, None);
        while let Some(piece) = received.next().await {
            match piece {
                Ok(_) => count += 1,
                Err(error) => refused = Some(error.kind()),
            }
        }
        (count, begun.elapsed().as_secs(), refused)
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_sends_nothing_for_half_a_minute_sends_no_more() {
        let silent = stream::iter([Ok(piece()), Ok(piece())]).chain(stream::pending());
        assert_eq!(read(silent).await, (2, 30, Some(ErrorKind::TimedOut)));
        let slow = pieces_every(Duration::from_secs(31));
        assert_eq!(read(slow).await, (0, 30, Some(ErrorKind::TimedOut)));
    }

    #[tokio::test(start_paused = true)]
    async fn whatever_is_not_there_after_a_quarter_of_an_hour_is_not_read() {
        let steady = pieces_every(Duration::from_secs(29));
        assert_eq!(read(steady).await, (31, 15 * 60, Some(ErrorKind::TimedOut)));
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_sends_in_time_is_read_to_the_end() {
        let steady = pieces_every(Duration::from_secs(29));
        assert_eq!(read(steady.take(31)).await, (31, 31 * 29, None));
    }
}
