//! `GET /api/ws`: live events and messages that nobody keeps, over one WebSocket.

use axum::extract::State;

use crate::{
    error::ApiError,
    follower::Follower,
    lifeline::Lifeline,
    response::{As, Upgraded},
    state::Api,
};

mod budget;
mod close;
mod connection;
mod frame;
pub(crate) mod handshake;
mod request;
mod subscriptions;
mod wire;

pub(crate) use close::Close;
pub(crate) use handshake::Handshake;
pub(crate) use request::Subject;
pub(crate) use wire::{Over, Said, Wire, broken, holds};

/// A longer message of a client ends the socket.
const LONGEST_MESSAGE: usize = 16 * 1024;

/// `GET /api/ws`
pub(crate) async fn open(
    State(api): State<Api>,
    handshake: Handshake<Follower>,
) -> Result<As<Upgraded>, ApiError> {
    let follower = &handshake.who;
    let seat = follower.seat(&api)?;
    let lifeline = Lifeline::of(&api, follower).await?;
    let opened = connection::Opened::new(&api, follower.viewer(), follower.reach(), lifeline);
    let connection = opened.await?;
    let over = handshake.accept(&api, seat, LONGEST_MESSAGE, |socket| connection.over(socket));
    over.map(As::of)
}
