//! Messages, as callers of the facade get to read them.

use chrono::DateTime;
use perme8_events::{
    StorageError, UserId, WorkspaceId, sql,
    sql::{Db, Query},
};
use sqlx::types::Json;
use uuid::Uuid;

use crate::{
    application::{
        read_models::{
            ExportMessages, ExportedMessages, ListMessages, MAX_LIMIT, MessageDetails,
            MessagePlace, MessagesPage, Span,
        },
        send_message::SentBefore,
    },
    domain::{
        message::{Message, MessageStatus},
        prompt::Newest,
        references::{ChatSessionId, MessageId},
    },
    infrastructure::rows::{MessageRow, messages, select_messages},
};

/// A page of the messages of a session.
pub(crate) async fn list(
    db: &Db,
    session: ChatSessionId,
    asked: ListMessages,
) -> Result<MessagesPage, StorageError> {
    let ListMessages { limit, span } = asked;
    let limit = usize::from(limit.clamp(1, MAX_LIMIT));
    // One more than wanted tells whether there are others.
    let enough = i64::try_from(limit + 1).map_err(StorageError::new)?;
    let (older, newer) = (
        sql!(select_messages!(
            "WHERE session_id = $1 AND number < $2 ORDER BY number DESC LIMIT $3"
        )),
        sql!(select_messages!("WHERE session_id = $1 AND number > $2 ORDER BY number LIMIT $3")),
    );
    let (query, from) = match span {
        Span::End => (older, i64::MAX),
        Span::Before(number) => (older, number),
        Span::After(number) => (newer, number),
    };
    let rows: Vec<MessageRow> = db.query(query).bind(session).bind(from).bind(enough).all().await?;
    let mut found = messages(rows)?;
    let more = found.len() > limit;
    found.truncate(limit);
    let is_backwards = !matches!(span, Span::After(_));
    if is_backwards {
        found.reverse();
    }
    let (first, last) =
        (found.first().map(|first| first.number), found.last().map(|last| last.number));
    // What was asked from is on the other side; what is there, nobody has to know exactly.
    let (before, after) = match span {
        Span::End => (first.filter(|_| more), None),
        Span::Before(_) => (first.filter(|_| more), last),
        Span::After(0) => (None, last.filter(|_| more)),
        Span::After(_) => (first, last.filter(|_| more)),
    };
    let messages = found.into_iter().map(MessageDetails::from).collect();
    Ok(MessagesPage { messages, before, after })
}

/// A page of everything that was said in the sessions of a person that are in these workspaces or in none, oldest first.
pub(crate) async fn export(
    db: &Db,
    user: UserId,
    workspaces: &[WorkspaceId],
    asked: ExportMessages,
) -> Result<ExportedMessages, StorageError> {
    let ExportMessages { limit, after } = asked;
    let limit = usize::from(limit.clamp(1, MAX_LIMIT));
    let first = MessagePlace { created_at: DateTime::UNIX_EPOCH, id: MessageId::new(Uuid::nil()) };
    let MessagePlace { created_at, id } = after.unwrap_or(first);
    let query = db.query(sql!(
        sqlite: select_messages!(
            "WHERE user_id = $1 AND (created_at, id) > ($2, $3)
               AND session_id IN
                 (SELECT id FROM chat_sessions
                  WHERE user_id = $1 AND (workspace_id IS NULL OR workspace_id IN (SELECT unhex(value, '-') FROM json_each($4))))
             ORDER BY created_at, id LIMIT $5"
        ),
        postgres: select_messages!(
            "WHERE user_id = $1 AND (created_at, id) > ($2, $3)
               AND session_id IN
                 (SELECT id FROM chat_sessions
                  WHERE user_id = $1 AND (workspace_id IS NULL OR workspace_id IN
                    (SELECT value::uuid FROM jsonb_array_elements_text($4::jsonb) AS value)))
             ORDER BY created_at, id LIMIT $5"
        )
    ));
    // One more than wanted tells whether another page follows.
    let enough = i64::try_from(limit + 1).map_err(StorageError::new)?;
    let query = query.bind(user).bind(created_at).bind(id).bind(Json(workspaces));
    let mut found = messages(query.bind(enough).all::<MessageRow>().await?)?;
    let more = found.len() > limit;
    found.truncate(limit);
    let end = found.last().map(|last| MessagePlace { created_at: last.created_at, id: last.id });
    let messages = found.into_iter().map(MessageDetails::from).collect();
    Ok(ExportedMessages { messages, next: end.filter(|_| more) })
}

/// At most so many messages are looked at for what was said before.
const BEFORE: usize = 400;

/// The newest of what was said in a session between the messages of two numbers and is not empty.
pub(crate) async fn newest(
    db: &Db,
    session: ChatSessionId,
    between: (i64, i64),
) -> Result<Newest, StorageError> {
    let query = sql!(select_messages!(
        "WHERE session_id = $1 AND number > $2 AND number < $3 AND ended_at IS NOT NULL AND status <> $4 AND content <> ''
         ORDER BY number DESC LIMIT $5"
    ));
    let mut said = said(db.query(query), session, between, BEFORE + 1).await?;
    let is_all = said.len() <= BEFORE;
    said.truncate(BEFORE);
    said.reverse();
    Ok(Newest::of(said, is_all))
}

/// The oldest of it.
pub(crate) async fn oldest(
    db: &Db,
    session: ChatSessionId,
    between: (i64, i64),
) -> Result<Vec<Message>, StorageError> {
    let query = sql!(select_messages!(
        "WHERE session_id = $1 AND number > $2 AND number < $3 AND ended_at IS NOT NULL AND status <> $4 AND content <> ''
         ORDER BY number LIMIT $5"
    ));
    said(db.query(query), session, between, BEFORE).await
}

async fn said(
    query: Query<'_>,
    session: ChatSessionId,
    (after, before): (i64, i64),
    limit: usize,
) -> Result<Vec<Message>, StorageError> {
    let query = query.bind(session).bind(after).bind(before).bind(MessageStatus::Failed.as_str());
    let limit = i64::try_from(limit).map_err(StorageError::new)?;
    messages(query.bind(limit).all::<MessageRow>().await?)
}

/// What a person has said in a session with this key, and the last answer to it: the answer to a `select_sent_before!`.
pub(crate) async fn sent_before(
    query: Query<'_>,
    session: ChatSessionId,
    key: &str,
) -> Result<Option<SentBefore>, StorageError> {
    let rows: Vec<MessageRow> = query.bind(session).bind(key).all().await?;
    let mut found = messages(rows)?.into_iter();
    let Some(message) = found.next() else { return Ok(None) };
    Ok(Some((message, found.next())))
}

/// A message of a session.
pub(crate) async fn message(
    db: &Db,
    session: ChatSessionId,
    id: MessageId,
) -> Result<Option<Message>, StorageError> {
    let query = db.query(sql!(select_messages!("WHERE session_id = $1 AND id = $2")));
    let row: Option<MessageRow> = query.bind(session).bind(id).opt().await?;
    row.map(Message::try_from).transpose()
}
