//! Writing the trail, and cutting off its old end.

use chrono::{DateTime, Utc};
use perme8_events::{
    Audience, CorrelationId, Envelope, EventId, OperatorActed, OperatorAction, StorageError,
    SubjectKind, Transaction as _, UserId, WorkspaceId,
    host::Operator,
    sql,
    sql::{Db, Rows, Tx, UnitOfWork, written_at},
};
use serde::Serialize;
use sqlx::types::Json;

use crate::audit_log::{AuditLog, shelf::Shelf};

/// So many entries are removed in one transaction, so that nobody waits long for the writer.
const AT_ONCE: i64 = 1000;

/// Whatever is no person, agent or part of the system.
const ANONYMOUS: &str = "anonymous";

/// An entry, as a statement for many of them reads it.
#[derive(Serialize)]
struct Entry<'e> {
    position: i64,
    event_id: EventId,
    event_type: &'e str,
    aggregate_type: &'e str,
    aggregate_id: &'e str,
    summary: &'e str,
    actor_kind: &'static str,
    actor_id: Option<UserId>,
    actor_ref: Option<String>,
    on_behalf_of: Option<UserId>,
    workspace_id: Option<WorkspaceId>,
    audience: &'e Audience,
    correlation_id: CorrelationId,
    causation_id: Option<EventId>,
    request_id: Option<&'e str>,
    occurred_at: String,
}

impl<'e> Entry<'e> {
    fn of(event: &'e Envelope, summary: &'e str) -> Self {
        let Envelope {
            position,
            event_id,
            event_type,
            version: _,
            aggregate_type,
            aggregate_id,
            actor,
            on_behalf_of,
            workspace_id,
            audience,
            occurred_at,
            correlation_id,
            causation_id,
            metadata,
            data: _,
        } = event;
        Self {
            position: position.number(),
            event_id: *event_id,
            event_type,
            aggregate_type,
            aggregate_id,
            summary,
            actor_kind: actor.kind(),
            actor_id: actor.user(),
            actor_ref: actor.reference(),
            on_behalf_of: *on_behalf_of,
            workspace_id: *workspace_id,
            audience,
            correlation_id: *correlation_id,
            causation_id: *causation_id,
            request_id: metadata.get("request_id").map(String::as_str),
            occurred_at: written_at(*occurred_at),
        }
    }

    /// Where it lies.
    fn placed(&self) -> impl Iterator<Item = Placed<'_>> {
        let who = self.actor_id.map(|user| user.to_string()).or_else(|| self.actor_ref.clone());
        let actor = who.unwrap_or_else(|| ANONYMOUS.to_owned());
        Shelf::of(self.audience, self.workspace_id).into_iter().map(move |shelf| Placed {
            shelf: shelf.to_string(),
            position: self.position,
            event_type: self.event_type,
            aggregate_type: self.aggregate_type,
            actor: actor.clone(),
            occurred_at: &self.occurred_at,
        })
    }
}

/// An entry on one of its shelves.
#[derive(Serialize)]
struct Placed<'e> {
    shelf: String,
    position: i64,
    event_type: &'e str,
    aggregate_type: &'e str,
    actor: String,
    occurred_at: &'e str,
}

/// Writes the entries of events, each with its summary, over what may be there.
pub(crate) async fn record(
    rows: &mut Rows<'_>,
    events: &[(&Envelope, String)],
) -> Result<(), StorageError> {
    let entries: Vec<_> = events.iter().map(|(event, summary)| Entry::of(event, summary)).collect();
    let placed: Vec<_> = entries.iter().flat_map(Entry::placed).collect();
    // What a purge has cut off does not come back with a rebuild.
    rows.query(sql!(
        sqlite: "INSERT INTO perme8_audit_entries (generation, position, event_id, event_type, aggregate_type, aggregate_id,
                   summary, actor_kind, actor_id, actor_ref, on_behalf_of, workspace_id, audience, correlation_id, causation_id,
                   request_id, occurred_at)
                 SELECT $1, value->>'position', unhex(value->>'event_id', '-'), value->>'event_type', value->>'aggregate_type',
                   value->>'aggregate_id', value->>'summary', value->>'actor_kind', unhex(value->>'actor_id', '-'),
                   value->>'actor_ref', unhex(value->>'on_behalf_of', '-'), unhex(value->>'workspace_id', '-'),
                   value->>'audience', unhex(value->>'correlation_id', '-'), unhex(value->>'causation_id', '-'),
                   value->>'request_id', value->>'occurred_at'
                 FROM json_each($2)
                 WHERE NOT EXISTS (SELECT 1 FROM perme8_audit_purges WHERE before > value->>'occurred_at')
                 ON CONFLICT (generation, position) DO UPDATE SET summary = excluded.summary",
        postgres: "INSERT INTO perme8_audit_entries (generation, position, event_id, event_type, aggregate_type, aggregate_id,
                     summary, actor_kind, actor_id, actor_ref, on_behalf_of, workspace_id, audience, correlation_id, causation_id,
                     request_id, occurred_at)
                   SELECT $1, v.* FROM jsonb_to_recordset($2) AS v (position bigint, event_id uuid, event_type text,
                     aggregate_type text, aggregate_id text, summary text, actor_kind text, actor_id uuid, actor_ref text,
                     on_behalf_of uuid, workspace_id uuid, audience jsonb, correlation_id uuid, causation_id uuid,
                     request_id text, occurred_at timestamptz)
                   WHERE NOT EXISTS (SELECT 1 FROM perme8_audit_purges WHERE before > v.occurred_at)
                   ON CONFLICT (generation, position) DO UPDATE SET summary = excluded.summary"
    ))
    .bind(Json(&entries))
    .exec()
    .await?;
    rows.query(sql!(
        sqlite: "INSERT INTO perme8_audit_shelves (generation, shelf, position, event_type, aggregate_type, actor, occurred_at)
                 SELECT $1, value->>'shelf', value->>'position', value->>'event_type', value->>'aggregate_type', value->>'actor',
                   value->>'occurred_at'
                 FROM json_each($2)
                 WHERE NOT EXISTS (SELECT 1 FROM perme8_audit_purges WHERE before > value->>'occurred_at')
                 ON CONFLICT (generation, shelf, position) DO NOTHING",
        postgres: "INSERT INTO perme8_audit_shelves (generation, shelf, position, event_type, aggregate_type, actor, occurred_at)
                   SELECT $1, v.* FROM jsonb_to_recordset($2) AS v (shelf text, position bigint, event_type text,
                     aggregate_type text, actor text, occurred_at timestamptz)
                   WHERE NOT EXISTS (SELECT 1 FROM perme8_audit_purges WHERE before > v.occurred_at)
                   ON CONFLICT (generation, shelf, position) DO NOTHING"
    ))
    .bind(Json(&placed))
    .exec()
    .await?;
    Ok(())
}

/// Removes some rows of a generation that nobody reads; how many.
pub(crate) async fn remove(rows: &mut Rows<'_>, limit: i64) -> Result<u64, StorageError> {
    let mut removed = 0;
    for stmt in [
        sql!(
            "DELETE FROM perme8_audit_shelves WHERE (generation, shelf, position) IN
               (SELECT generation, shelf, position FROM perme8_audit_shelves WHERE generation = $1 LIMIT $2)"
        ),
        sql!(
            "DELETE FROM perme8_audit_entries WHERE (generation, position) IN
               (SELECT generation, position FROM perme8_audit_entries WHERE generation = $1 LIMIT $2)"
        ),
    ] {
        removed += rows.query(stmt).bind(limit).exec().await?;
    }
    Ok(removed)
}

/// What a purge has removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Purged {
    /// How many entries.
    pub(crate) entries: u64,
}

/// Removes the entries of what happened before this time, oldest first, and tells `progress` how many are gone.
///
/// That an operator did it is an event, and so an entry that is newer than all of them. Rows go from every generation, and
/// none that is built later gets them back; what is being applied at this very moment may come a moment late, and goes with
/// the next purge.
pub(crate) async fn purge(
    db: &Db,
    operator: &Operator,
    before: DateTime<Utc>,
    mut progress: impl FnMut(u64),
) -> Result<Purged, StorageError> {
    let unit_of_work = UnitOfWork::new(db.clone());
    let live = db.read_model(AuditLog::NAME).await?.generation();
    let mut entries = 0;
    loop {
        let origin = operator.origin().clone();
        let gone = unit_of_work.run(origin, async |tx| {
            cut_off(tx, before).await?;
            let oldest = purge_some(tx, before).await?;
            if entries == 0 && !oldest.is_empty() {
                let operation_id = tx.new_id();
                tx.emit(OperatorActed {
                    operation_id,
                    operator: operator.name().to_owned(),
                    action: OperatorAction::Purge,
                    subject_kind: SubjectKind::Handler,
                    subject: AuditLog::NAME.to_owned(),
                    position: None,
                    detail: Some(format!("before {}", before.to_rfc3339())),
                });
            }
            Ok::<_, StorageError>(oldest)
        });
        let gone = gone.await?;
        if gone.is_empty() {
            return Ok(Purged { entries });
        }
        entries += gone.iter().filter(|row| row.generation == live.number()).count() as u64;
        progress(entries);
    }
}

/// Remembers that nothing older is kept; what is still to come is.
async fn cut_off(tx: &mut Tx, before: DateTime<Utc>) -> Result<(), StorageError> {
    let before = before.min(tx.now());
    tx.query(sql!(
        "INSERT INTO perme8_audit_purges (before) SELECT $1
         WHERE NOT EXISTS (SELECT 1 FROM perme8_audit_purges WHERE before >= $1)"
    ))
    .bind(before)
    .exec()
    .await?;
    tx.query(sql!("DELETE FROM perme8_audit_purges WHERE before < $1")).bind(before).exec().await?;
    Ok(())
}

/// An entry that goes.
#[derive(sqlx::FromRow)]
struct Old {
    generation: i64,
    position: i64,
    audience: Json<Audience>,
    workspace_id: Option<WorkspaceId>,
}

async fn purge_some(tx: &mut Tx, before: DateTime<Utc>) -> Result<Vec<Old>, StorageError> {
    let oldest: Vec<Old> = tx
        .query(sql!(
            "SELECT generation, position, audience, workspace_id FROM perme8_audit_entries WHERE occurred_at < $1
             ORDER BY occurred_at LIMIT $2"
        ))
        .bind(before)
        .bind(AT_ONCE)
        .all()
        .await?;
    let places: Vec<(i64, String, i64)> = oldest
        .iter()
        .flat_map(|Old { generation, position, audience: Json(audience), workspace_id }| {
            let shelves = Shelf::of(audience, *workspace_id);
            shelves.into_iter().map(|shelf| (*generation, shelf.to_string(), *position))
        })
        .collect();
    tx.query(sql!(
        sqlite: "DELETE FROM perme8_audit_shelves WHERE (generation, shelf, position) IN
                   (SELECT value->>0, value->>1, value->>2 FROM json_each($1))",
        postgres: "DELETE FROM perme8_audit_shelves WHERE (generation, shelf, position) IN
                     (SELECT (value->>0)::bigint, value->>1, (value->>2)::bigint FROM jsonb_array_elements($1::jsonb) AS value)"
    ))
    .bind(Json(places))
    .exec()
    .await?;
    let entries: Vec<(i64, i64)> =
        oldest.iter().map(|old| (old.generation, old.position)).collect();
    tx.query(sql!(
        sqlite: "DELETE FROM perme8_audit_entries WHERE (generation, position) IN
                   (SELECT value->>0, value->>1 FROM json_each($1))",
        postgres: "DELETE FROM perme8_audit_entries WHERE (generation, position) IN
                     (SELECT (value->>0)::bigint, (value->>1)::bigint FROM jsonb_array_elements($1::jsonb) AS value)"
    ))
    .bind(Json(entries))
    .exec()
    .await?;
    Ok(oldest)
}
