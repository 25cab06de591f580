//! Who follows what happens, over a stream or a socket.

use std::sync::Arc;

use axum::{extract::FromRequestParts, http::request::Parts};
use perme8_events::Viewer;

use crate::{
    auth::{Caller, Credential},
    error::ApiError,
    operator,
    reach::Reach,
    seats::Seat,
    state::Api,
};

/// Somebody who has shown who they are, or somebody who runs the installation.
pub(crate) enum Follower {
    /// Sees what the person may see, as long as the session or the key lasts.
    Person(Box<Caller>),
    /// Sees everything, as long as the connection lasts.
    Operator,
}

impl FromRequestParts<Api> for Follower {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, ApiError> {
        if operator::is_operator(api, &parts.headers) {
            return Ok(Self::Operator);
        }
        Caller::from_request_parts(parts, api).await.map(Self::from)
    }
}

impl From<Caller> for Follower {
    fn from(caller: Caller) -> Self {
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

    /// What of that the credential lets them follow.
    pub(crate) fn reach(&self) -> Reach {
        let Self::Person(caller) = self else { return Reach::Operators };
        match &caller.credential {
            Credential::Session(_) => Reach::Everything,
            Credential::Key(key) => Reach::Key(Arc::clone(key)),
        }
    }

    /// Room for one more stream or socket; operators share one token, so they are not counted.
    pub(crate) fn seat(&self, api: &Api) -> Result<Option<Seat>, ApiError> {
        let Self::Person(caller) = self else { return Ok(None) };
        let seat = api.seats.take(caller.user.id, api.options.connections_per_person);
        seat.map(Some).ok_or_else(ApiError::too_many_connections)
    }
}
