//! Setting another password by a link.

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use identity::{FieldErrors, RequestPasswordReset, ResetPassword, ResetPasswordError, Secret};
use maud::html;

use super::Page;
use crate::{
    body::Form,
    edge::Edge,
    error::ApiError,
    fields::{Fields, FromFields},
    limits::bucket::{Account, Action},
    path::TokenAt,
    state::Api,
};

/// What the forms of these pages say.
#[derive(Debug)]
pub(crate) enum Wish {
    Link(RequestPasswordReset),
    Reset(ResetPassword),
}

impl FromFields for Wish {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        if fields.has("token") {
            let token = fields.text("token").map(Secret::new);
            let password = fields.text("password").map(Secret::new);
            return Some(Self::Reset(ResetPassword { token: token?, password: password? }));
        }
        RequestPasswordReset::from_fields(fields).map(Self::Link)
    }
}

/// `GET /password-reset`
pub(crate) async fn ask() -> Page {
    Page::ask_for_address("/password-reset", "Set another password", "")
}

/// `GET /password-reset/{token}`: uses nothing up, since programs follow links in mails, too.
pub(crate) async fn follow(TokenAt(token): TokenAt) -> Page {
    match token {
        Some(token) => ask_for_password(&token, None),
        None => refused(),
    }
}

fn ask_for_password(token: &Secret, problems: Option<&FieldErrors>) -> Page {
    let body = html! {
        @for error in problems.into_iter().flat_map(FieldErrors::iter) {
            p.problem { "This password " (error.problem) }
        }
        form method="post" action="/password-reset" {
            input type="hidden" name="token" value=(token.expose());
            label {
                "Your new password"
                input type="password" name="password" required minlength="12" maxlength="256" autocomplete="new-password";
            }
            p { small { "At least 12 characters; a few words that have nothing to do with each other are good." } }
            button { "Set the password" }
        }
    };
    Page::new("Set another password", body)
}

/// `POST /password-reset`
pub(crate) async fn submit(
    State(api): State<Api>,
    edge: Edge,
    Form(wish): Form<Wish>,
) -> Result<Response, ApiError> {
    match wish {
        Wish::Link(command) => {
            api.attempt(Action::PasswordReset, &edge, Account::at(&command.email)).await?;
            api.identity.request_password_reset(edge.anonymous(), command).await?;
            Ok(Page::look_into_your_mail("an hour").into_response())
        }
        Wish::Reset(command) => {
            let (_, _turn) = api.attempt_in_turn(Action::PasswordReset, &edge, None).await?;
            let token = command.token.clone();
            match api.identity.reset_password(edge.anonymous(), command).await {
                Ok(()) => Ok(done().into_response()),
                Err(ResetPasswordError::Invalid(problems)) => {
                    let page = ask_for_password(&token, Some(&problems));
                    Ok(page.with_status(StatusCode::UNPROCESSABLE_ENTITY).into_response())
                }
                Err(ResetPasswordError::InvalidToken) => Ok(refused().into_response()),
                Err(ResetPasswordError::Storage(error)) => Err(error.into()),
            }
        }
    }
}

fn done() -> Page {
    let body = html! {
        p { "From now on this password logs you in. Whoever was logged in with the old one no longer is." }
    };
    Page::new("Your password is set", body)
}

/// The same for every reason.
fn refused() -> Page {
    Page::ask_for_address(
        "/password-reset",
        "This link does not work any more",
        "Links work once, within an hour. You can have another one:",
    )
    .with_status(StatusCode::UNAUTHORIZED)
}
