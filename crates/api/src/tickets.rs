//! Tickets: what a browser shows in an address, where it cannot send a header.

use axum::extract::State;
use chrono::{DateTime, Utc};
use identity::{IssueTicket, IssuedTicket};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    auth::SessionCaller,
    error::ApiError,
    response::{Created, Data},
    state::Api,
};

/// The only response that ever shows the ticket.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Ticket")]
pub(crate) struct Shown {
    ticket: String,
    expires_at: DateTime<Utc>,
}

/// `POST /api/tickets`
pub(crate) async fn issue(
    State(api): State<Api>,
    caller: SessionCaller,
) -> Result<Created<Data<Shown>>, ApiError> {
    let command = IssueTicket { session_id: caller.session_id };
    let IssuedTicket { ticket, expires_at } =
        api.identity.issue_ticket(caller.origin, command).await?;
    let shown = Shown { ticket: ticket.expose().to_owned(), expires_at };
    Ok(Created(Data::new(shown)))
}
