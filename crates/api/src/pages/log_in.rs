//! Logging in by a link.

use axum::{
    extract::State,
    http::{StatusCode, header::SET_COOKIE},
    response::{IntoResponse as _, Redirect, Response},
};
use identity::{LogInByLink, LogInByLinkError, RequestMagicLink, Secret};
use maud::html;

use super::Page;
use crate::{
    auth,
    body::Form,
    edge::Edge,
    error::ApiError,
    fields::{Fields, FromFields},
    limits::bucket::{Account, Action},
    path::TokenAt,
    query::Query,
    state::Api,
};

/// What the forms of these pages say.
#[derive(Debug)]
pub(crate) enum Wish {
    LogIn(LogInByLink),
    Link(RequestMagicLink),
}

impl FromFields for Wish {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        if fields.has("token") {
            let token = fields.text("token").map(Secret::new);
            // An empty field of a form is none.
            let password = fields.optional_text("password").filter(|text| !text.is_empty());
            return Some(Self::LogIn(LogInByLink {
                token: token?,
                password: password.map(Secret::new),
            }));
        }
        RequestMagicLink::from_fields(fields).map(Self::Link)
    }
}

/// What the link says about the account.
#[derive(Debug)]
pub(crate) struct Hints {
    /// There is a password that was set before the address was confirmed.
    keeps_password: bool,
}

impl FromFields for Hints {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let keeps_password = fields.optional_text("password").as_deref() == Some("keep");
        Some(Self { keeps_password })
    }
}

/// `GET /login`
pub(crate) async fn ask() -> Page {
    Page::ask_for_address("/login", "Log in", "")
}

/// `GET /login/{token}`: uses nothing up, since programs follow links in mails, too, to see what is behind them.
pub(crate) async fn follow(
    TokenAt(token): TokenAt,
    Query(Hints { keeps_password }): Query<Hints>,
) -> Page {
    let Some(token) = token else { return refused() };
    let body = html! {
        form method="post" action="/login" {
            input type="hidden" name="token" value=(token.expose());
            @if keeps_password {
                label {
                    "The password that you registered with"
                    input type="password" name="password" autocomplete="current-password";
                }
                p { small {
                    "Type it once more to keep it. Without it the account has no password: then links by mail log you in."
                } }
            }
            button { "Log in" }
        }
    };
    Page::new("Log in", body)
}

/// `POST /login`
pub(crate) async fn submit(
    State(api): State<Api>,
    edge: Edge,
    Form(wish): Form<Wish>,
) -> Result<Response, ApiError> {
    match wish {
        Wish::LogIn(command) => {
            let (_, _turn) = api.attempt_in_turn(Action::LogIn, &edge, None).await?;
            match api.identity.log_in_by_link(edge.anonymous(), command).await {
                Ok(login) => {
                    let cookie = auth::cookie(&api, &login.token, login.expires_at);
                    Ok(([(SET_COOKIE, cookie)], Redirect::to("/welcome")).into_response())
                }
                Err(LogInByLinkError::InvalidToken) => Ok(refused().into_response()),
                Err(LogInByLinkError::Storage(error)) => Err(error.into()),
            }
        }
        Wish::Link(command) => {
            api.attempt(Action::MagicLink, &edge, Account::at(&command.email)).await?;
            api.identity.request_magic_link(edge.anonymous(), command).await?;
            Ok(Page::look_into_your_mail("15 minutes").into_response())
        }
    }
}

/// The same for every reason.
fn refused() -> Page {
    Page::ask_for_address(
        "/login",
        "This link does not work any more",
        "Links work once, within 15 minutes. You can have another one:",
    )
    .with_status(StatusCode::UNAUTHORIZED)
}
