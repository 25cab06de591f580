//! The rows of deliveries that failed, and of those of the same key that wait behind them.
//!
//! The head of a key is its row with the lowest position: only that one is ever tried, and only when it is due and no dead
//! letter. So order per key needs no bookkeeping when a head goes away, whoever removes it.

use chrono::{DateTime, Utc};
use serde_json::value::RawValue;
use sqlx::types::Json;

use crate::{
    application::transaction::Transaction as _,
    domain::{envelope::Envelope, error::StorageError, position::Position},
    infrastructure::{db::Db, runtime::partitions::Partition, sealing::Sealed, tx::Tx},
    sql,
};

/// A delivery that is due to be tried again.
#[derive(sqlx::FromRow)]
pub(crate) struct Due {
    pub(crate) position: i64,
    pub(crate) partition_key: String,
    pub(crate) attempts: i64,
    /// What an operator has put into the place of the event's data, and the version that it has the shape of.
    edited_version: Option<i32>,
    edited_data: Option<Json<Box<RawValue>>>,
    edited_sealed: Option<Json<Vec<Sealed>>>,
}

/// How a failed delivery goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Next {
    /// At this time.
    At(DateTime<Utc>),
    /// Not before an operator says so.
    Dead,
}

impl Next {
    fn columns(self) -> (bool, Option<DateTime<Utc>>) {
        match self {
            Self::At(due) => (false, Some(due)),
            Self::Dead => (true, None),
        }
    }
}

/// Sets a delivery aside that has failed for the first time.
pub(crate) async fn fail(
    tx: &mut Tx,
    handler: &str,
    key: &Key<'_>,
    (attempts, error): (u16, &str),
    next: Next,
) -> Result<(), StorageError> {
    let (dead, due) = next.columns();
    insert(tx, handler, key, attempts, dead, due, Some(error)).await
}

/// Sets a delivery aside because an earlier one of its key was.
pub(crate) async fn park(tx: &mut Tx, handler: &str, key: &Key<'_>) -> Result<(), StorageError> {
    insert(tx, handler, key, 0, false, None, None).await
}

/// An event, under the key by which its handler orders it.
#[derive(Debug)]
pub(crate) struct Key<'e> {
    pub(crate) text: &'e str,
    pub(crate) bucket: u8,
    pub(crate) event: &'e Envelope,
}

async fn insert(
    tx: &mut Tx,
    handler: &str,
    key: &Key<'_>,
    attempts: u16,
    dead: bool,
    due: Option<DateTime<Utc>>,
    error: Option<&str>,
) -> Result<(), StorageError> {
    let now = tx.now();
    tx.query(sql!(
        "INSERT INTO event_deliveries (handler, position, partition_key, bucket, event_id, event_type, attempts, is_dead,
           due_at, error, parked_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)"
    ))
    .bind(handler)
    .bind(key.event.position.number())
    .bind(key.text)
    .bind(i64::from(key.bucket))
    .bind(key.event.event_id)
    .bind(key.event.event_type.as_str())
    .bind(i64::from(attempts))
    .bind(dead)
    .bind(due)
    .bind(error)
    .bind(now)
    .exec()
    .await?;
    Ok(())
}

/// Notes that a retry failed; false when an operator discarded it in the meantime.
pub(crate) async fn fail_again(
    tx: &mut Tx,
    handler: &str,
    due: &Due,
    (attempts, error): (u16, &str),
    next: Next,
) -> Result<bool, StorageError> {
    let now = tx.now();
    let (dead, due_at) = next.columns();
    let changed = tx
        .query(sql!(
            "UPDATE event_deliveries SET attempts = $3, is_dead = $4, due_at = $5, error = $6, updated_at = $7
             WHERE handler = $1 AND position = $2"
        ))
        .bind(handler)
        .bind(due.position)
        .bind(i64::from(attempts))
        .bind(dead)
        .bind(due_at)
        .bind(error)
        .bind(now)
        .exec()
        .await?;
    Ok(changed == 1)
}

/// Removes a delivery that succeeded; false when an operator discarded it in the meantime.
pub(crate) async fn done(tx: &mut Tx, handler: &str, due: &Due) -> Result<bool, StorageError> {
    let removed = tx
        .query(sql!("DELETE FROM event_deliveries WHERE handler = $1 AND position = $2"))
        .bind(handler)
        .bind(due.position)
        .exec()
        .await?;
    Ok(removed == 1)
}

impl Db {
    /// Whether some delivery of this key is set aside.
    pub(crate) async fn is_set_aside(
        &self,
        handler: &str,
        key: &str,
    ) -> Result<bool, StorageError> {
        let found: Option<(i64,)> = self
            .query(sql!("SELECT position FROM event_deliveries WHERE handler = $1 AND partition_key = $2 LIMIT 1"))
            .bind(handler)
            .bind(key)
            .opt()
            .await?;
        Ok(found.is_some())
    }

    /// The keys of a partition of which deliveries are set aside.
    pub(crate) async fn keys_set_aside(
        &self,
        partition: &Partition,
    ) -> Result<Vec<String>, StorageError> {
        let keys: Vec<(String,)> = self
            .query(sql!(
                "SELECT DISTINCT partition_key FROM event_deliveries WHERE handler = $1 AND bucket BETWEEN $2 AND $3"
            ))
            .bind(partition.handler.as_str())
            .bind(partition.first_bucket)
            .bind(partition.last_bucket)
            .all()
            .await?;
        Ok(keys.into_iter().map(|(key,)| key).collect())
    }

    /// The keys of a partition of which something has failed or waits behind a failure; what has only stepped aside is not
    /// counted.
    pub(crate) async fn keys_blocked(
        &self,
        partition: &Partition,
    ) -> Result<Vec<String>, StorageError> {
        let keys: Vec<(String,)> = self
            .query(sql!(
                "SELECT DISTINCT partition_key FROM event_deliveries WHERE handler = $1 AND bucket BETWEEN $2 AND $3
                   AND (is_dead OR due_at IS NULL OR error IS NOT NULL)"
            ))
            .bind(partition.handler.as_str())
            .bind(partition.first_bucket)
            .bind(partition.last_bucket)
            .all()
            .await?;
        Ok(keys.into_iter().map(|(key,)| key).collect())
    }

    /// The delivery of a partition that has been due for the longest time. What has stepped aside is not among them: it has
    /// turns of its own, and there may be much of it.
    pub(crate) async fn due_delivery(
        &self,
        partition: &Partition,
        now: DateTime<Utc>,
    ) -> Result<Option<Due>, StorageError> {
        // The scalar form of "no older one of the same key": with NOT EXISTS, a planner without statistics is ten times slower.
        self.query(sql!(
            "SELECT d.position, d.partition_key, d.attempts, d.edited_version, d.edited_data, d.edited_sealed FROM event_deliveries d
             WHERE d.handler = $1 AND d.bucket BETWEEN $2 AND $3
               AND NOT d.is_dead AND (d.due_at IS NULL OR d.error IS NOT NULL) AND (d.due_at IS NULL OR d.due_at <= $4)
               AND d.position = (SELECT p.position FROM event_deliveries p
                                 WHERE p.handler = d.handler AND p.partition_key = d.partition_key
                                 ORDER BY p.position LIMIT 1)
             ORDER BY d.due_at NULLS FIRST, d.position LIMIT 1"
        ))
        .bind(partition.handler.as_str())
        .bind(partition.first_bucket)
        .bind(partition.last_bucket)
        .bind(now)
        .opt()
        .await
    }

    /// When the next delivery of a partition is due.
    pub(crate) async fn next_due(
        &self,
        partition: &Partition,
    ) -> Result<Option<DateTime<Utc>>, StorageError> {
        let due: Option<(DateTime<Utc>,)> = self
            .query(sql!(
                "SELECT d.due_at FROM event_deliveries d
                 WHERE d.handler = $1 AND d.bucket BETWEEN $2 AND $3
                   AND NOT d.is_dead AND (d.due_at IS NULL OR d.error IS NOT NULL) AND d.due_at IS NOT NULL
                   AND d.position = (SELECT p.position FROM event_deliveries p
                                     WHERE p.handler = d.handler AND p.partition_key = d.partition_key
                                     ORDER BY p.position LIMIT 1)
                 ORDER BY d.due_at LIMIT 1"
            ))
            .bind(partition.handler.as_str())
            .bind(partition.first_bucket)
            .bind(partition.last_bucket)
            .opt()
            .await?;
        Ok(due.map(|(due,)| due))
    }

    /// The event of a delivery, with the data that are to be delivered.
    pub(crate) async fn event_of(&self, due: &Due) -> Result<Option<Envelope>, StorageError> {
        let Some(event) = self.event_at(Position::new(due.position)).await? else {
            return Ok(None);
        };
        let edited = due.edited_data.as_ref().zip(due.edited_version);
        let Some((Json(data), version)) = edited else { return Ok(Some(event)) };
        let sealed = due.edited_sealed.as_ref().map(|Json(sealed)| sealed.as_slice());
        let data = self.opened_data(event.event_id, data.clone(), sealed).await?;
        let version = u16::try_from(version).unwrap_or(event.version);
        Ok(Some(Envelope { version, data, ..event }))
    }
}
