//! The conversations of the caller.

use std::fmt;

use axum::extract::State;
use chat::{
    ChatSessionId, CreateSession, DeleteSession, ListMessages, ListSessions, MessageId,
    RenameSession, SessionDetails, SessionsPage, Span,
};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    auth::Caller,
    body::{Body, Wish},
    chat::messages::{Around, Message},
    error::ApiError,
    etag::{IfMatch, Tag, Tagged},
    fields::{Fields, FromFields},
    paging::{self, Limit, Next, Place},
    path::ChatSessionAt,
    query::Query,
    response::{Created, Data, NoContent},
    state::Api,
};

pub(crate) mod export;
pub(crate) mod messages;
pub(crate) mod sending;

/// So many conversations or messages make a page, unless the client says otherwise.
const USUAL: u8 = 50;

/// A conversation, as its owner sees it.
#[derive(Serialize, JsonSchema)]
pub(crate) struct ChatSession {
    id: ChatSessionId,
    title: Option<String>,
    is_title_automatic: bool,
    workspace: Option<String>,
    project: Option<String>,
    preview: Option<String>,
    message_count: i64,
    answer_id: Option<MessageId>,
    created_at: DateTime<Utc>,
    last_message_at: DateTime<Utc>,
    version: i64,
}

/// Leaves out what people say.
impl fmt::Debug for ChatSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChatSession").field("id", &self.id).finish_non_exhaustive()
    }
}

impl From<SessionDetails> for ChatSession {
    fn from(details: SessionDetails) -> Self {
        let SessionDetails {
            id,
            workspace,
            project,
            title,
            is_title_automatic,
            preview,
            message_count,
            answer_id,
            created_at,
            last_message_at,
            version,
        } = details;
        Self {
            id,
            title,
            is_title_automatic,
            workspace: workspace.map(|workspace| workspace.slug),
            project: project.map(|project| project.slug),
            preview,
            message_count,
            answer_id,
            created_at,
            last_message_at,
            version,
        }
    }
}

/// A conversation with what was said last.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct OpenSession {
    #[serde(flatten)]
    session: ChatSession,
    messages: Vec<Message>,
}

/// Which conversations a client wants to see.
#[derive(Debug)]
pub(crate) struct Listed {
    workspace: Option<String>,
    limit: u8,
    after: Option<Place>,
}

impl FromFields for Listed {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let workspace = fields.optional_text("workspace");
        let limit = Limit::of(fields).map_or(USUAL, Limit::get);
        Some(Self { workspace, limit, after: paging::after(fields) })
    }
}

/// How many messages a client wants to see.
#[derive(Debug)]
pub(crate) struct Opened {
    limit: u8,
}

impl FromFields for Opened {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self { limit: Limit::of(fields).map_or(USUAL, Limit::get) })
    }
}

/// The body of a beginning.
#[derive(Debug)]
pub(crate) struct Begun {
    title: Option<String>,
    workspace: Option<String>,
    project: Option<String>,
}

impl FromFields for Begun {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        Some(Self {
            title: fields.optional_text("title"),
            workspace: fields.optional_text("workspace"),
            project: fields.optional_text("project"),
        })
    }
}

/// The body of a change.
#[derive(Debug)]
pub(crate) struct Renamed {
    title: String,
    version: Option<i64>,
}

impl FromFields for Renamed {
    fn from_fields(fields: &mut Fields) -> Option<Self> {
        let (title, version) = (fields.text("title"), fields.optional_integer("version"));
        Some(Self { title: title?, version })
    }
}

/// `GET /api/chat/sessions`
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
    Query(asked): Query<Listed>,
) -> Result<Data<Vec<ChatSession>, Next>, ApiError> {
    let Listed { workspace, limit, after } = asked;
    caller.within(workspace.as_deref())?;
    let (workspace, after) = (workspace.map(Into::into), after.map(Into::into));
    let page = caller
        .chat(&api)
        .sessions(&caller.origin, ListSessions { workspace, limit, after })
        .await?;
    let SessionsPage { sessions, next } = page;
    let sessions = sessions.into_iter().map(ChatSession::from).collect();
    Ok(Data::with_meta(sessions, Next { next: next.map(Place::from) }))
}

/// `POST /api/chat/sessions`
pub(crate) async fn create(
    State(api): State<Api>,
    caller: Caller,
    Body(begun): Body<Begun>,
) -> Result<Created<Tagged<Data<ChatSession>>>, ApiError> {
    let Begun { title, workspace, project } = begun;
    caller.within(workspace.as_deref())?;
    let command = CreateSession { workspace: workspace.map(Into::into), project, title };
    Ok(Created(shown(caller.chat(&api).create_session(caller.origin, command).await?)))
}

/// `GET /api/chat/sessions/{id}`
pub(crate) async fn show(
    State(api): State<Api>,
    caller: Caller,
    ChatSessionAt(id): ChatSessionAt,
    Query(Opened { limit }): Query<Opened>,
) -> Result<Tagged<Data<OpenSession, Around>>, ApiError> {
    let found = caller.chat(&api).session(&caller.origin, id).await?;
    let asked = ListMessages { limit, span: Span::End };
    let page = caller.chat(&api).messages(&caller.origin, id, asked).await?;
    let (tag, (messages, around)) = (Tag::of(found.id, found.version), messages::shown(page));
    let session = OpenSession { session: found.into(), messages };
    Ok(Tagged(tag, Data::with_meta(session, around)))
}

/// `PATCH /api/chat/sessions/{id}`
pub(crate) async fn rename(
    State(api): State<Api>,
    caller: Caller,
    ChatSessionAt(session): ChatSessionAt,
    if_match: IfMatch,
    wish: Wish<Renamed>,
) -> Result<Tagged<Data<ChatSession>>, ApiError> {
    let granted = async { caller.chat(&api).session(&caller.origin, session).await.map(drop) };
    let Renamed { title, version } = wish.read(granted).await?;
    let command = RenameSession { session, title, seen: if_match.beside(version) };
    let renamed = caller.chat(&api).rename_session(caller.origin, command).await;
    renamed.map(shown).map_err(|error| if_match.refusal(error))
}

/// `DELETE /api/chat/sessions/{id}`
pub(crate) async fn delete(
    State(api): State<Api>,
    caller: Caller,
    ChatSessionAt(session): ChatSessionAt,
    if_match: IfMatch,
) -> Result<NoContent, ApiError> {
    let command = DeleteSession { session, seen: if_match.seen() };
    let deleted = caller.chat(&api).delete_session(caller.origin, command).await;
    deleted.map(|()| NoContent).map_err(|error| if_match.refusal(error))
}

fn shown(details: SessionDetails) -> Tagged<Data<ChatSession>> {
    Tagged(Tag::of(details.id, details.version), Data::new(details.into()))
}
