//! The few pages that links in mails lead to: plain HTML without scripts.

use axum::{
    Router,
    http::{HeaderValue, StatusCode, header::CONTENT_TYPE},
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};
use maud::{DOCTYPE, Markup, html};

use crate::{headers::Profile, state::Api};

mod email;
mod invitation;
mod log_in;
pub(crate) mod mailbox;
mod password_reset;
mod welcome;

/// What all pages look like.
const STYLE: &str = include_str!("pages/style.css");

pub(crate) fn routes() -> Router<Api> {
    Router::new()
        .route("/login", get(log_in::ask).post(log_in::submit))
        .route("/login/{token}", get(log_in::follow))
        .route("/password-reset", get(password_reset::ask).post(password_reset::submit))
        .route("/password-reset/{token}", get(password_reset::follow))
        .route("/email", post(email::submit))
        .route("/email/{token}", get(email::follow))
        .route("/welcome", get(welcome::welcome))
        .route("/invitations/{id}", get(invitation::show).post(invitation::answer))
        .route("/assets/page.css", get(style))
}

/// `GET /assets/page.css`
async fn style() -> Response {
    let content_type = HeaderValue::from_static("text/css; charset=utf-8");
    ([(CONTENT_TYPE, content_type)], STYLE).into_response()
}

/// A page: a heading, which is its title as well, and what stands below.
#[derive(Debug)]
pub(crate) struct Page {
    status: StatusCode,
    title: String,
    body: Markup,
}

impl Page {
    pub(crate) fn new(title: impl Into<String>, body: Markup) -> Self {
        Self { status: StatusCode::OK, title: title.into(), body }
    }

    pub(crate) fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// Asks for the address to which a link is sent, as `action` says.
    fn ask_for_address(action: &str, title: &str, problem: &str) -> Self {
        let body = html! {
            @if !problem.is_empty() { p.problem { (problem) } }
            form method="post" action=(action) {
                label { "Your e-mail address" input type="email" name="email" required autocomplete="email"; }
                button { "Send me a link" }
            }
        };
        Self::new(title, body)
    }

    /// After a mail was asked for, with a link that works for so long. The same whether or not one is sent.
    fn look_into_your_mail(how_long: &str) -> Self {
        let body = html! {
            p {
                "If there is an account with this address, a mail with a link is on its way. The link works for "
                (how_long) "."
            }
        };
        Self::new("Look into your mail", body).with_status(StatusCode::ACCEPTED)
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let Self { status, title, body } = self;
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    title { (title) }
                    link rel="stylesheet" href="/assets/page.css";
                }
                body {
                    main {
                        h1 { (title) }
                        (body)
                    }
                }
            }
        };
        let mut response = (status, Html(page.into_string())).into_response();
        response.extensions_mut().insert(Profile::Page);
        response
    }
}
