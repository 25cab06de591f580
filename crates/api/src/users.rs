//! Accounts.

use axum::{
    extract::State,
    http::{HeaderName, HeaderValue, header::SET_COOKIE},
};
use identity::{
    DeleteAccount, RegisterUser, RegisterUserError, Secret, UpdateProfile, UserProfile,
};

use crate::{
    auth::{self, Caller, SessionCaller},
    body::Body,
    edge::Edge,
    error::ApiError,
    fields::{Fields, FromFields},
    limits::bucket::{Account, Action},
    response::{Created, Data, NoContent},
    state::Api,
};

/// The body of a registration.
#[derive(Debug)]
pub(crate) struct Registration {
    email: String,
    first_name: String,
    last_name: String,
    password: Option<Secret>,
}

impl FromFields for Registration {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let email = fields.text("email");
        let first_name = fields.text("first_name");
        let last_name = fields.text("last_name");
        let password = fields.optional_text("password").map(Secret::new);
        Some(Self { email: email?, first_name: first_name?, last_name: last_name?, password })
    }
}

/// `POST /api/users`
pub(crate) async fn register(
    State(api): State<Api>,
    edge: Edge,
    Body(body): Body<Registration>,
) -> Result<Created<Data<UserProfile>>, ApiError> {
    let Registration { email, first_name, last_name, password } = body;
    let command = RegisterUser { email, first_name, last_name, password };
    let user = register_as(&api, edge, command).await??;
    Ok(Created(Data::new(user)))
}

/// Registers somebody whose attempts are counted: a mail goes out, or somebody learns that the address is taken.
pub(crate) async fn register_as(
    api: &Api,
    edge: Edge,
    command: RegisterUser,
) -> Result<Result<UserProfile, RegisterUserError>, ApiError> {
    let (attempt, _turn) =
        api.attempt_in_turn(Action::Registration, &edge, Account::at(&command.email)).await?;
    let registered = api.identity.register_user(edge.anonymous(), command).await;
    // Whoever only has to find a better password has neither flooded nor guessed.
    if matches!(&registered, Err(RegisterUserError::Invalid(errors)) if !errors.concern("email")) {
        attempt.was_no_guess().await;
    }
    Ok(registered)
}

impl FromFields for UpdateProfile {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let first_name = fields.text_if_sent("first_name");
        let last_name = fields.text_if_sent("last_name");
        Some(Self { first_name, last_name })
    }
}

/// `GET /api/me`
pub(crate) async fn me(caller: Caller) -> Data<UserProfile> {
    Data::new(caller.user)
}

/// `PATCH /api/me`
pub(crate) async fn update(
    State(api): State<Api>,
    caller: Caller,
    Body(command): Body<UpdateProfile>,
) -> Result<Data<UserProfile>, ApiError> {
    Ok(Data::new(api.identity.update_profile(caller.origin, command).await?))
}

/// `DELETE /api/me`
pub(crate) async fn delete(
    State(api): State<Api>,
    caller: SessionCaller,
) -> Result<([(HeaderName, HeaderValue); 1], NoContent), ApiError> {
    let command = DeleteAccount { session_id: caller.session_id };
    api.identity.delete_account(caller.origin, command).await?;
    Ok(([(SET_COOKIE, auth::no_cookie(&api))], NoContent))
}
