//! The rows of partitions: checkpoints, leases and fences.

use serde::Serialize;
use sqlx::types::Json;
use uuid::Uuid;

use crate::{
    domain::{error::StorageError, position::Position},
    infrastructure::{db::Db, projection::Generation, tx::Tx},
    sql,
};

/// A range of buckets of one handler, as this node has leased it.
#[derive(Debug, Clone)]
pub(crate) struct Partition {
    pub(crate) handler: String,
    pub(crate) first_bucket: i64,
    pub(crate) last_bucket: i64,
    pub(crate) epoch: i64,
    pub(crate) node_id: Uuid,
    /// Whose rows it maintains, if it is one of a projection.
    pub(crate) generation: Generation,
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
    generation: i64,
    pub(crate) version: i64,
}

impl PartitionRow {
    /// Whose rows it maintains.
    pub(crate) fn generation(&self) -> Generation {
        Generation::new(self.generation)
    }

    /// What a node must be able to do that delivers to it.
    pub(crate) fn needs(&self) -> String {
        ability(&self.handler, self.version)
    }
}

/// How nodes tell each other that they have a handler: a projection in another version is another one.
pub(crate) fn ability(handler: &str, version: i64) -> String {
    if version == 0 { handler.to_owned() } else { format!("{handler}#{version}") }
}

impl Db {
    pub(crate) async fn partitions(&self) -> Result<Vec<PartitionRow>, StorageError> {
        self.query(sql!(
            "SELECT handler, first_bucket, last_bucket, position, epoch, node_id, generation, version FROM event_partitions
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
        let (epoch, generation) = (row.epoch + 1, row.generation());
        let partition = Partition {
            handler,
            first_bucket,
            last_bucket,
            epoch,
            node_id,
            generation,
            fenced: true,
        };
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
