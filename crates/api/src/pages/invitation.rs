//! Answering an invitation, with an account or without one.

use std::str::FromStr;

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Redirect, Response},
};
use identity::{
    AcceptInvitation, AcceptInvitationError, DeclineInvitation, DeclineInvitationError,
    FieldErrors, InvitationId, InvitationOffer, QueryError, RegisterUser, RegisterUserError,
    RequestMagicLink, Secret,
};
use maud::{Markup, html};

use super::{Page, welcome::Visitor};
use crate::{
    auth::Caller,
    body::Form,
    edge::Edge,
    error::ApiError,
    fields::{Fields, FromFields},
    limits::bucket::{Account, Action},
    path::InvitationAt,
    state::Api,
    users,
};

/// What the forms of this page say.
#[derive(Debug)]
pub(crate) enum Answer {
    Accept,
    Decline,
    /// Somebody who has an account wants to log in.
    Link,
    /// Somebody wants an account.
    Register(NewAccount),
}

#[derive(Debug)]
pub(crate) struct NewAccount {
    first_name: String,
    last_name: String,
    password: Option<Secret>,
}

/// What stands on the button.
enum Button {
    Accept,
    Decline,
    Link,
    Register,
}

impl FromStr for Button {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "accept" => Ok(Self::Accept),
            "decline" => Ok(Self::Decline),
            "link" => Ok(Self::Link),
            "register" => Ok(Self::Register),
            _ => Err(()),
        }
    }
}

impl FromFields for Answer {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let button = fields.parsed("answer", "must be accept, decline, link or register")?;
        Some(match button {
            Button::Accept => Self::Accept,
            Button::Decline => Self::Decline,
            Button::Link => Self::Link,
            Button::Register => {
                let mut text = |name| fields.optional_text(name).unwrap_or_default();
                let (first_name, last_name, password) =
                    (text("first_name"), text("last_name"), text("password"));
                // An empty field of a form is none.
                let password = (!password.is_empty()).then(|| Secret::new(password));
                Self::Register(NewAccount { first_name, last_name, password })
            }
        })
    }
}

/// `GET /invitations/{id}`
pub(crate) async fn show(
    State(api): State<Api>,
    Visitor(visitor): Visitor,
    InvitationAt(id): InvitationAt,
) -> Result<Page, ApiError> {
    match offer(&api, id).await? {
        Some(offer) => Ok(page(&offer, visitor.as_ref(), None)),
        None => Ok(over()),
    }
}

/// `POST /invitations/{id}`
pub(crate) async fn answer(
    State(api): State<Api>,
    Visitor(visitor): Visitor,
    InvitationAt(id): InvitationAt,
    edge: Edge,
    Form(answer): Form<Answer>,
) -> Result<Response, ApiError> {
    let Some(offer) = offer(&api, id).await? else { return Ok(over().into_response()) };
    match (answer, visitor) {
        (Answer::Accept, Some(caller)) => accept(&api, caller, id).await,
        (Answer::Decline, Some(caller)) => decline(&api, caller, id).await,
        // The session has ended since the page was made.
        (Answer::Accept | Answer::Decline, None) => {
            Ok(page(&offer, None, None).with_status(StatusCode::UNAUTHORIZED).into_response())
        }
        (Answer::Link, _) => {
            api.attempt(Action::MagicLink, &edge, Account::at(&offer.email)).await?;
            let command = RequestMagicLink { email: offer.email };
            api.identity.request_magic_link(edge.anonymous(), command).await?;
            Ok(Page::look_into_your_mail("15 minutes").into_response())
        }
        (Answer::Register(account), _) => {
            let NewAccount { first_name, last_name, password } = account;
            let email = offer.email.clone();
            let command = RegisterUser { email, first_name, last_name, password };
            match users::register_as(&api, edge, command).await? {
                Ok(_) => Ok(Page::look_into_your_mail("15 minutes").into_response()),
                Err(RegisterUserError::Invalid(problems)) => {
                    let status = StatusCode::UNPROCESSABLE_ENTITY;
                    Ok(page(&offer, None, Some(&problems)).with_status(status).into_response())
                }
                Err(RegisterUserError::Storage(error)) => Err(error.into()),
            }
        }
    }
}

async fn accept(api: &Api, caller: Caller, id: InvitationId) -> Result<Response, ApiError> {
    let command = AcceptInvitation { invitation: id.into() };
    match api.identity.accept_invitation(caller.origin, command).await {
        Ok(_) | Err(AcceptInvitationError::AlreadyMember) => {
            Ok(Redirect::to("/welcome").into_response())
        }
        Err(
            AcceptInvitationError::InvitationNotFound
            | AcceptInvitationError::Expired
            | AcceptInvitationError::WorkspaceArchived,
        ) => Ok(over().into_response()),
        Err(error @ (AcceptInvitationError::Forbidden | AcceptInvitationError::Storage(_))) => {
            Err(error.into())
        }
    }
}

async fn decline(api: &Api, caller: Caller, id: InvitationId) -> Result<Response, ApiError> {
    let command = DeclineInvitation { invitation: id.into() };
    match api.identity.decline_invitation(caller.origin, command).await {
        Ok(()) => Ok(Redirect::to("/welcome").into_response()),
        Err(DeclineInvitationError::InvitationNotFound) => Ok(over().into_response()),
        Err(error @ (DeclineInvitationError::Forbidden | DeclineInvitationError::Storage(_))) => {
            Err(error.into())
        }
    }
}

async fn offer(api: &Api, id: InvitationId) -> Result<Option<InvitationOffer>, ApiError> {
    match api.identity.invitation_offer(id).await {
        Ok(offer) => Ok(Some(offer)),
        Err(QueryError::NotFound) => Ok(None),
        Err(error @ (QueryError::Forbidden | QueryError::Storage(_))) => Err(error.into()),
    }
}

/// Also if there never was such an invitation.
fn over() -> Page {
    let body =
        html! { p { "It was answered or taken back, or its time is over. Ask for another one." } };
    Page::new("This invitation does not work any more", body).with_status(StatusCode::NOT_FOUND)
}

fn page(offer: &InvitationOffer, visitor: Option<&Caller>, problems: Option<&FieldErrors>) -> Page {
    let InvitationOffer { id, workspace_name, invited_by_name, email, role, has_account } = offer;
    let action = format!("/invitations/{id}");
    let is_invitee = visitor.is_some_and(|caller| caller.user.email == *email);
    let body = html! {
        p { strong { (invited_by_name) } " invites " (email) " to join " strong { (workspace_name) } " as " (role) "." }
        @if let Some(other) = visitor.filter(|_| !is_invitee) {
            p { "You are logged in as " (other.user.email) ", who is not invited." }
        }
        @if is_invitee {
            (answers(&action))
        } @else if *has_account {
            (link(&action))
        } @else {
            (registration(&action, problems))
        }
    };
    Page::new("You are invited", body)
}

fn answers(action: &str) -> Markup {
    html! {
        form method="post" action=(action) {
            button name="answer" value="accept" { "Join" }
            button.quiet name="answer" value="decline" { "Decline" }
        }
    }
}

fn link(action: &str) -> Markup {
    html! {
        p { "Log in to answer:" }
        form method="post" action=(action) {
            button name="answer" value="link" { "Send me a link by mail" }
        }
    }
}

fn registration(action: &str, problems: Option<&FieldErrors>) -> Markup {
    html! {
        p { "To answer, make an account for this address:" }
        @for error in problems.into_iter().flat_map(FieldErrors::iter) {
            p.problem { (error.field.replace('_', " ")) " " (error.problem) }
        }
        form method="post" action=(action) {
            input type="hidden" name="answer" value="register";
            label { "First name" input name="first_name" required maxlength="100" autocomplete="given-name"; }
            label { "Last name" input name="last_name" required maxlength="100" autocomplete="family-name"; }
            label {
                "Password, if you want one besides links by mail"
                input type="password" name="password" minlength="12" maxlength="256" autocomplete="new-password";
            }
            button { "Make an account" }
        }
    }
}
