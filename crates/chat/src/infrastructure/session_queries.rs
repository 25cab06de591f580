//! Sessions, as callers of the facade get to read them.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use perme8_events::{StorageError, UserId, WorkspaceId, sql, sql::Db};
use projects::ProjectId;
use sqlx::types::Json;
use uuid::Uuid;

use crate::{
    application::{
        read_models::{MAX_LIMIT, PREVIEW, SessionPlace},
        reconcile::Held,
    },
    domain::{references::ChatSessionId, session::Session, title::shortened},
    infrastructure::rows::{SessionRow, select_sessions},
};

/// Nothing is younger: the last second of the year 9999.
pub(crate) const END_OF_TIME: DateTime<Utc> =
    DateTime::from_timestamp(253_402_300_799, 0).expect("there is such a second");

/// A session, whosever it is.
pub(crate) async fn session(db: &Db, id: ChatSessionId) -> Result<Option<Session>, StorageError> {
    let query = db.query(sql!(select_sessions!("WHERE id = $1")));
    Ok(query.bind(id).opt::<SessionRow>().await?.map(Session::from))
}

/// Which sessions of a person.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) user: UserId,
    /// Those in these workspaces.
    pub(crate) workspaces: &'a [WorkspaceId],
    /// And those in none.
    pub(crate) and_in_none: bool,
    pub(crate) limit: u8,
    pub(crate) after: Option<SessionPlace>,
}

/// A page of the sessions of a person, and where the next begins.
pub(crate) async fn list(
    db: &Db,
    asked: &Asked<'_>,
) -> Result<(Vec<Session>, Option<SessionPlace>), StorageError> {
    let Asked { user, workspaces, and_in_none, limit, after } = asked;
    let limit = usize::from((*limit).clamp(1, MAX_LIMIT));
    let first = SessionPlace { last_message_at: END_OF_TIME, id: ChatSessionId::new(Uuid::max()) };
    let SessionPlace { last_message_at, id } = after.unwrap_or(first);
    let query = db.query(sql!(
        sqlite: select_sessions!(
            "WHERE user_id = $1 AND (last_message_at, id) < ($2, $3)
               AND (workspace_id IN (SELECT unhex(value, '-') FROM json_each($4)) OR (workspace_id IS NULL AND $5))
             ORDER BY last_message_at DESC, id DESC LIMIT $6"
        ),
        postgres: select_sessions!(
            "WHERE user_id = $1 AND (last_message_at, id) < ($2, $3)
               AND (workspace_id IN (SELECT value::uuid FROM jsonb_array_elements_text($4::jsonb) AS value)
                    OR (workspace_id IS NULL AND $5))
             ORDER BY last_message_at DESC, id DESC LIMIT $6"
        )
    ));
    let query = query.bind(*user).bind(last_message_at).bind(id).bind(Json(workspaces));
    // One more than wanted tells whether another page follows.
    let enough = i64::try_from(limit + 1).map_err(StorageError::new)?;
    let rows: Vec<SessionRow> = query.bind(*and_in_none).bind(enough).all().await?;
    let mut sessions: Vec<Session> = rows.into_iter().map(Session::from).collect();
    let more = sessions.len() > limit;
    sessions.truncate(limit);
    let end = sessions
        .last()
        .map(|last| SessionPlace { last_message_at: last.last_message_at, id: last.id });
    Ok((sessions, end.filter(|_| more)))
}

/// How these sessions begin.
pub(crate) async fn previews(
    db: &Db,
    sessions: &[ChatSessionId],
) -> Result<HashMap<ChatSessionId, String>, StorageError> {
    let query = db.query(sql!(
        sqlite: "SELECT m.session_id, substr(m.content, 1, CAST($2 AS integer)) FROM chat_messages m
                 JOIN json_each($1) AS asked ON m.session_id = unhex(asked.value, '-')
                 WHERE m.number = (SELECT min(number) FROM chat_messages f WHERE f.session_id = m.session_id)",
        postgres: "SELECT m.session_id, substr(m.content, 1, CAST($2 AS integer)) FROM chat_messages m
                   JOIN jsonb_array_elements_text($1::jsonb) AS asked ON m.session_id = asked::uuid
                   WHERE m.number = (SELECT min(number) FROM chat_messages f WHERE f.session_id = m.session_id)"
    ));
    // One character more than shown tells whether there are others.
    let enough = i64::try_from(PREVIEW + 1).map_err(StorageError::new)?;
    let rows: Vec<(ChatSessionId, String)> = query.bind(Json(sessions)).bind(enough).all().await?;
    Ok(rows.into_iter().map(|(session, text)| (session, shortened(&text, PREVIEW))).collect())
}

/// Whose sessions there are, where and about what, in the order of their ids.
pub(crate) async fn held(
    db: &Db,
    after: Option<ChatSessionId>,
    limit: u32,
) -> Result<Vec<Held>, StorageError> {
    type Row = (ChatSessionId, UserId, Option<WorkspaceId>, Option<ProjectId>, DateTime<Utc>);
    let query = db.query(sql!(
        "SELECT id, user_id, workspace_id, project_id, created_at FROM chat_sessions
         WHERE id > $1 ORDER BY id LIMIT $2"
    ));
    let after = after.unwrap_or(ChatSessionId::new(Uuid::nil()));
    let rows: Vec<Row> = query.bind(after).bind(i64::from(limit)).all().await?;
    let held = rows.into_iter().map(|(id, user_id, workspace_id, project_id, created_at)| Held {
        id,
        user_id,
        workspace_id,
        project_id,
        created_at,
    });
    Ok(held.collect())
}
