//! Setting another password, logged in or by a link.

use axum::extract::State;
use identity::{
    ChangePassword, ChangePasswordError, RequestPasswordReset, ResetPassword, ResetPasswordError,
    Secret,
};

use crate::{
    auth::SessionCaller,
    body::Body,
    edge::Edge,
    error::ApiError,
    fields::{Fields, FromFields},
    limits::bucket::{Account, Action},
    path::TokenAt,
    response::{Accepted, NoContent},
    state::Api,
};

/// The body of a change.
#[derive(Debug)]
pub(crate) struct Change {
    password: Secret,
    current_password: Option<Secret>,
}

impl FromFields for Change {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let password = fields.text("password").map(Secret::new);
        let current_password = fields.optional_text("current_password").map(Secret::new);
        Some(Self { password: password?, current_password })
    }
}

/// `PUT /api/me/password`
pub(crate) async fn change(
    State(api): State<Api>,
    caller: SessionCaller,
    edge: Edge,
    Body(Change { password, current_password }): Body<Change>,
) -> Result<NoContent, ApiError> {
    // Whoever shows no password guesses none.
    let account = current_password.as_ref().map(|_| Account::of(caller.user.id));
    let (attempt, _turn) = api.attempt_in_turn(Action::Reauthentication, &edge, account).await?;
    let command = ChangePassword { session_id: caller.session_id, password, current_password };
    let changed = api.identity.change_password(caller.origin, command).await;
    // Also where the new password alone was not good enough.
    let is_guess = match &changed {
        Ok(()) => false,
        Err(ChangePasswordError::Invalid(errors)) => errors.concern("current_password"),
        Err(_) => true,
    };
    if !is_guess {
        attempt.was_no_guess().await;
    }
    changed?;
    Ok(NoContent)
}

impl FromFields for RequestPasswordReset {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self { email: fields.text("email")? })
    }
}

/// `POST /api/users/password-reset`
pub(crate) async fn send_link(
    State(api): State<Api>,
    edge: Edge,
    Body(command): Body<RequestPasswordReset>,
) -> Result<Accepted, ApiError> {
    api.attempt(Action::PasswordReset, &edge, Account::at(&command.email)).await?;
    api.identity.request_password_reset(edge.anonymous(), command).await?;
    Ok(Accepted)
}

/// The body of a reset.
#[derive(Debug)]
pub(crate) struct NewPassword(Secret);

impl FromFields for NewPassword {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self(fields.text("password")?.into()))
    }
}

/// `PUT /api/users/password-reset/{token}`
pub(crate) async fn reset(
    State(api): State<Api>,
    TokenAt(token): TokenAt,
    edge: Edge,
    Body(NewPassword(password)): Body<NewPassword>,
) -> Result<NoContent, ApiError> {
    let token = token.ok_or(ResetPasswordError::InvalidToken)?;
    let (_, _turn) = api.attempt_in_turn(Action::PasswordReset, &edge, None).await?;
    api.identity.reset_password(edge.anonymous(), ResetPassword { token, password }).await?;
    Ok(NoContent)
}
