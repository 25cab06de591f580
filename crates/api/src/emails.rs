//! Moving an account to another e-mail address.

use axum::extract::State;
use identity::{ChangeEmail, ChangeEmailError, RequestEmailChange, UserProfile};

use crate::{
    auth::{Caller, SessionCaller},
    body::Body,
    edge::Edge,
    error::ApiError,
    fields::{Fields, FromFields},
    limits::bucket::{Account, Action},
    path::TokenAt,
    response::{Accepted, Data},
    state::Api,
};

/// The body of the wish for another address.
#[derive(Debug)]
pub(crate) struct Wanted {
    email: String,
}

impl FromFields for Wanted {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self { email: fields.text("email")? })
    }
}

/// `POST /api/me/email`
pub(crate) async fn send_link(
    State(api): State<Api>,
    caller: SessionCaller,
    edge: Edge,
    Body(Wanted { email }): Body<Wanted>,
) -> Result<Accepted, ApiError> {
    api.attempt(Action::EmailChange, &edge, Some(Account::of(caller.user.id))).await?;
    let command = RequestEmailChange { session_id: caller.session_id, email };
    api.identity.request_email_change(caller.origin, command).await?;
    Ok(Accepted)
}

/// `PUT /api/me/email/{token}`
pub(crate) async fn change(
    State(api): State<Api>,
    caller: Caller,
    TokenAt(token): TokenAt,
) -> Result<Data<UserProfile>, ApiError> {
    let token = token.ok_or(ChangeEmailError::InvalidToken)?;
    Ok(Data::new(api.identity.change_email(caller.origin, ChangeEmail { token }).await?))
}
