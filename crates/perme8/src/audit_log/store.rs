//! Writing the trail, and cutting off its old end.

use chrono::{DateTime, Utc};
use perme8_events::{
    Audience, Envelope, OperatorActed, OperatorAction, StorageError, SubjectKind, Transaction as _,
    WorkspaceId,
    host::Operator,
    sql,
    sql::{Db, Tx, UnitOfWork},
};
use serde::Serialize;
use sqlx::types::Json;

use crate::audit_log::{AuditLog, shelf::Shelf};

/// So many entries are removed in one transaction, so that nobody waits long for the writer.
const AT_ONCE: i64 = 1000;

/// Whatever is no person, agent or part of the system.
const ANONYMOUS: &str = "anonymous";

/// Writes the entry of an event, over what may be there.
pub(crate) async fn record(
    tx: &mut Tx,
    event: &Envelope,
    summary: &str,
) -> Result<(), StorageError> {
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
    tx.query(sql!(
        "INSERT INTO perme8_audit_entries (position, event_id, event_type, aggregate_type, aggregate_id, summary, actor_kind,
           actor_id, actor_ref, on_behalf_of, workspace_id, audience, correlation_id, causation_id, request_id, occurred_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
         ON CONFLICT (position) DO UPDATE SET summary = excluded.summary"
    ))
    .bind(position.number())
    .bind(*event_id)
    .bind(event_type.as_str())
    .bind(aggregate_type.as_str())
    .bind(aggregate_id.as_str())
    .bind(summary)
    .bind(actor.kind())
    .bind(actor.user())
    .bind(actor.reference())
    .bind(*on_behalf_of)
    .bind(*workspace_id)
    .bind(Json(audience))
    .bind(*correlation_id)
    .bind(*causation_id)
    .bind(metadata.get("request_id").map(String::as_str))
    .bind(*occurred_at)
    .exec()
    .await?;
    let shelves = Shelf::of(audience, *workspace_id);
    let shelves: Vec<String> = shelves.iter().map(ToString::to_string).collect();
    let who = actor.user().map(|user| user.to_string()).or(actor.reference());
    tx.query(sql!(
        sqlite: "INSERT INTO perme8_audit_shelves (shelf, position, event_type, aggregate_type, actor, occurred_at)
                 SELECT value, $2, $3, $4, $5, $6 FROM json_each($1) WHERE true
                 ON CONFLICT (shelf, position) DO NOTHING",
        postgres: "INSERT INTO perme8_audit_shelves (shelf, position, event_type, aggregate_type, actor, occurred_at)
                   SELECT value, $2::bigint, $3::text, $4::text, $5::text, $6::timestamptz
                   FROM jsonb_array_elements_text($1::jsonb) AS value
                   ON CONFLICT (shelf, position) DO NOTHING"
    ))
    .bind(Json(shelves))
    .bind(position.number())
    .bind(event_type.as_str())
    .bind(aggregate_type.as_str())
    .bind(who.as_deref().unwrap_or(ANONYMOUS))
    .bind(*occurred_at)
    .exec()
    .await?;
    Ok(())
}

/// What a purge has removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Purged {
    /// How many entries.
    pub(crate) entries: u64,
}

/// Removes the entries of what happened before this time, oldest first, and tells `progress` how many are gone.
///
/// That an operator did it is an event, and so an entry that is newer than all of them.
pub(crate) async fn purge(
    db: &Db,
    operator: &Operator,
    before: DateTime<Utc>,
    mut progress: impl FnMut(u64),
) -> Result<Purged, StorageError> {
    let unit_of_work = UnitOfWork::new(db.clone());
    let mut entries = 0;
    loop {
        let origin = operator.origin().clone();
        let gone = unit_of_work.run(origin, async |tx| {
            let gone = purge_some(tx, before).await?;
            if entries == 0 && gone > 0 {
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
            Ok::<_, StorageError>(gone)
        });
        match gone.await? {
            0 => return Ok(Purged { entries }),
            gone => entries += gone,
        }
        progress(entries);
    }
}

async fn purge_some(tx: &mut Tx, before: DateTime<Utc>) -> Result<u64, StorageError> {
    let oldest: Vec<(i64, Json<Audience>, Option<WorkspaceId>)> = tx
        .query(sql!(
            "SELECT position, audience, workspace_id FROM perme8_audit_entries WHERE occurred_at < $1
             ORDER BY occurred_at LIMIT $2"
        ))
        .bind(before)
        .bind(AT_ONCE)
        .all()
        .await?;
    let places: Vec<(String, i64)> = oldest
        .iter()
        .flat_map(|(position, Json(audience), workspace)| {
            let shelves = Shelf::of(audience, *workspace);
            shelves.into_iter().map(|shelf| (shelf.to_string(), *position))
        })
        .collect();
    tx.query(sql!(
        sqlite: "DELETE FROM perme8_audit_shelves
                 WHERE (shelf, position) IN (SELECT value->>0, value->>1 FROM json_each($1))",
        postgres: "DELETE FROM perme8_audit_shelves
                   WHERE (shelf, position) IN (SELECT value->>0, (value->>1)::bigint FROM jsonb_array_elements($1::jsonb) AS value)"
    ))
    .bind(Json(places))
    .exec()
    .await?;
    let positions: Vec<i64> = oldest.iter().map(|(position, ..)| *position).collect();
    tx.query(sql!(
        sqlite: "DELETE FROM perme8_audit_entries WHERE position IN (SELECT value FROM json_each($1))",
        postgres: "DELETE FROM perme8_audit_entries
                   WHERE position IN (SELECT value::bigint FROM jsonb_array_elements_text($1::jsonb) AS value)"
    ))
    .bind(Json(positions))
    .exec()
    .await
}
