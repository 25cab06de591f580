//! `GET /api/workspaces/{slug}/documents/{document}/sync`: a note that many people edit at once, over y-protocols.

use axum::{
    body::Bytes,
    extract::{
        State,
        ws::{Message, WebSocket},
    },
};
use documents::{EditNote, Editing, EditingEnd};
use futures_util::FutureExt as _;
use identity::KeyScope;

use crate::{
    auth::Caller,
    error::ApiError,
    follower::Follower,
    lifeline::{Due, Lifeline},
    path::DocumentAt,
    response::{As, Upgraded},
    socket::{Close, Handshake, Over, Said, Wire, broken, holds},
    state::Api,
};

/// A frame that says who is there, and names nobody.
///
/// The stock clients hang up when nothing was said for half a minute, and do not see pings.
const SIGN_OF_LIFE: &[u8] = &[1, 1, 0];

/// So many frames are sent in one go.
const AT_ONCE: usize = 64;

/// `GET /api/workspaces/{slug}/documents/{document}/sync`
pub(crate) async fn open(
    State(api): State<Api>,
    handshake: Handshake<Caller>,
    DocumentAt(document): DocumentAt,
) -> Result<As<Upgraded>, ApiError> {
    let caller = handshake.who.clone();
    let (origin, only_reads) = (caller.origin.clone(), !caller.may(KeyScope::DocumentsWrite));
    let follower = Follower::from(caller);
    let seat = follower.seat(&api)?;
    // Before the rights are looked at: what ends them from here on is not missed.
    let lifeline = Lifeline::of(&api, &follower).await?;
    let editing = api.documents.edit(origin, EditNote { document, only_reads }).await?;
    let longest = Editing::LONGEST_FRAME;
    let accepted = handshake.accept(&api, seat, longest, |socket| over(socket, lifeline, editing));
    accepted.map(As::of)
}

/// Runs until one of both sides ends it.
async fn over(socket: WebSocket, lifeline: Lifeline, editing: Editing) {
    let mut connection = Connection { wire: Wire::new(socket), lifeline, editing };
    let Err(over) = connection.run().await;
    let Connection { wire, editing, .. } = connection;
    // The others see at once that this editor is gone, however long the last word takes.
    drop(editing);
    wire.end(over).await;
}

struct Connection {
    wire: Wire,
    lifeline: Lifeline,
    editing: Editing,
}

enum Turn {
    Due(Due),
    Said(Said),
    Told(Bytes),
}

impl Connection {
    async fn run(&mut self) -> Result<std::convert::Infallible, Over> {
        loop {
            let Self { wire, lifeline, editing } = self;
            // None of the others may keep a busy socket from being asked whether its session holds.
            let others = async {
                tokio::select! {
                    said = wire.hear() => said.map(Turn::Said),
                    told = editing.next() => told.map(Turn::Told).map_err(ended),
                }
            };
            let turn = tokio::select! {
                biased;
                due = lifeline.due() => Turn::Due(due.map_err(|error| broken(&error))?),
                turn = others => turn?,
            };
            match turn {
                Turn::Due(due) => {
                    holds(lifeline).await?;
                    if due == Due::Beat {
                        wire.ping().await?;
                        wire.say(Message::Binary(Bytes::from_static(SIGN_OF_LIFE))).await?;
                    }
                }
                Turn::Said(Said::Bytes(frame)) => self.pass_on(frame).await?,
                Turn::Said(Said::Text(_)) => return Err(Over::By(Close::NotBinary)),
                Turn::Told(frame) => tell(wire, editing, frame).await?,
            }
        }
    }

    /// Waits until the note takes a frame. What others write goes on being told: this editor keeps its place in the queue, and
    /// is not taken for one that hears too slowly.
    async fn pass_on(&mut self, frame: Bytes) -> Result<(), Over> {
        let Self { wire, editing, .. } = self;
        let mut taken = std::pin::pin!(editing.say(frame));
        loop {
            tokio::select! {
                taken = &mut taken => return taken.map_err(ended),
                told = editing.next() => tell(wire, editing, told.map_err(ended)?).await?,
            }
        }
    }
}

/// Sends a frame, and in the same go whatever else is there for this editor.
async fn tell(wire: &mut Wire, editing: &Editing, first: Bytes) -> Result<(), Over> {
    // Why it is over is said again by whoever asks next.
    let others = std::iter::from_fn(|| editing.next().now_or_never()?.ok());
    wire.say_all(std::iter::once(first).chain(others).take(AT_ONCE).map(Message::Binary)).await
}

fn ended(end: EditingEnd) -> Over {
    Over::By(match end {
        EditingEnd::Malformed => Close::Malformed,
        EditingEnd::TooLong => Close::TooLong,
        EditingEnd::AccessLost => Close::AccessLost,
        EditingEnd::DocumentGone => Close::DocumentGone,
        EditingEnd::TooSlow => Close::TooSlow,
        EditingEnd::Closed => Close::ShuttingDown,
        EditingEnd::Storage => Close::StorageUnavailable,
    })
}
