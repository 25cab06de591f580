//! The rows of partitions and nodes: checkpoints, leases and fences.

use std::ops::RangeInclusive;

use serde::Serialize;
use sha2::{Digest as _, Sha256};
use sqlx::types::Json;
use uuid::Uuid;

use crate::{
    application::handler::Start,
    domain::{error::StorageError, position::Position},
    infrastructure::{db::Db, runtime::erased::AnyHandler, tx::Tx},
    sql,
};

/// So many buckets the keys of a handler are hashed into.
const BUCKETS: u16 = 256;

/// The bucket of a key; stable for ever, since checkpoints depend on it.
pub(crate) fn bucket(key: &str) -> u8 {
    Sha256::digest(key.as_bytes())[0]
}

/// A range of buckets of one handler, as this node has leased it.
#[derive(Debug, Clone)]
pub(crate) struct Partition {
    pub(crate) handler: String,
    pub(crate) first_bucket: i64,
    pub(crate) last_bucket: i64,
    pub(crate) epoch: i64,
    pub(crate) node_id: Uuid,
    /// Whether the transactions of somebody who has lost the lease are refused.
    pub(crate) fenced: bool,
}

impl Partition {
    pub(crate) fn holds(&self, bucket: u8) -> bool {
        (self.first_bucket..=self.last_bucket).contains(&i64::from(bucket))
    }

    /// Moves the checkpoint; false when the lease is lost or the checkpoint is not where the lane takes it to be (a commit
    /// that was answered by an error may have happened all the same). The transaction must not commit then.
    pub(crate) async fn advance(
        &self,
        tx: &mut Tx,
        from: Position,
        to: Position,
    ) -> Result<bool, StorageError> {
        let moved = tx
            .query(sql!(
                "UPDATE event_partitions SET position = $6
                 WHERE handler = $1 AND first_bucket = $2 AND epoch = $3 AND node_id = $4 AND position <= $5"
            ))
            .bind(self.handler.as_str())
            .bind(self.first_bucket)
            .bind(self.epoch)
            .bind(self.node_id)
            .bind(from.number())
            .bind(to.number())
            .exec()
            .await?;
        Ok(moved == 1 || !self.fenced)
    }

    /// Holds on to the lease without moving the checkpoint; false when it is lost.
    pub(crate) async fn hold(&self, tx: &mut Tx) -> Result<bool, StorageError> {
        let held = tx
            .query(sql!(
                "UPDATE event_partitions SET epoch = epoch
                 WHERE handler = $1 AND first_bucket = $2 AND epoch = $3 AND node_id = $4"
            ))
            .bind(self.handler.as_str())
            .bind(self.first_bucket)
            .bind(self.epoch)
            .bind(self.node_id)
            .exec()
            .await?;
        Ok(held == 1 || !self.fenced)
    }
}

/// How far a partition has come that had nothing to do.
#[derive(Debug, Serialize)]
pub(crate) struct Idle {
    pub(crate) handler: String,
    pub(crate) first_bucket: i64,
    pub(crate) epoch: i64,
    pub(crate) position: Position,
}

/// A partition as the database shows it to every node.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct PartitionRow {
    pub(crate) handler: String,
    pub(crate) first_bucket: i64,
    pub(crate) last_bucket: i64,
    pub(crate) position: i64,
    pub(crate) epoch: i64,
    pub(crate) node_id: Option<Uuid>,
}

impl Db {
    pub(crate) async fn partitions(&self) -> Result<Vec<PartitionRow>, StorageError> {
        self.query(sql!(
            "SELECT handler, first_bucket, last_bucket, position, epoch, node_id FROM event_partitions
             ORDER BY handler, first_bucket"
        ))
        .all()
        .await
    }

    /// Takes over a partition, if nobody else has since `row` was read.
    pub(crate) async fn claim(
        &self,
        row: &PartitionRow,
        node_id: Uuid,
    ) -> Result<Option<Partition>, StorageError> {
        // A row that the former owner's transaction holds on to keeps nobody from claiming the others.
        let claimed = self
            .change(sql!(
                sqlite: "UPDATE event_partitions SET node_id = $4, epoch = epoch + 1
                         WHERE handler = $1 AND first_bucket = $2 AND epoch = $3",
                postgres: "UPDATE event_partitions SET node_id = $4, epoch = epoch + 1
                           WHERE (handler, first_bucket) = (SELECT handler, first_bucket FROM event_partitions
                             WHERE handler = $1 AND first_bucket = $2 AND epoch = $3 FOR UPDATE SKIP LOCKED)"
            ))
            .bind(row.handler.as_str())
            .bind(row.first_bucket)
            .bind(row.epoch)
            .bind(node_id)
            .exec()
            .await?;
        let PartitionRow { handler, first_bucket, last_bucket, .. } = row.clone();
        let epoch = row.epoch + 1;
        let partition =
            Partition { handler, first_bucket, last_bucket, epoch, node_id, fenced: true };
        Ok((claimed == 1).then_some(partition))
    }

    /// The checkpoint of a partition that was just claimed: what its former owner committed last.
    pub(crate) async fn checkpoint(&self, partition: &Partition) -> Result<Position, StorageError> {
        self.query(sql!(
            "SELECT position FROM event_partitions WHERE handler = $1 AND first_bucket = $2"
        ))
        .bind(partition.handler.as_str())
        .bind(partition.first_bucket)
        .scalar()
        .await
        .map(Position::new)
    }

    /// Gives a partition back, for others to take.
    pub(crate) async fn release(&self, row: &PartitionRow) -> Result<(), StorageError> {
        self.change(sql!(
            "UPDATE event_partitions SET node_id = NULL
             WHERE handler = $1 AND first_bucket = $2 AND epoch = $3 AND node_id = $4"
        ))
        .bind(row.handler.as_str())
        .bind(row.first_bucket)
        .bind(row.epoch)
        .bind(row.node_id)
        .exec()
        .await?;
        Ok(())
    }

    /// Gives back all partitions of a node that stops.
    pub(crate) async fn release_all(&self, node_id: Uuid) -> Result<(), StorageError> {
        self.change(sql!("UPDATE event_partitions SET node_id = NULL WHERE node_id = $1"))
            .bind(node_id)
            .exec()
            .await?;
        Ok(())
    }

    /// Moves the checkpoints of partitions that have nothing to do, so that nobody looks at the same events again.
    pub(crate) async fn advance_idle(
        &self,
        node_id: Uuid,
        idle: &[Idle],
    ) -> Result<(), StorageError> {
        self.change(sql!(
            sqlite: "UPDATE event_partitions SET position = v.position
                     FROM (SELECT value->>'handler' AS handler, value->>'first_bucket' AS first_bucket,
                             value->>'epoch' AS epoch, value->>'position' AS position FROM json_each($1)) AS v
                     WHERE event_partitions.handler = v.handler AND event_partitions.first_bucket = v.first_bucket
                       AND event_partitions.epoch = v.epoch AND event_partitions.node_id = $2
                       AND event_partitions.position < v.position",
            postgres: "UPDATE event_partitions SET position = v.position
                       FROM jsonb_to_recordset($1) AS v (handler text, first_bucket bigint, epoch bigint, position bigint)
                       WHERE event_partitions.handler = v.handler AND event_partitions.first_bucket = v.first_bucket
                         AND event_partitions.epoch = v.epoch AND event_partitions.node_id = $2
                         AND event_partitions.position < v.position"
        ))
        .bind(Json(idle))
        .bind(node_id)
        .exec()
        .await?;
        Ok(())
    }
}

/// Until the end of `tx`, no other node makes or splits partitions, and no checkpoint is on the move.
///
/// A checkpoint that moves while its partition is split would be copied as it was before, and what lies between would be
/// delivered twice. On SQLite there is one writer anyway.
pub(crate) async fn lock(tx: &mut Tx) -> Result<(), StorageError> {
    tx.query(sql!(
        sqlite: "SELECT 1",
        postgres: "LOCK TABLE event_partitions IN SHARE ROW EXCLUSIVE MODE"
    ))
    .exec()
    .await
    .map(drop)
}

/// Makes the partitions of a handler that the database has not met, and splits those of one that wants more; `now` is where one starts that
/// wants no past events.
pub(crate) async fn ensure(
    tx: &mut Tx,
    handler: &dyn AnyHandler,
    now: Position,
) -> Result<(), StorageError> {
    let name = handler.name();
    let options = handler.options();
    let mut ranges: Vec<(i64, i64, i64)> = tx
        .query(sql!(
            "SELECT first_bucket, last_bucket, position FROM event_partitions WHERE handler = $1 ORDER BY first_bucket"
        ))
        .bind(name)
        .all()
        .await?;
    if ranges.is_empty() {
        let position = match options.start {
            Start::Beginning => Position::START,
            Start::Now => now,
        };
        for range in spread(options.partitions) {
            insert(tx, name, range, position.number()).await?;
        }
        return Ok(());
    }
    while ranges.len() < usize::from(options.partitions) {
        let widest = (0..ranges.len()).max_by_key(|n| ranges[*n].1 - ranges[*n].0);
        let Some(widest) = widest.filter(|n| ranges[*n].1 > ranges[*n].0) else { break };
        let (first, last, position) = ranges[widest];
        let middle = i64::midpoint(first, last);
        // Whoever owns the wider range is fenced out, and both halves are free.
        tx.query(sql!(
            "UPDATE event_partitions SET last_bucket = $3, epoch = epoch + 1, node_id = NULL
             WHERE handler = $1 AND first_bucket = $2"
        ))
        .bind(name)
        .bind(first)
        .bind(middle)
        .exec()
        .await?;
        insert(tx, name, middle + 1..=last, position).await?;
        ranges[widest].1 = middle;
        ranges.push((middle + 1, last, position));
    }
    Ok(())
}

async fn insert(
    tx: &mut Tx,
    handler: &str,
    range: RangeInclusive<i64>,
    position: i64,
) -> Result<(), StorageError> {
    tx.query(sql!(
        "INSERT INTO event_partitions (handler, first_bucket, last_bucket, position) VALUES ($1, $2, $3, $4)
         ON CONFLICT (handler, first_bucket) DO NOTHING"
    ))
    .bind(handler)
    .bind(*range.start())
    .bind(*range.end())
    .bind(position)
    .exec()
    .await?;
    Ok(())
}

/// The buckets as `count` ranges of about the same width.
fn spread(count: u16) -> impl Iterator<Item = RangeInclusive<i64>> {
    (0..count).map(move |n| {
        let first = u32::from(n) * u32::from(BUCKETS) / u32::from(count);
        let next = (u32::from(n) + 1) * u32::from(BUCKETS) / u32::from(count);
        i64::from(first)..=i64::from(next) - 1
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bucket_lies_in_exactly_one_range() {
        for count in [1, 2, 3, 7, 16, 255, 256] {
            let ranges: Vec<_> = spread(count).collect();
            assert_eq!(ranges.len(), usize::from(count));
            for bucket in 0..256 {
                assert_eq!(
                    ranges.iter().filter(|range| range.contains(&bucket)).count(),
                    1,
                    "{bucket} of {count}"
                );
            }
        }
    }

    #[test]
    fn the_bucket_of_a_key_never_changes() {
        assert_eq!([bucket(""), bucket("user:1"), bucket("ä")], [227, 171, 51]);
    }
}
