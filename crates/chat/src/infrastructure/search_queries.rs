//! What was said, as searches find it.

use chrono::{DateTime, Utc};
use identity::folded;
use perme8_events::{StorageError, UserId, WorkspaceId, sql, sql::Db};
use sqlx::{FromRow, types::Json};
use uuid::Uuid;

use crate::{
    application::{
        read_models::MessagePlace,
        searching::{FoundMessage, FoundMessages, SCANNED, SearchMessages},
    },
    domain::{
        excerpt::excerpt,
        references::{ChatSessionId, MessageId},
    },
    infrastructure::{rows, session_queries::END_OF_TIME},
};

/// A message that was found.
#[derive(FromRow)]
struct FoundRow {
    id: MessageId,
    session_id: ChatSessionId,
    title: Option<String>,
    number: i64,
    role: String,
    content: String,
    created_at: DateTime<Utc>,
}

/// The messages of a person that a search looks at, those of lost workspaces left out.
macro_rules! scanned {
    ($workspaces:literal, $columns:literal) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM chat_messages m JOIN chat_sessions s ON s.id = m.session_id
             WHERE m.user_id = $1 AND (m.created_at, m.id) < ($2, $3)
               AND (s.workspace_id IS NULL OR s.workspace_id IN ",
            $workspaces,
            ") ORDER BY m.created_at DESC, m.id DESC LIMIT "
        )
    };
}

/// The same, of which those are left in which each word occurs.
macro_rules! found {
    ($workspaces:literal, $no_word_misses:literal) => {
        concat!(
            "SELECT id, session_id, title, number, role, content, created_at FROM (",
            scanned!(
                $workspaces,
                "m.id, m.session_id, s.title, m.number, m.role, m.content, m.searched, m.created_at"
            ),
            "$5) AS scanned WHERE ",
            $no_word_misses,
            " ORDER BY created_at DESC, id DESC LIMIT $7"
        )
    };
}

/// Where the scan ends, if it does not come to the end.
macro_rules! end {
    ($workspaces:literal) => {
        concat!(scanned!($workspaces, "m.created_at, m.id"), "1 OFFSET $5")
    };
}

/// Looks at some messages of a person, newest first.
pub(crate) async fn search(
    db: &Db,
    user: UserId,
    workspaces: &[WorkspaceId],
    asked: &SearchMessages,
) -> Result<FoundMessages, StorageError> {
    let words = folded(&asked.words);
    let words: Vec<&str> = words.split_whitespace().collect();
    let limit = asked.limit();
    let first = MessagePlace { created_at: END_OF_TIME, id: MessageId::new(Uuid::max()) };
    let after = asked.after.unwrap_or(first);
    let query = db.query(sql!(
        sqlite: found!(
            "(SELECT unhex(value, '-') FROM json_each($4))",
            "NOT EXISTS (SELECT 1 FROM json_each($6) AS word WHERE instr(searched, word.value) = 0)"
        ),
        postgres: found!(
            "(SELECT value::uuid FROM jsonb_array_elements_text($4::jsonb) AS value)",
            "NOT EXISTS (SELECT 1 FROM jsonb_array_elements_text($6::jsonb) AS word WHERE strpos(searched, word) = 0)"
        )
    ));
    let query = query.bind(user).bind(after.created_at).bind(after.id).bind(Json(workspaces));
    // One more than wanted tells whether others follow.
    let enough = i64::try_from(limit + 1).map_err(StorageError::new)?;
    let mut rows: Vec<FoundRow> = query.bind(SCANNED).bind(Json(&words)).bind(enough).all().await?;
    let next = if rows.len() > limit {
        rows.truncate(limit);
        rows.last().map(|last| MessagePlace { created_at: last.created_at, id: last.id })
    } else {
        end_of_scan(db, user, workspaces, after).await?
    };
    let messages = rows.into_iter().map(|row| found(row, &words)).collect::<Result<_, _>>()?;
    Ok(FoundMessages { messages, next })
}

/// The last message that was looked at, if that was not the last one of all.
async fn end_of_scan(
    db: &Db,
    user: UserId,
    workspaces: &[WorkspaceId],
    after: MessagePlace,
) -> Result<Option<MessagePlace>, StorageError> {
    let query = db.query(sql!(
        sqlite: end!("(SELECT unhex(value, '-') FROM json_each($4))"),
        postgres: end!("(SELECT value::uuid FROM jsonb_array_elements_text($4::jsonb) AS value)")
    ));
    let query = query.bind(user).bind(after.created_at).bind(after.id).bind(Json(workspaces));
    let row: Option<(DateTime<Utc>, MessageId)> = query.bind(SCANNED - 1).opt().await?;
    Ok(row.map(|(created_at, id)| MessagePlace { created_at, id }))
}

fn found(row: FoundRow, words: &[&str]) -> Result<FoundMessage, StorageError> {
    let FoundRow { id, session_id, title: session_title, number, role, content, created_at } = row;
    let (role, excerpt) = (rows::role(&role)?, excerpt(&content, words));
    Ok(FoundMessage { id, session_id, session_title, number, role, excerpt, created_at })
}
