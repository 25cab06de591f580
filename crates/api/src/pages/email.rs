//! Moving an account to another e-mail address by a link.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use identity::{ChangeEmail, ChangeEmailError, Secret};
use maud::html;

use super::{Page, welcome::Visitor};
use crate::{
    auth::Caller,
    body::Form,
    error::ApiError,
    fields::{Fields, FromFields},
    path::TokenAt,
    state::Api,
};

impl FromFields for ChangeEmail {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self { token: fields.text("token")?.into() })
    }
}

/// `GET /email/{token}`: uses nothing up, since programs follow links in mails, too.
pub(crate) async fn follow(Visitor(visitor): Visitor, TokenAt(token): TokenAt) -> Page {
    match (token, visitor) {
        (Some(token), Some(caller)) => ask(&token, &caller),
        (Some(_), None) => strangers(),
        (None, _) => refused(),
    }
}

fn ask(token: &Secret, caller: &Caller) -> Page {
    let body = html! {
        p { "Your account has the address " strong { (caller.user.email) } ". Shall it have the one that the link was sent to?" }
        form method="post" action="/email" {
            input type="hidden" name="token" value=(token.expose());
            button { "Use the new address" }
        }
    };
    Page::new("Change your address", body)
}

/// Whose account is to be moved, the link does not say.
fn strangers() -> Page {
    let body = html! {
        p { "To change the address of your account, " a href="/login" { "log in" } " and follow the link once more." }
    };
    Page::new("Log in first", body)
}

/// `POST /email`
pub(crate) async fn submit(
    State(api): State<Api>,
    Visitor(visitor): Visitor,
    Form(command): Form<ChangeEmail>,
) -> Result<Response, ApiError> {
    let Some(caller) = visitor else {
        return Ok(strangers().with_status(StatusCode::UNAUTHORIZED).into_response());
    };
    match api.identity.change_email(caller.origin, command).await {
        Ok(user) => {
            let body = html! { p { "From now on your account has the address " strong { (user.email) } "." } };
            Ok(Page::new("Your address is changed", body).into_response())
        }
        Err(ChangeEmailError::InvalidToken | ChangeEmailError::Invalid(_)) => {
            Ok(refused().into_response())
        }
        Err(error @ (ChangeEmailError::Forbidden | ChangeEmailError::Storage(_))) => {
            Err(error.into())
        }
    }
}

/// The same for every reason.
fn refused() -> Page {
    let body = html! {
        p { "Links work once, within seven days, for the account that asked for them. Ask for another one." }
    };
    Page::new("This link does not work any more", body).with_status(StatusCode::NOT_FOUND)
}
