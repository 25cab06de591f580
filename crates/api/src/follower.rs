//! Who follows what happens, over a stream or a socket.

use axum::{extract::FromRequestParts, http::request::Parts};
use perme8_events::Viewer;

use crate::{auth::SessionCaller, error::ApiError, operator, seats::Seat, state::Api};

/// Somebody who is logged in, or somebody who runs the installation.
pub(crate) enum Follower {
    /// Sees what the person may see, as long as the session lasts.
    Person(Box<SessionCaller>),
    /// Sees everything, as long as the connection lasts.
    Operator,
}

impl FromRequestParts<Api> for Follower {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, ApiError> {
        if operator::is_operator(api, &parts.headers) {
            return Ok(Self::Operator);
        }
        SessionCaller::from_request_parts(parts, api).await.map(Self::from)
    }
}

impl From<SessionCaller> for Follower {
    fn from(caller: SessionCaller) -> Self {
        Self::Person(Box::new(caller))
    }
}

impl Follower {
    pub(crate) fn viewer(&self) -> Viewer {
        match self {
            Self::Person(caller) => Viewer::User(caller.user.id),
            Self::Operator => Viewer::Operator,
        }
    }

    /// Room for one more stream or socket; operators share one token, so they are not counted.
    pub(crate) fn seat(&self, api: &Api) -> Result<Option<Seat>, ApiError> {
        let Self::Person(caller) = self else { return Ok(None) };
        let seat = api.seats.take(caller.user.id, api.options.connections_per_person);
        seat.map(Some).ok_or_else(ApiError::too_many_connections)
    }
}
