//! Where a request comes from, and the origin that it becomes.

use std::{convert::Infallible, net::IpAddr};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header::USER_AGENT, request::Parts},
};
use identity::SessionId;
use perme8_events::{Actor, Client, Origin, TraceContext};

use crate::{client_address::ClientAddress, request_id::RequestId};

/// What the edge knows of a request before it knows whose it is.
#[derive(Clone, Debug)]
pub(crate) struct Edge {
    request_id: RequestId,
    address: Option<IpAddr>,
    client: Option<Client>,
    trace: Option<TraceContext>,
}

impl Edge {
    fn of(parts: &Parts) -> Self {
        let request_id =
            parts.extensions.get::<RequestId>().cloned().unwrap_or_else(RequestId::mint);
        let address = parts.extensions.get().map(|ClientAddress(address)| *address);
        let client = address.map(|address| {
            Client::new(&address.to_string(), user_agent(&parts.headers).as_deref())
        });
        let trace = parts.extensions.get().copied();
        Self { request_id, address, client, trace }
    }

    /// Where the request comes from, if that is known.
    pub(crate) fn address(&self) -> Option<IpAddr> {
        self.address
    }

    /// The origin of what this actor wants.
    pub(crate) fn origin(self, actor: Actor) -> Origin {
        let origin = Origin::new(actor).with_request_id(self.request_id.as_str());
        tracing::Span::current()
            .record("correlation_id", tracing::field::display(origin.correlation_id()));
        let origin = match self.client {
            Some(client) => origin.with_client(client),
            None => origin,
        };
        match self.trace {
            Some(trace) => origin.in_trace(trace),
            None => origin,
        }
    }

    /// The same, now that it has shown a session.
    pub(crate) fn in_session(self, session_id: SessionId) -> Self {
        let client = self.client.map(|client| client.in_session(session_id.uuid()));
        Self { client, ..self }
    }

    /// The origin of what somebody wants who has not shown who that is.
    pub(crate) fn anonymous(self) -> Origin {
        self.origin(Actor::Anonymous)
    }
}

fn user_agent(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(USER_AGENT)?;
    Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
}

impl<S: Sync> FromRequestParts<S> for Edge {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(parts))
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    #[test]
    fn the_origin_knows_request_client_and_trace() {
        let trace = TraceContext::begin(1.0).unwrap();
        let request = Request::builder()
            .header(USER_AGENT, "ä".repeat(300))
            .extension(ClientAddress("192.0.2.7".parse().unwrap()))
            .extension(RequestId::mint())
            .extension(trace)
            .body(())
            .unwrap();
        let edge = Edge::of(&request.into_parts().0);
        let origin = edge.clone().anonymous();
        assert_eq!(*origin.actor(), Actor::Anonymous);
        assert_eq!(origin.metadata()["request_id"], edge.request_id.as_str());
        assert_eq!(origin.trace(), Some(trace));
        let client = origin.client().unwrap();
        assert_eq!(client.address(), "192.0.2.7");
        assert_eq!(client.user_agent().unwrap().chars().count(), 256);
        assert_eq!(client.session_id(), None);
        let session_id = SessionId::new(uuid::Uuid::from_u128(7));
        let origin = edge.in_session(session_id).anonymous();
        assert_eq!(origin.client().unwrap().session_id(), Some(session_id.uuid()));
    }

    #[test]
    fn an_origin_does_without_a_client() {
        let request = Request::builder().header(USER_AGENT, "curl").body(()).unwrap();
        let origin = Edge::of(&request.into_parts().0).anonymous();
        assert_eq!((origin.client(), origin.trace()), (None, None));
    }
}
