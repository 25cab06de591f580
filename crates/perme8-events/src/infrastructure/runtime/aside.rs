//! The rows of deliveries that have stepped aside for other tenants.
//!
//! Such a row has a due time and no error, which keeps it out of what is looked at for deliveries that failed. The time is for
//! programs that know of no turns, such as one that is gone back to: to them these are deliveries that will be tried again.

use std::collections::HashMap;

use chrono::TimeDelta;
use serde::Serialize;
use sqlx::types::Json;

use crate::{
    application::transaction::Transaction as _,
    domain::error::StorageError,
    infrastructure::{
        db::Db,
        runtime::{
            deliveries::{Due, Key},
            fairness::Before,
            partitions::Partition,
        },
        tx::Tx,
    },
    sql,
};

/// Whoever knows of no turns tries a delivery after so long.
const AT_THE_LATEST: TimeDelta = TimeDelta::hours(1);

/// A delivery that steps aside.
#[derive(Debug, Serialize)]
struct Row {
    position: i64,
    key: String,
    bucket: u8,
}

/// Events that would be lost: they get no row, and the checkpoint would move past them.
#[derive(Debug, thiserror::Error)]
#[error(
    "of {asked} events that step aside only {found} are in the log: put back what was taken out of it"
)]
struct NotInTheLog {
    asked: usize,
    found: i64,
}

/// A delivery whose turn it is.
#[derive(sqlx::FromRow)]
pub(crate) struct Waiting {
    #[sqlx(flatten)]
    due: Due,
    /// The last delivery of the same key that is set aside before it. They are not counted: of a key with much that was caught
    /// up already, PostgreSQL would walk over all that is no longer there.
    follows: Option<i64>,
}

/// Lets deliveries step aside; none of them when the log has not all of their events. After a commit whose answer was lost, their
/// rows are there already; the checkpoint says so.
pub(crate) async fn step(tx: &mut Tx, handler: &str, keys: &[Key<'_>]) -> Result<(), StorageError> {
    if keys.is_empty() {
        return Ok(());
    }
    let row = |key: &Key<'_>| Row {
        position: key.event.position.number(),
        key: key.text.to_owned(),
        bucket: key.bucket,
    };
    let rows: Vec<_> = keys.iter().map(row).collect();
    let now = tx.now();
    let latest = now + AT_THE_LATEST;
    let stepped = tx
        .query(sql!(
            sqlite: "INSERT INTO event_deliveries (handler, position, partition_key, bucket, event_id, event_type, attempts, is_dead,
                       due_at, parked_at, updated_at, workspace_id)
                     SELECT $1, l.seq, v.value->>'key', v.value->>'bucket', l.id, l.event_type, 0, FALSE, $3, $4, $4, l.workspace_id
                     FROM json_each($2) v JOIN event_log l ON l.seq = v.value->>'position' WHERE TRUE
                     ON CONFLICT (handler, position) DO NOTHING",
            postgres: "INSERT INTO event_deliveries (handler, position, partition_key, bucket, event_id, event_type, attempts, is_dead,
                         due_at, parked_at, updated_at, workspace_id)
                       SELECT $1, l.seq, v.key, v.bucket, l.id, l.event_type, 0, FALSE, $3, $4, $4, l.workspace_id
                       FROM jsonb_to_recordset($2) AS v (position bigint, key text, bucket bigint)
                       JOIN event_log l ON l.seq = v.position
                       ON CONFLICT (handler, position) DO NOTHING"
        ))
        .bind(handler)
        .bind(Json(rows))
        .bind(latest)
        .bind(now)
        .exec()
        .await?;
    if usize::try_from(stepped).is_ok_and(|stepped| stepped == keys.len()) {
        return Ok(());
    }
    all_in_the_log(tx, keys).await
}

/// Refuses to go on when the log has not all of these events.
async fn all_in_the_log(tx: &mut Tx, keys: &[Key<'_>]) -> Result<(), StorageError> {
    let positions: Vec<_> = keys.iter().map(|key| key.event.position.number()).collect();
    let found: i64 = tx
        .query(sql!(
            sqlite: "SELECT count(*) FROM event_log WHERE seq IN (SELECT value FROM json_each($1))",
            postgres: "SELECT count(*) FROM event_log
                       WHERE seq = ANY(ARRAY(SELECT v::bigint FROM jsonb_array_elements_text($1) v))"
        ))
        .bind(Json(positions))
        .scalar()
        .await?;
    if usize::try_from(found).is_ok_and(|found| found == keys.len()) {
        return Ok(());
    }
    Err(StorageError::new(NotInTheLog { asked: keys.len(), found }))
}

/// Removes deliveries that were caught up; false when somebody else has removed one of them.
pub(crate) async fn done(tx: &mut Tx, handler: &str, ready: &[Due]) -> Result<bool, StorageError> {
    let removed = tx
        .query(sql!(
            sqlite: "DELETE FROM event_deliveries WHERE handler = $1 AND position IN (SELECT value FROM json_each($2))",
            postgres: "DELETE FROM event_deliveries WHERE handler = $1
                         AND position = ANY(ARRAY(SELECT v::bigint FROM jsonb_array_elements_text($2) v))"
        ))
        .bind(handler)
        .bind(Json(positions(ready)))
        .exec()
        .await?;
    Ok(usize::try_from(removed).is_ok_and(|removed| removed == ready.len()))
}

/// Lets deliveries wait behind what is set aside of their keys, like those that come behind a failure.
pub(crate) async fn fall_behind(
    tx: &mut Tx,
    handler: &str,
    behind: &[Due],
) -> Result<(), StorageError> {
    let now = tx.now();
    tx.query(sql!(
        sqlite: "UPDATE event_deliveries SET due_at = NULL, updated_at = $3
                 WHERE handler = $1 AND error IS NULL AND position IN (SELECT value FROM json_each($2))",
        postgres: "UPDATE event_deliveries SET due_at = NULL, updated_at = $3
                   WHERE handler = $1 AND error IS NULL
                     AND position = ANY(ARRAY(SELECT v::bigint FROM jsonb_array_elements_text($2) v))"
    ))
    .bind(handler)
    .bind(Json(positions(behind)))
    .bind(now)
    .exec()
    .await?;
    Ok(())
}

/// Parts those that may be handled together from those that something of their key is set aside before.
pub(crate) fn in_order(waiting: Vec<Waiting>) -> (Vec<Due>, Vec<Due>) {
    let mut last = HashMap::<String, i64>::new();
    let is_next = |Waiting { due, follows }: &Waiting| {
        let is_next = last.get(&due.partition_key) == follows.as_ref();
        if is_next {
            last.insert(due.partition_key.clone(), due.position);
        }
        is_next
    };
    let (ready, behind): (Vec<_>, Vec<_>) = waiting.into_iter().partition(is_next);
    let due = |waiting: Vec<Waiting>| waiting.into_iter().map(|waiting| waiting.due).collect();
    (due(ready), due(behind))
}

fn positions(rows: &[Due]) -> Vec<i64> {
    rows.iter().map(|row| row.position).collect()
}

impl Db {
    /// Everything that has stepped aside in a partition, in the order of the log.
    pub(crate) async fn all_aside(
        &self,
        partition: &Partition,
    ) -> Result<Vec<Before>, StorageError> {
        self.query(sql!(
            "SELECT position, partition_key, workspace_id FROM event_deliveries
             WHERE handler = $1 AND bucket BETWEEN $2 AND $3 AND NOT is_dead AND due_at IS NOT NULL AND error IS NULL
             ORDER BY position"
        ))
        .bind(partition.handler.as_str())
        .bind(partition.first_bucket)
        .bind(partition.last_bucket)
        .all()
        .await
    }

    /// Those of some deliveries that still stand aside, in the order of the log.
    pub(crate) async fn still_aside(
        &self,
        handler: &str,
        positions: &[i64],
    ) -> Result<Vec<Waiting>, StorageError> {
        self.query(sql!(
            sqlite: "SELECT d.position, d.partition_key, d.attempts, d.edited_version, d.edited_data, d.edited_sealed,
                       (SELECT p.position FROM event_deliveries p
                        WHERE p.handler = d.handler AND p.partition_key = d.partition_key AND p.position < d.position
                        ORDER BY p.position DESC LIMIT 1) AS follows
                     FROM event_deliveries d
                     WHERE d.handler = $1 AND d.position IN (SELECT value FROM json_each($2))
                       AND NOT d.is_dead AND d.due_at IS NOT NULL AND d.error IS NULL
                     ORDER BY d.position",
            postgres: "SELECT d.position, d.partition_key, d.attempts, d.edited_version, d.edited_data, d.edited_sealed,
                         (SELECT p.position FROM event_deliveries p
                          WHERE p.handler = d.handler AND p.partition_key = d.partition_key AND p.position < d.position
                          ORDER BY p.position DESC LIMIT 1) AS follows
                       FROM event_deliveries d
                       WHERE d.handler = $1 AND d.position = ANY(ARRAY(SELECT v::bigint FROM jsonb_array_elements_text($2) v))
                         AND NOT d.is_dead AND d.due_at IS NOT NULL AND d.error IS NULL
                       ORDER BY d.position"
        ))
        .bind(handler)
        .bind(Json(positions))
        .all()
        .await
    }
}
