//! Rate limits in the database: every node sees the same, and a restart forgets nothing.

use api::{LimitStore, Spending};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use perme8_events::{
    Origin, StorageError, sql,
    sql::{Db, UnitOfWork},
};
use sqlx::types::Json;

/// Keeps the buckets in `perme8_rate_limits`.
#[derive(Debug, Clone)]
pub(crate) struct HostLimitStore {
    db: Db,
    unit_of_work: UnitOfWork,
}

/// Why nothing was spent.
enum NotSpent {
    /// Nothing is left of a bucket.
    Empty,
    Storage(StorageError),
}

impl From<StorageError> for NotSpent {
    fn from(error: StorageError) -> Self {
        Self::Storage(error)
    }
}

impl HostLimitStore {
    pub(crate) fn new(db: &Db) -> Self {
        Self { db: db.clone(), unit_of_work: UnitOfWork::new(db.clone()) }
    }

    /// Removes so many buckets at most of which everything has come back, and tells how many; those that are not kept are
    /// as good.
    pub(crate) async fn sweep(&self, limit: u32) -> Result<u64, StorageError> {
        let now = self.db.clock().now();
        self.unit_of_work
            .run(origin(), async |tx| {
                tx.query(sql!(
                    "DELETE FROM perme8_rate_limits WHERE bucket IN
                       (SELECT bucket FROM perme8_rate_limits WHERE tat <= $1 ORDER BY tat LIMIT $2) AND tat <= $1"
                ))
                .bind(now.timestamp_micros())
                .bind(i64::from(limit))
                .exec()
                .await
            })
            .await
    }
}

fn origin() -> Origin {
    Origin::system("perme8.rate_limits")
}

/// Microseconds of buckets as an instant.
fn instant(micros: i64) -> Result<DateTime<Utc>, StorageError> {
    DateTime::from_timestamp_micros(micros).ok_or_else(|| {
        StorageError::new(format!("a rate limit ends at {micros} µs, which is no time"))
    })
}

/// By how much a spending moves its bucket.
fn cost(spending: &Spending) -> i64 {
    spending.cost.num_microseconds().expect("quotas are for a day at most")
}

#[async_trait]
impl LimitStore for HostLimitStore {
    async fn look(&self, buckets: &[&str]) -> Result<Vec<(String, DateTime<Utc>)>, StorageError> {
        let kept: Vec<(String, i64)> = self
            .db
            .query(sql!(
                sqlite: "SELECT bucket, tat FROM perme8_rate_limits WHERE bucket IN (SELECT value FROM json_each($1))",
                postgres: "SELECT bucket, tat FROM perme8_rate_limits
                           WHERE bucket = ANY (ARRAY(SELECT jsonb_array_elements_text($1::jsonb)))"
            ))
            .bind(Json(buckets))
            .all()
            .await?;
        kept.into_iter().map(|(bucket, tat)| Ok((bucket, instant(tat)?))).collect()
    }

    async fn spend(&self, spendings: &[Spending]) -> Result<bool, StorageError> {
        let spent = self.unit_of_work.run(origin(), async |tx| {
            for spending in spendings {
                let Spending { bucket, cost: _, fresh, last, empty, horizon } = spending;
                let changed = tx
                    .query(sql!(
                        sqlite: "INSERT INTO perme8_rate_limits (bucket, tat, cost) VALUES ($1, $2, $3)
                                 ON CONFLICT (bucket) DO UPDATE SET cost = excluded.cost,
                                   tat = min(max(perme8_rate_limits.tat + excluded.cost, excluded.tat), $4)
                                 WHERE perme8_rate_limits.tat <= $5 OR perme8_rate_limits.tat > $6",
                        postgres: "INSERT INTO perme8_rate_limits (bucket, tat, cost) VALUES ($1, $2, $3)
                                   ON CONFLICT (bucket) DO UPDATE SET cost = excluded.cost,
                                     tat = least(greatest(perme8_rate_limits.tat + excluded.cost, excluded.tat), $4)
                                   WHERE perme8_rate_limits.tat <= $5 OR perme8_rate_limits.tat > $6"
                    ))
                    .bind(bucket.as_str())
                    .bind(fresh.timestamp_micros())
                    .bind(cost(spending))
                    .bind(empty.timestamp_micros())
                    .bind(last.timestamp_micros())
                    .bind(horizon.timestamp_micros())
                    .exec()
                    .await?;
                if changed == 0 {
                    return Err(NotSpent::Empty);
                }
            }
            Ok(())
        });
        match spent.await {
            Ok(()) => Ok(true),
            Err(NotSpent::Empty) => Ok(false),
            Err(NotSpent::Storage(error)) => Err(error),
        }
    }

    async fn give_back(&self, spending: &Spending) -> Result<(), StorageError> {
        self.unit_of_work
            .run(origin(), async |tx| {
                tx.query(sql!("UPDATE perme8_rate_limits SET tat = tat - $2 WHERE bucket = $1"))
                    .bind(spending.bucket.as_str())
                    .bind(cost(spending))
                    .exec()
                    .await
                    .map(drop)
            })
            .await
    }
}

#[cfg(test)]
mod tests;
