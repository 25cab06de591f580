//! Messages, as callers of the facade get to read them.

use chrono::DateTime;
use perme8_events::{StorageError, UserId, WorkspaceId, sql, sql::Db};
use sqlx::types::Json;
use uuid::Uuid;

use crate::{
    application::read_models::{
        ExportMessages, ExportedMessages, ListMessages, MAX_LIMIT, MessageDetails, MessagePlace,
        MessagesPage, Span,
    },
    domain::references::{ChatSessionId, MessageId},
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
