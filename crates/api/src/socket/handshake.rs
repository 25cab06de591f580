//! How a socket begins: somebody shows who they are, in one of the ways that are open to them.

use axum::{
    extract::{FromRequestParts, WebSocketUpgrade, ws::WebSocket},
    http::{header::AUTHORIZATION, request::Parts},
    response::Response,
};
use identity::{RedeemTicket, Secret};

use crate::{
    auth::{Caller, SessionCaller},
    edge::Edge,
    error::ApiError,
    fields::{Fields, FromFields},
    query::Query,
    same_origin,
    seats::Seat,
    state::Api,
};

/// What a socket holds in memory for reading and for writing.
const BUFFER: usize = 4 * 1024;

/// A handshake, and whose: by `Authorization`, also with the token of a key, by a ticket in the address, or by the cookie of a page of this host.
pub(crate) struct Handshake<W> {
    /// Who may not come in learns that before it is said that this is no handshake.
    upgrade: Result<WebSocketUpgrade, ApiError>,
    pub(crate) who: W,
}

pub(crate) struct Ticket(Option<Secret>);

impl FromFields for Ticket {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self(fields.optional_text("ticket").map(Secret::new)))
    }
}

impl<W> FromRequestParts<Api> for Handshake<W>
where
    W: FromRequestParts<Api, Rejection = ApiError> + From<Caller>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, ApiError> {
        let upgrade = WebSocketUpgrade::from_request_parts(parts, api).await;
        let upgrade = upgrade.map_err(|_| ApiError::upgrade_required());
        if parts.headers.contains_key(AUTHORIZATION) {
            let who = W::from_request_parts(parts, api).await?;
            return Ok(Self { upgrade, who });
        }
        let Query(Ticket(ticket)) = Query::from_request_parts(parts, api).await?;
        if let Some(ticket) = ticket {
            // What is no handshake does not use it up.
            let upgrade = Ok(upgrade?);
            let caller = by_ticket(parts, api, ticket).await?;
            return Ok(Self { upgrade, who: Caller::from(caller).into() });
        }
        let caller = SessionCaller::from_request_parts(parts, api).await?;
        // Browsers send the cookie with every handshake, also with that of a page of somebody else.
        if !same_origin::is_same(&parts.headers, &parts.uri) {
            return Err(ApiError::cross_origin());
        }
        Ok(Self { upgrade, who: Caller::from(caller).into() })
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

impl<W> Handshake<W> {
    /// Accepts it: `over` is what becomes of the socket, on which no message may be longer than `longest`.
    pub(crate) fn accept<F>(
        self,
        api: &Api,
        seat: Option<Seat>,
        longest: usize,
        over: impl FnOnce(WebSocket) -> F + Send + 'static,
    ) -> Result<Response, ApiError>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let upgrade = self
            .upgrade?
            .read_buffer_size(BUFFER)
            .write_buffer_size(BUFFER)
            .max_message_size(longest)
            .max_frame_size(longest);
        // Counted before the response is there, so that a host that stops waits for it.
        let counted = api.sockets.token();
        Ok(upgrade.on_upgrade(move |socket| {
            Box::pin(async move {
                over(socket).await;
                drop((counted, seat));
            })
        }))
    }
}
