//! The mails of a host that somebody develops with.

use axum::{
    Router,
    extract::State,
    response::{Html, IntoResponse as _, Response},
    routing::get,
};
use mail::{Mailbox, MailboxEntry};
use maud::{Markup, html};

use super::Page;
use crate::{error::ApiError, headers::Profile, path::MailAt, state::Api};

/// So many mails are listed.
const LISTED: u32 = 100;

/// None but for development: whoever reads these mails can log in as everybody.
pub(crate) fn routes(for_development: bool) -> Router<Api> {
    if !for_development {
        return Router::new();
    }
    Router::new()
        .route("/dev/mailbox", get(list))
        .route("/dev/mailbox/{id}", get(show))
        .route("/dev/mailbox/{id}/html", get(body))
}

fn mailbox(api: &Api) -> Result<&Mailbox, ApiError> {
    api.options.mailbox.as_ref().ok_or(ApiError::route_not_found())
}

async fn entry(api: &Api, MailAt(id): MailAt) -> Result<MailboxEntry, ApiError> {
    mailbox(api)?.mail(id).await?.ok_or(ApiError::route_not_found())
}

/// `GET /dev/mailbox`
async fn list(State(api): State<Api>) -> Result<Page, ApiError> {
    let mails = mailbox(&api)?.list(LISTED).await?;
    let body = html! {
        @if mails.is_empty() { p { "No mail was sent yet. With a mail server configured, none arrives here." } }
        table {
            @for mail in &mails {
                tr {
                    td { a href={ "/dev/mailbox/" (mail.id) } { (mail.subject) } }
                    td { (mail.to.address()) }
                    td { small { (mail.sent_at.format("%F %T")) } }
                }
            }
        }
    };
    Ok(Page::new("Mailbox", body))
}

/// `GET /dev/mailbox/{id}`
async fn show(State(api): State<Api>, id: MailAt) -> Result<Page, ApiError> {
    let MailboxEntry { id, message_id, kind, from, to, subject, text, html: _, sent_at } =
        entry(&api, id).await?;
    let body = html! {
        table {
            tr { th { "From" } td { (from.name()) " <" (from.address()) ">" } }
            tr { th { "To" } td { (to.name()) " <" (to.address()) ">" } }
            tr { th { "Sent" } td { (sent_at.format("%F %T")) } }
            tr { th { "Kind" } td { (kind) } }
            tr { th { "Message-ID" } td { (message_id) } }
        }
        pre { (linked(&text)) }
        iframe sandbox title="The mail as HTML" src={ "/dev/mailbox/" (id) "/html" } {}
        p { a href="/dev/mailbox" { "All mails" } }
    };
    Ok(Page::new(subject, body))
}

/// `GET /dev/mailbox/{id}/html`
async fn body(State(api): State<Api>, id: MailAt) -> Result<Response, ApiError> {
    let mut response = Html(entry(&api, id).await?.html).into_response();
    response.extensions_mut().insert(Profile::Mail);
    Ok(response)
}

/// The text, with a link where a line is an address; those in the frame can lead nowhere.
fn linked(text: &str) -> Markup {
    html! {
        @for line in text.split_inclusive('\n') {
            @let address = line.trim_end();
            @if address.starts_with("http://") || address.starts_with("https://") {
                a href=(address) { (address) } "\n"
            } @else {
                (line)
            }
        }
    }
}
