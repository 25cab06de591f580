//! Timers that are due become events.

use chrono::{DateTime, Utc};
use sqlx::types::Json;
use uuid::Uuid;

use crate::{
    application::transaction::Transaction as _,
    domain::{
        core_events::TimerFired,
        error::StorageError,
        id::Id,
        origin::{Cause, Metadata, Origin},
    },
    infrastructure::{db::Db, tx::Tx},
    sql,
};

/// So many timers fire in one transaction.
const AT_ONCE: i64 = 100;

#[derive(sqlx::FromRow)]
struct Row {
    owner: String,
    instance: String,
    timer: String,
    due_at: DateTime<Utc>,
    on_behalf_of: Option<Uuid>,
    workspace_id: Option<Uuid>,
    correlation_id: Uuid,
    causation_id: Option<Uuid>,
    metadata: Json<Metadata>,
}

/// Fires timers that are due, and tells how many. The row goes away in the transaction that emits the event, so a timer
/// fires once, on one node.
pub(crate) async fn fire(db: &Db) -> Result<usize, StorageError> {
    let mut tx = Tx::begin(db, Origin::system("perme8_events.timers")).await?;
    let now = tx.now();
    let mut rows: Vec<Row> = tx
        .query(sql!(
            sqlite: "DELETE FROM event_timers WHERE (owner, instance, timer) IN (
                       SELECT owner, instance, timer FROM event_timers WHERE due_at <= $1 ORDER BY due_at LIMIT $2)
                     RETURNING owner, instance, timer, due_at, on_behalf_of, workspace_id, correlation_id, causation_id, metadata",
            postgres: "DELETE FROM event_timers WHERE (owner, instance, timer) IN (
                       SELECT owner, instance, timer FROM event_timers WHERE due_at <= $1 ORDER BY due_at LIMIT $2
                       FOR UPDATE SKIP LOCKED)
                     RETURNING owner, instance, timer, due_at, on_behalf_of, workspace_id, correlation_id, causation_id, metadata"
        ))
        .bind(now)
        .bind(AT_ONCE)
        .all()
        .await?;
    rows.sort_by_key(|row| row.due_at);
    let fired = rows.len();
    for row in rows {
        let Row {
            owner,
            instance,
            timer,
            due_at,
            on_behalf_of,
            workspace_id,
            correlation_id,
            causation_id,
            metadata,
        } = row;
        let cause = Cause {
            on_behalf_of: on_behalf_of.map(Id::new),
            workspace_id: workspace_id.map(Id::new),
            correlation_id: Id::new(correlation_id),
            causation_id: causation_id.map(Id::new),
            metadata: metadata.0,
        };
        tx.turn_to(Origin::later(owner.clone(), cause));
        tx.emit(TimerFired { owner, instance, timer, due_at });
    }
    if fired > 0 {
        tx.commit().await?;
    }
    Ok(fired)
}
