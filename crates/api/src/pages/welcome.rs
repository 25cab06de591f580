//! Where people arrive who have logged in.

use axum::{
    extract::{FromRequestParts, State},
    http::request::Parts,
    response::{IntoResponse as _, Redirect, Response},
};
use maud::html;

use super::Page;
use crate::{auth::Caller, error::ApiError, state::Api};

/// Whoever looks at a page, logged in or not.
#[derive(Debug)]
pub(crate) struct Visitor(pub(crate) Option<Caller>);

impl FromRequestParts<Api> for Visitor {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, ApiError> {
        match Caller::from_request_parts(parts, api).await {
            Ok(caller) => Ok(Self(Some(caller))),
            Err(refused) if refused.is_unauthenticated() => Ok(Self(None)),
            Err(failed) => Err(failed),
        }
    }
}

/// `GET /welcome`
pub(crate) async fn welcome(
    State(api): State<Api>,
    Visitor(visitor): Visitor,
) -> Result<Response, ApiError> {
    let Some(caller) = visitor else { return Ok(Redirect::to("/login").into_response()) };
    let invitations = api.identity.my_invitations(&caller.origin).await?;
    let user = caller.user;
    let body = html! {
        p { "You are logged in as " strong { (user.first_name) " " (user.last_name) } ", " (user.email) "." }
        @if !invitations.is_empty() {
            p { "You are invited:" }
            ul {
                @for invitation in &invitations {
                    li {
                        a href={ "/invitations/" (invitation.id) } { (invitation.workspace_name) }
                        " by " (invitation.invited_by_name)
                    }
                }
            }
        }
    };
    Ok(Page::new("Welcome", body).into_response())
}
