//! A conversation as a file.

use std::{fmt::Write as _, io, str::FromStr};

use axum::{
    body::{Body, Bytes},
    extract::State,
    http::header::{CONTENT_DISPOSITION, CONTENT_TYPE},
};
use chat::{Chat, ChatSessionId, ListMessages, MessageDetails, MessageRole, SessionDetails, Span};
use chrono::SecondsFormat;
use futures_util::stream;
use perme8_events::Origin;
use serde_json::json;

use super::{ChatSession, messages::Message};
use crate::{
    auth::Caller,
    error::ApiError,
    fields::{Fields, FromFields},
    openapi::{Answers, Media, Sketch},
    paging::MOST,
    path::ChatSessionAt,
    query::Query,
    response::{As, Either, Markdown},
    state::Api,
};

/// What the file is like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Format {
    #[default]
    Markdown,
    Json,
}

impl FromStr for Format {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        match word {
            "markdown" => Ok(Self::Markdown),
            "json" => Ok(Self::Json),
            _ => Err(()),
        }
    }
}

impl Format {
    const fn content_type(self) -> &'static str {
        match self {
            Self::Markdown => "text/markdown; charset=utf-8",
            Self::Json => "application/json",
        }
    }

    const fn extension(self) -> &'static str {
        match self {
            Self::Markdown => "md",
            Self::Json => "json",
        }
    }
}

/// What the query says.
#[derive(Debug)]
pub(crate) struct Wanted(Format);

impl FromFields for Wanted {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let format = fields.optional_parsed("format", "must be markdown or json");
        Some(Self(format.unwrap_or_default()))
    }
}

/// The conversation and all of its messages, as JSON.
#[derive(Debug)]
pub(crate) struct Whole;

impl Answers for Whole {
    fn sketch(on: &mut Sketch<'_>, status: u16) {
        let (session, messages) = (on.schema::<ChatSession>(), on.schema::<Vec<Message>>());
        let schema = json!({
            "type": "object",
            "required": ["session", "messages"],
            "properties": { "session": session, "messages": messages },
        });
        on.answer(status, Media::Json, schema);
    }
}

/// `GET /api/chat/sessions/{id}/export`
pub(crate) async fn export(
    State(api): State<Api>,
    caller: Caller,
    ChatSessionAt(id): ChatSessionAt,
    Query(Wanted(format)): Query<Wanted>,
) -> Result<As<Either<Markdown, Whole>>, ApiError> {
    let chat = caller.chat(&api);
    let session = chat.session(&caller.origin, id).await?;
    let headers = [
        (CONTENT_TYPE, format.content_type().to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"chat-{id}.{}\"", format.extension())),
    ];
    let file =
        File { chat, origin: caller.origin, id, format, next: Next::Head(Box::new(session)) };
    let body = stream::unfold(file, |mut file| async {
        let bytes = file.go_on().await.transpose()?;
        Some((bytes, file))
    });
    Ok(As::of((headers, Body::from_stream(body))))
}

/// What is written next.
enum Next {
    Head(Box<SessionDetails>),
    /// What was said after the message of this number.
    Messages(i64),
    Nothing,
}

/// A file that is written while it is sent: a page is in memory at a time.
struct File {
    chat: Chat,
    origin: Origin,
    id: ChatSessionId,
    format: Format,
    next: Next,
}

impl File {
    /// The next bytes; none after the last ones. Who asks is asked anew for every page.
    async fn go_on(&mut self) -> io::Result<Option<Bytes>> {
        let text = match std::mem::replace(&mut self.next, Next::Nothing) {
            Next::Nothing => return Ok(None),
            Next::Head(session) => {
                self.next = Next::Messages(0);
                self.format.head(*session)?
            }
            Next::Messages(after) => {
                let asked = ListMessages { limit: MOST, span: Span::After(after) };
                let page = self.chat.messages(&self.origin, self.id, asked).await;
                let page = page.map_err(io::Error::other)?;
                let mut text = self.format.messages(page.messages, after == 0)?;
                match page.after {
                    Some(number) => self.next = Next::Messages(number),
                    None => text.push_str(self.format.end()),
                }
                text
            }
        };
        Ok(Some(text.into()))
    }
}

impl Format {
    fn head(self, session: SessionDetails) -> io::Result<String> {
        match self {
            Self::Markdown => {
                let title = session.title.as_deref().unwrap_or("Conversation");
                Ok(format!("# {title}\n"))
            }
            Self::Json => {
                let session = serde_json::to_string(&ChatSession::from(session))?;
                Ok(format!("{{\"session\":{session},\"messages\":["))
            }
        }
    }

    fn messages(self, messages: Vec<MessageDetails>, are_first: bool) -> io::Result<String> {
        let mut text = String::new();
        for (number, message) in messages.into_iter().enumerate() {
            match self {
                Self::Markdown => text.push_str(&in_markdown(&message)),
                Self::Json => {
                    let separator = if are_first && number == 0 { "" } else { "," };
                    text.push_str(separator);
                    text.push_str(&serde_json::to_string(&Message::from(message))?);
                }
            }
        }
        Ok(text)
    }

    const fn end(self) -> &'static str {
        match self {
            Self::Markdown => "",
            Self::Json => "]}",
        }
    }
}

/// A message under a heading that says who said it and when.
fn in_markdown(message: &MessageDetails) -> String {
    let MessageDetails { role, content, created_at, status, .. } = message;
    let who = match role {
        MessageRole::User => "You",
        MessageRole::Assistant => "Assistant",
    };
    let at = created_at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let mut text = format!("\n## {who}, {at}");
    if *status != chat::MessageStatus::Complete {
        write!(text, " ({})", status.as_str()).expect("a String takes everything");
    }
    write!(text, "\n\n{content}\n").expect("a String takes everything");
    text
}
