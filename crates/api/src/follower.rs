//! Who follows what happens, over a stream or a socket.

use axum::{extract::FromRequestParts, http::request::Parts};
use perme8_events::Viewer;

use crate::{auth::Caller, error::ApiError, operator, state::Api};

/// Somebody who is logged in, or somebody who runs the installation.
pub(crate) enum Follower {
    /// Sees what the person may see, as long as the session lasts.
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
}
