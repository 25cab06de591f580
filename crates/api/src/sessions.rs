//! Logging in and out.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, header::SET_COOKIE},
};
use chrono::{DateTime, Utc};
use identity::{
    LogIn, LogInByLink, LogOut, LogOutError, LoggedIn, Reauthenticate, RequestMagicLink, Secret,
    SessionSummary, UserProfile,
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    auth::{self, SessionCaller},
    body::Body,
    edge::Edge,
    error::ApiError,
    fields::{Fields, FromFields},
    limits::bucket::{Account, Action},
    paging::{Next, Page},
    path::SessionAt,
    query::Query,
    response::{Accepted, Created, Data, NoContent},
    state::Api,
};

/// The body of a log-in: address and password, or the token of a mail.
#[derive(Debug)]
pub(crate) enum Proof {
    Password(LogIn),
    Token(LogInByLink),
}

impl FromFields for Proof {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        if fields.has("token") {
            let token = fields.text("token").map(Secret::new);
            let password = fields.optional_text("password").map(Secret::new);
            return Some(Self::Token(LogInByLink { token: token?, password }));
        }
        let email = fields.text("email");
        let password = fields.text("password").map(Secret::new);
        Some(Self::Password(LogIn { email: email?, password: password? }))
    }
}

/// The answer to a log-in: the only response that ever shows the token.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "NewSession")]
pub(crate) struct Begun {
    data: BegunSession,
    token: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct BegunSession {
    user: UserProfile,
    expires_at: DateTime<Utc>,
}

/// `POST /api/sessions`
pub(crate) async fn begin(
    State(api): State<Api>,
    edge: Edge,
    Body(proof): Body<Proof>,
) -> Result<([(HeaderName, HeaderValue); 1], Created<Json<Begun>>), ApiError> {
    let account = match &proof {
        Proof::Password(command) => Account::at(&command.email),
        Proof::Token(_) => None,
    };
    let (attempt, _turn) = api.attempt_in_turn(Action::LogIn, &edge, account).await?;
    let LoggedIn { user, session_id: _, token, expires_at } = match proof {
        Proof::Password(command) => api.identity.log_in(edge.anonymous(), command).await?,
        Proof::Token(command) => api.identity.log_in_by_link(edge.anonymous(), command).await?,
    };
    attempt.was_no_guess().await;
    let cookie = [(SET_COOKIE, auth::cookie(&api, &token, expires_at))];
    let body = Begun { data: BegunSession { user, expires_at }, token: token.expose().to_owned() };
    Ok((cookie, Created(Json(body))))
}

impl FromFields for RequestMagicLink {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self { email: fields.text("email")? })
    }
}

/// `POST /api/sessions/magic-link`
pub(crate) async fn send_link(
    State(api): State<Api>,
    edge: Edge,
    Body(command): Body<RequestMagicLink>,
) -> Result<Accepted, ApiError> {
    api.attempt(Action::MagicLink, &edge, Account::at(&command.email)).await?;
    api.identity.request_magic_link(edge.anonymous(), command).await?;
    Ok(Accepted)
}

/// A session of the caller.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct OwnSession {
    #[serde(flatten)]
    session: SessionSummary,
    /// Whether the caller asks by it.
    current: bool,
}

/// `GET /api/me/sessions`
pub(crate) async fn list(
    State(api): State<Api>,
    caller: SessionCaller,
    Query(page): Query<Page>,
) -> Result<Data<Vec<OwnSession>, Next>, ApiError> {
    let sessions = api.identity.sessions(&caller.origin).await?;
    let current = caller.session_id;
    Ok(page.map(sessions, |session| OwnSession { current: session.id == current, session }))
}

/// `DELETE /api/me/sessions/{id}`
pub(crate) async fn revoke(
    State(api): State<Api>,
    caller: SessionCaller,
    SessionAt(session_id): SessionAt,
) -> Result<(HeaderMap, NoContent), ApiError> {
    let is_current = session_id == caller.session_id;
    api.identity.log_out(caller.origin, LogOut { session_id }).await?;
    let mut headers = HeaderMap::new();
    if is_current {
        headers.insert(SET_COOKIE, auth::no_cookie(&api));
    }
    Ok((headers, NoContent))
}

impl FromFields for identity::Proof {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        if fields.has("token") {
            return Some(Self::Token(fields.text("token")?.into()));
        }
        Some(Self::Password(fields.text("password")?.into()))
    }
}

/// How long the caller may do what others must not do with an open session.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Reauthenticated")]
pub(crate) struct Fresh {
    fresh_until: DateTime<Utc>,
}

/// `POST /api/me/reauthenticate`
pub(crate) async fn reauthenticate(
    State(api): State<Api>,
    caller: SessionCaller,
    edge: Edge,
    Body(proof): Body<identity::Proof>,
) -> Result<Data<Fresh>, ApiError> {
    let account = Account::of(caller.user.id);
    let (attempt, _turn) =
        api.attempt_in_turn(Action::Reauthentication, &edge, Some(account)).await?;
    let command = Reauthenticate { session_id: caller.session_id, proof };
    let fresh_until = api.identity.reauthenticate(caller.origin, command).await?;
    attempt.was_no_guess().await;
    Ok(Data::new(Fresh { fresh_until }))
}

/// `DELETE /api/sessions`
pub(crate) async fn end(
    State(api): State<Api>,
    caller: SessionCaller,
) -> Result<([(HeaderName, HeaderValue); 1], NoContent), ApiError> {
    let command = LogOut { session_id: caller.session_id };
    match api.identity.log_out(caller.origin, command).await {
        // It may have ended a moment ago, which is what was asked for.
        Ok(()) | Err(LogOutError::SessionNotFound) => {}
        Err(error @ (LogOutError::Forbidden | LogOutError::Storage(_))) => return Err(error.into()),
    }
    Ok(([(SET_COOKIE, auth::no_cookie(&api))], NoContent))
}
