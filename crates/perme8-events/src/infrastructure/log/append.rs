//! Appending to the log, as the last statement of a transaction.
//!
//! On PostgreSQL a position is drawn before the commit, so a reader that goes by positions alone loses what commits late.
//! Before it draws, the appending statement therefore takes a shared advisory lock whose key is the last position drawn so
//! far: "mine will be greater than this". It is held until the commit is visible, and the smallest key held is the
//! low-water mark up to which a reader may go on past a hole. See [`reader`](super::reader).

use serde_json::value::RawValue;
use sqlx::types::Json;

use crate::{
    domain::{
        error::StorageError, id::WorkspaceId, origin::Client, position::Position, unsaved::AnyEvent,
    },
    infrastructure::{
        sealing::Written,
        sql::{Query, Stmt},
        tx::{Conn, Pending, Tx},
    },
    sql,
};

/// The beginning of a statement that appends to a file, whose rows are as [`bound`] binds them.
macro_rules! append_to_file {
    ($($rows:expr),*) => {
        concat!(
            "INSERT INTO event_log (id, event_type, version, aggregate_type, aggregate_id, actor_kind, actor_id, actor_ref, \
             on_behalf_of, workspace_id, audience, correlation_id, causation_id, data, metadata, occurred_at, sealed) VALUES ",
            $($rows),*
        )
    };
}

macro_rules! row {
    () => {
        "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    };
}

macro_rules! four_rows {
    () => {
        concat!(row!(), ", ", row!(), ", ", row!(), ", ", row!())
    };
}

// `mark` must stay in the FROM clause: PostgreSQL drops a SELECT in WITH that nobody reads, and with it the lock. A row of
// the join exists only after `mark` ran, so `nextval` is drawn after the lock is held; a test reads the plan.
pub(crate) static APPEND_ONE: &Stmt = sql!(
    sqlite: append_to_file!(row!()),
    postgres: "WITH mark AS MATERIALIZED (
                 SELECT pg_advisory_xact_lock_shared((77::bigint << 48) | (last_value - (NOT is_called)::int)) FROM event_log_seq)
               INSERT INTO event_log (seq, id, event_type, version, aggregate_type, aggregate_id, actor_kind, actor_id, actor_ref,
                 on_behalf_of, workspace_id, audience, correlation_id, causation_id, data, metadata, occurred_at, sealed)
               SELECT nextval('event_log_seq'), $1::uuid, $2::text, $3::int, $4::text, $5::text, $6::text, $7::uuid, $8::text,
                 $9::uuid, $10::uuid, $11::jsonb, $12::uuid, $13::uuid, $14::jsonb, $15::jsonb, $16::timestamptz, $17::jsonb
               FROM mark"
);

// One static text for any number of rows, hence one prepared statement. For a single row its arrays cost more than the lock.
pub(crate) static APPEND_MANY: &Stmt = sql!(
    sqlite: "SELECT 1",
    postgres: "WITH mark AS MATERIALIZED (
                 SELECT pg_advisory_xact_lock_shared((77::bigint << 48) | (last_value - (NOT is_called)::int)) FROM event_log_seq)
               INSERT INTO event_log (seq, id, event_type, version, aggregate_type, aggregate_id, actor_kind, actor_id, actor_ref,
                 on_behalf_of, workspace_id, audience, correlation_id, causation_id, data, metadata, occurred_at, sealed)
               SELECT nextval('event_log_seq'), e.id, e.event_type, e.version, e.aggregate_type, e.aggregate_id, e.actor_kind,
                 e.actor_id, e.actor_ref, e.on_behalf_of, e.workspace_id, e.audience::jsonb, e.correlation_id, e.causation_id,
                 e.data::jsonb, e.metadata::jsonb, e.occurred_at, e.sealed::jsonb
               FROM mark, unnest($1::uuid[], $2::text[], $3::int[], $4::text[], $5::text[], $6::text[], $7::uuid[], $8::text[],
                 $9::uuid[], $10::uuid[], $11::text[], $12::uuid[], $13::uuid[], $14::text[], $15::text[], $16::timestamptz[],
                 $17::text[])
                 WITH ORDINALITY AS e (id, event_type, version, aggregate_type, aggregate_id, actor_kind, actor_id, actor_ref,
                   on_behalf_of, workspace_id, audience, correlation_id, causation_id, data, metadata, occurred_at, sealed, n)
               ORDER BY e.n"
);

/// So many events are appended to a file together.
const TOGETHER: usize = 16;

// Of a file, nothing is asked for by round trips, but each statement wakes the thread that has the connection. One JSON text for
// all rows, as elsewhere, would cost more than that: each of so many columns looks for its value in it.
pub(crate) static APPEND_TOGETHER: &Stmt = sql!(
    sqlite: append_to_file!(four_rows!(), ", ", four_rows!(), ", ", four_rows!(), ", ", four_rows!()),
    postgres: "SELECT 1"
);

/// An event whose JSON is longer is refused: it belongs into a row of its context.
const EVENT_BYTES: usize = 256 * 1024;

/// An event cannot be written down.
#[derive(Debug, thiserror::Error)]
enum Unfit {
    #[error("`{0}` is larger than {EVENT_BYTES} bytes")]
    TooLarge(&'static str),
    #[error("`{0}` contains a NUL character, which PostgreSQL cannot store")]
    Nul(&'static str),
}

/// The event as JSON that both engines can store.
pub(crate) fn data(event: &dyn AnyEvent) -> Result<String, StorageError> {
    let json = event.data()?;
    if json.len() > EVENT_BYTES {
        return Err(StorageError::new(Unfit::TooLarge(event.event_type())));
    }
    if holds_nul(&json) {
        return Err(StorageError::new(Unfit::Nul(event.event_type())));
    }
    Ok(json)
}

/// Whether both engines can store the JSON, and it is no longer than events may be.
pub(crate) fn is_storable(json: &str) -> bool {
    json.len() <= EVENT_BYTES && !holds_nul(json)
}

/// Whether some text in the JSON holds a NUL: `\u0000` behind an even number of backslashes.
pub(crate) fn holds_nul(json: &str) -> bool {
    json.match_indices("\\u0000").any(|(at, _)| {
        let backslashes = json[..at].bytes().rev().take_while(|byte| *byte == b'\\').count();
        backslashes % 2 == 0
    })
}

/// Appends `events`, as they were written down: in one statement on PostgreSQL, in few of them on SQLite.
pub(crate) async fn append(
    conn: &mut Conn,
    events: &[Pending],
    written: Vec<Written>,
) -> Result<(), StorageError> {
    // The first event need not be of the request: a job that an operator calls off is told for whom it was done.
    let mut clients = events.iter().filter_map(|event| Some((event, event.origin.client()?)));
    if let Some((event, client)) = clients.next() {
        remember_client(conn, event, client).await?;
    }
    if let (Conn::Postgres(tx), [_, _, ..]) = (&mut *conn, events) {
        return append_many(tx, events, written).await;
    }
    let mut rows = events.iter().zip(written);
    while rows.len() >= TOGETHER {
        let mut query = conn.query(APPEND_TOGETHER);
        for (event, written) in rows.by_ref().take(TOGETHER) {
            query = bound(query, event, written)?;
        }
        query.exec().await?;
    }
    for (event, written) in rows {
        bound(conn.query(APPEND_ONE), event, written)?.exec().await?;
    }
    Ok(())
}

/// Where the last event is that this transaction has appended, as its last statement.
pub(crate) async fn last_position(tx: &mut Tx) -> Result<Position, StorageError> {
    // Of this connection, whatever others append meanwhile.
    let last =
        sql!(sqlite: "SELECT last_insert_rowid()", postgres: "SELECT currval('event_log_seq')");
    tx.query(last).scalar().await.map(Position::new)
}

async fn remember_client(
    conn: &mut Conn,
    event: &Pending,
    client: &Client,
) -> Result<(), StorageError> {
    let insert = sql!(
        "INSERT INTO event_origins (correlation_id, address, user_agent, session_id, occurred_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (correlation_id) DO NOTHING"
    );
    conn.query(insert)
        .bind(event.origin.correlation_id())
        .bind(client.address())
        .bind(client.user_agent())
        .bind(client.session_id())
        .bind(event.at)
        .exec()
        .await?;
    Ok(())
}

fn workspace(pending: &Pending) -> Option<WorkspaceId> {
    pending.event.any().workspace_id().or(pending.origin.workspace_id())
}

/// Binds the columns of an event, behind those that are bound already.
fn bound<'q>(
    query: Query<'q>,
    pending: &Pending,
    written: Written,
) -> Result<Query<'q>, StorageError> {
    let Pending { event, id, origin, at } = pending;
    let Written { data, sealed } = written;
    let event = event.any();
    let sealed = sealed.map(RawValue::from_string).transpose()?;
    Ok(query
        .bind(*id)
        .bind(event.event_type())
        .bind(i32::from(event.version()))
        .bind(event.aggregate_type())
        .bind(event.aggregate_id())
        .bind(origin.actor().kind())
        .bind(origin.actor().user())
        .bind(origin.actor().reference())
        .bind(origin.on_behalf_of())
        .bind(workspace(pending))
        .bind(Json(event.audience()))
        .bind(origin.correlation_id())
        .bind(origin.causation_id())
        .bind(Json(RawValue::from_string(data)?))
        .bind(Json(origin.metadata()))
        .bind(*at)
        .bind(sealed.map(Json)))
}

async fn append_many(
    tx: &mut sqlx::Transaction<'static, sqlx::Postgres>,
    events: &[Pending],
    written: Vec<Written>,
) -> Result<(), StorageError> {
    fn column<'a, T>(events: &'a [Pending], of: impl FnMut(&'a Pending) -> T) -> Vec<T> {
        events.iter().map(of).collect()
    }
    fn json(
        events: &[Pending],
        of: impl Fn(&Pending) -> Result<String, StorageError>,
    ) -> Result<Vec<String>, StorageError> {
        events.iter().map(of).collect()
    }
    let (data, sealed): (Vec<String>, Vec<Option<String>>) =
        written.into_iter().map(|Written { data, sealed }| (data, sealed)).unzip();
    sqlx::query(APPEND_MANY.postgres)
        .bind(column(events, |p| p.id.uuid()))
        .bind(column(events, |p| p.event.any().event_type()))
        .bind(column(events, |p| i32::from(p.event.any().version())))
        .bind(column(events, |p| p.event.any().aggregate_type()))
        .bind(column(events, |p| p.event.any().aggregate_id()))
        .bind(column(events, |p| p.origin.actor().kind()))
        .bind(column(events, |p| p.origin.actor().user().map(crate::Id::uuid)))
        .bind(column(events, |p| p.origin.actor().reference()))
        .bind(column(events, |p| p.origin.on_behalf_of().map(crate::Id::uuid)))
        .bind(column(events, |p| workspace(p).map(crate::Id::uuid)))
        .bind(json(events, |p| Ok(serde_json::to_string(&p.event.any().audience())?))?)
        .bind(column(events, |p| p.origin.correlation_id().uuid()))
        .bind(column(events, |p| p.origin.causation_id().map(crate::Id::uuid)))
        .bind(data)
        .bind(json(events, |p| Ok(serde_json::to_string(p.origin.metadata())?))?)
        .bind(column(events, |p| p.at))
        .bind(sealed)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::{
        core_events::PersonForgotten,
        id::{EventId, UserId},
        origin::Origin,
        unsaved::NewEvent,
    };

    fn forgotten(operator: Option<String>) -> NewEvent {
        let user_id = UserId::new(Uuid::from_u128(1));
        NewEvent::of(PersonForgotten { user_id, for_good: true, operator })
    }

    #[test]
    fn a_nul_is_told_from_text_that_looks_like_one() {
        for (text, nul) in
            [("\0", true), ("a\\\0", true), ("\\u0000", false), ("\\\\u0000", false), ("", false)]
        {
            let json = serde_json::to_string(text).unwrap();
            assert_eq!(holds_nul(&json), nul, "{json}");
        }
    }

    #[test]
    fn an_event_fits_into_the_log_if_it_is_short_and_holds_no_nul() {
        let fits = |operator: String| {
            let event = forgotten(Some(operator));
            let json = event.any().data().unwrap();
            let written = data(event.any()).ok();
            assert_eq!(written.is_some(), is_storable(&json), "{} bytes", json.len());
            written.map(|json| json.len())
        };
        let least = fits(String::new()).unwrap();
        let text = |bytes: usize| "x".repeat(bytes - least);
        assert_eq!(fits(text(262_144)), Some(262_144));
        assert_eq!(fits(text(262_145)), None);
        assert_eq!(fits("\0".to_owned()), None);
    }

    #[test]
    fn what_names_no_workspace_belongs_to_that_of_the_request() {
        let workspace_id = WorkspaceId::new(Uuid::from_u128(2));
        let pending = |origin: Origin| Pending {
            event: forgotten(None),
            id: EventId::new(Uuid::from_u128(3)),
            origin,
            at: chrono::DateTime::UNIX_EPOCH,
        };
        let request = Origin::anonymous();
        assert_eq!(workspace(&pending(request.clone())), None);
        assert_eq!(workspace(&pending(request.in_workspace(workspace_id))), Some(workspace_id));
    }
}
