//! What was said in the conversations of the caller.

use std::fmt;

use axum::extract::State;
use chat::{
    ChatSessionId, DeleteMessage, FoundMessage, FoundMessages, ListMessages, MessageDetails,
    MessageId, MessageRole, MessageStatus, MessagesPage, SearchMessages, Span,
};
use chrono::{DateTime, Utc};
use identity::AgentId;
use schemars::JsonSchema;
use serde::Serialize;

use super::USUAL;
use crate::{
    auth::Caller,
    error::ApiError,
    fields::{Fields, FromFields},
    paging::{self, Limit, Next, Place},
    path::{ChatSessionAt, MessageAt},
    query::Query,
    response::{Data, NoContent},
    state::Api,
};

/// A message, as whoever's conversation it is sees it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ChatMessage")]
pub(crate) struct Message {
    id: MessageId,
    session_id: ChatSessionId,
    number: i64,
    role: MessageRole,
    content: String,
    status: MessageStatus,
    reason: Option<String>,
    answers: Option<MessageId>,
    agent_id: Option<AgentId>,
    model: Option<String>,
    prompt_tokens: Option<i64>,
    completion_tokens: Option<i64>,
    latency_ms: Option<i64>,
    created_at: DateTime<Utc>,
    ended_at: Option<DateTime<Utc>>,
}

/// Leaves out what people say.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message").field("id", &self.id).finish_non_exhaustive()
    }
}

impl From<MessageDetails> for Message {
    fn from(details: MessageDetails) -> Self {
        let MessageDetails {
            id,
            session_id,
            number,
            role,
            content,
            status,
            agent_id,
            model,
            prompt_tokens,
            completion_tokens,
            latency_ms,
            reason,
            answers,
            created_at,
            ended_at,
        } = details;
        Self {
            id,
            session_id,
            number,
            role,
            content,
            status,
            reason,
            answers,
            agent_id,
            model,
            prompt_tokens,
            completion_tokens,
            latency_ms,
            created_at,
            ended_at,
        }
    }
}

/// Where older and newer messages are; nowhere if there are none.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "MessagesAround")]
pub(crate) struct Around {
    before: Option<i64>,
    after: Option<i64>,
}

/// A page as JSON shows it, and what is around it.
pub(super) fn shown(page: MessagesPage) -> (Vec<Message>, Around) {
    let MessagesPage { messages, before, after } = page;
    (messages.into_iter().map(Message::from).collect(), Around { before, after })
}

/// Which messages a client wants to see.
#[derive(Debug)]
pub(crate) struct Asked(ListMessages);

impl FromFields for Asked {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        const NUMBER: &str = "must be the number of a message";
        let before = fields.optional_parsed("before", NUMBER);
        let after: Option<i64> = fields.optional_parsed("after", NUMBER);
        let limit = Limit::of(fields).map_or(USUAL, Limit::get);
        let span = match (before, after) {
            (None, None) => Span::End,
            (Some(number), None) => Span::Before(number),
            (None, Some(number)) => Span::After(number),
            (Some(_), Some(_)) => return fields.note("after", "cannot stand beside before"),
        };
        Some(Self(ListMessages { limit, span }))
    }
}

/// Which words a client looks for.
#[derive(Debug)]
pub(crate) struct Searched(SearchMessages);

impl FromFields for Searched {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let is_sent = fields.has("q");
        let words = paging::search(fields);
        let limit = Limit::of(fields).map_or(USUAL, Limit::get);
        let after = paging::after(fields).map(|place: Place| place.into());
        match words {
            Some(words) if !words.trim().is_empty() => {
                Some(Self(SearchMessages { words, limit, after }))
            }
            // What is wrong with it is noted already.
            None if is_sent => None,
            Some(_) | None => fields.note("q", "can't be blank"),
        }
    }
}

/// A message that was found.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "FoundMessage")]
pub(crate) struct Found {
    id: MessageId,
    session_id: ChatSessionId,
    session_title: Option<String>,
    number: i64,
    role: MessageRole,
    excerpt: String,
    created_at: DateTime<Utc>,
}

/// Leaves out what people say.
impl fmt::Debug for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Found").field("id", &self.id).finish_non_exhaustive()
    }
}

impl From<FoundMessage> for Found {
    fn from(found: FoundMessage) -> Self {
        let FoundMessage { id, session_id, session_title, number, role, excerpt, created_at } =
            found;
        Self { id, session_id, session_title, number, role, excerpt, created_at }
    }
}

/// `GET /api/chat/sessions/{id}/messages`
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
    ChatSessionAt(session): ChatSessionAt,
    Query(Asked(asked)): Query<Asked>,
) -> Result<Data<Vec<Message>, Around>, ApiError> {
    let (messages, around) =
        shown(caller.chat(&api).messages(&caller.origin, session, asked).await?);
    Ok(Data::with_meta(messages, around))
}

/// `DELETE /api/chat/sessions/{id}/messages/{message}`
pub(crate) async fn delete(
    State(api): State<Api>,
    caller: Caller,
    MessageAt { session, message }: MessageAt,
) -> Result<NoContent, ApiError> {
    caller.chat(&api).delete_message(caller.origin, DeleteMessage { session, message }).await?;
    Ok(NoContent)
}

/// `GET /api/chat/search`
pub(crate) async fn search(
    State(api): State<Api>,
    caller: Caller,
    Query(Searched(asked)): Query<Searched>,
) -> Result<Data<Vec<Found>, Next>, ApiError> {
    let FoundMessages { messages, next } =
        caller.chat(&api).search_messages(&caller.origin, asked).await?;
    let messages = messages.into_iter().map(Found::from).collect();
    Ok(Data::with_meta(messages, Next { next: next.map(Place::from) }))
}
