//! `GET /api/ws`: live events and messages that nobody keeps, over one WebSocket.

use axum::{
    extract::{FromRequestParts, State, ws::WebSocketUpgrade},
    http::{header::AUTHORIZATION, request::Parts},
    response::Response,
};
use identity::{RedeemTicket, Secret};

use crate::{
    auth::{Caller, SessionCaller},
    edge::Edge,
    error::ApiError,
    fields::{Fields, FromFields},
    follower::Follower,
    lifeline::Lifeline,
    query::Query,
    same_origin,
    state::Api,
};

mod budget;
mod close;
mod connection;
mod frame;
mod request;
mod subscriptions;

pub(crate) use request::Subject;

/// A longer message of a client ends the socket.
const LONGEST_MESSAGE: usize = 16 * 1024;

/// What a socket holds in memory for reading and for writing.
const BUFFER: usize = 4 * 1024;

/// A handshake, and whose: by `Authorization`, also with the token of a key, by a ticket in the address, or by the cookie of a page of this host.
pub(crate) struct Handshake {
    upgrade: WebSocketUpgrade,
    follower: Follower,
}

struct Ticket(Option<Secret>);

impl FromFields for Ticket {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self(fields.optional_text("ticket").map(Secret::new)))
    }
}

impl FromRequestParts<Api> for Handshake {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, ApiError> {
        let upgrade = WebSocketUpgrade::from_request_parts(parts, api).await;
        let upgrade = upgrade.map_err(|_| ApiError::upgrade_required());
        if parts.headers.contains_key(AUTHORIZATION) {
            let follower = Follower::from_request_parts(parts, api).await?;
            return Ok(Self { upgrade: upgrade?, follower });
        }
        let Query(Ticket(ticket)) = Query::from_request_parts(parts, api).await?;
        if let Some(ticket) = ticket {
            // What is no handshake does not use it up.
            let upgrade = upgrade?;
            let follower = Caller::from(by_ticket(parts, api, ticket).await?).into();
            return Ok(Self { upgrade, follower });
        }
        let caller = SessionCaller::from_request_parts(parts, api).await?;
        // Browsers send the cookie with every handshake, also with that of a page of somebody else.
        if !same_origin::is_same(&parts.headers, &parts.uri) {
            return Err(ApiError::cross_origin());
        }
        Ok(Self { upgrade: upgrade?, follower: Caller::from(caller).into() })
    }
}

async fn by_ticket(
    parts: &mut Parts,
    api: &Api,
    ticket: Secret,
) -> Result<SessionCaller, ApiError> {
    let Ok(edge) = Edge::from_request_parts(parts, api).await;
    let command = RedeemTicket { ticket };
    let shown = api.identity.redeem_ticket(edge.clone().anonymous(), command).await?;
    Ok(SessionCaller::of(edge, shown))
}

/// `GET /api/ws`
pub(crate) async fn open(
    State(api): State<Api>,
    Handshake { upgrade, follower }: Handshake,
) -> Result<Response, ApiError> {
    let seat = follower.seat(&api)?;
    let lifeline = Lifeline::of(&api, &follower).await?;
    let opened = connection::Opened::new(&api, follower.viewer(), follower.reach(), lifeline);
    let connection = opened.await?;
    // Counted before the response is there, so that a host that stops waits for it.
    let counted = api.sockets.token();
    let upgrade = upgrade
        .read_buffer_size(BUFFER)
        .write_buffer_size(0)
        .max_message_size(LONGEST_MESSAGE)
        .max_frame_size(LONGEST_MESSAGE);
    Ok(upgrade.on_upgrade(move |socket| {
        Box::pin(async move {
            connection.over(socket).await;
            drop((counted, seat));
        })
    }))
}
