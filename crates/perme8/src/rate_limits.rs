//! Rate limits in the database: every node sees the same, and a restart forgets nothing.

use api::{LimitStore, Spending, Spent};
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use perme8_events::{
    Origin, StorageError, sql,
    sql::{Db, UnitOfWork},
};
use sqlx::types::Json;

/// So many buckets are merged in one transaction, so that nobody waits long for the writer.
const AT_ONCE: usize = 1000;

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

/// Runs it in a transaction, and again while it loses races: nobody has to ask once more because buckets were swept.
macro_rules! transact {
    ($self:ident, $body:expr) => {
        transact!($self, StorageError::is_retryable, $body)
    };
    ($self:ident, $is_passing:expr, $body:expr) => {
        $self.unit_of_work.retry($is_passing, || $self.unit_of_work.run(origin(), $body)).await
    };
}

impl NotSpent {
    fn is_passing(&self) -> bool {
        matches!(self, Self::Storage(error) if error.is_retryable())
    }
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
        transact!(self, async |tx| {
            tx.query(sql!(
                "DELETE FROM perme8_rate_limits WHERE bucket IN
                   (SELECT bucket FROM perme8_rate_limits WHERE tat <= $1 ORDER BY tat LIMIT $2) AND tat <= $1"
            ))
            .bind(now.timestamp_micros())
            .bind(i64::from(limit))
            .exec()
            .await
        })
    }
}

/// A bucket as the statement takes it.
fn row(Spent { bucket, cost, tat }: &Spent) -> (&str, i64, i64) {
    (bucket, tat.timestamp_micros(), micros(*cost))
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

/// By how much a bucket moves.
fn micros(cost: TimeDelta) -> i64 {
    cost.num_microseconds().expect("quotas are for a day at most")
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
        let spent = transact!(self, NotSpent::is_passing, async |tx| {
            for spending in spendings {
                let Spending { bucket, cost, fresh, last, empty, horizon } = spending;
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
                    .bind(micros(*cost))
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
        match spent {
            Ok(()) => Ok(true),
            Err(NotSpent::Empty) => Ok(false),
            Err(NotSpent::Storage(error)) => Err(error),
        }
    }

    async fn merge(
        &self,
        spent: &[Spent],
        last: DateTime<Utc>,
    ) -> Result<Vec<(String, DateTime<Utc>)>, StorageError> {
        let mut merged = Vec::with_capacity(spent.len());
        for part in spent.chunks(AT_ONCE) {
            let rows: Vec<_> = part.iter().map(row).collect();
            let kept: Vec<(String, i64)> = transact!(self, async |tx| {
                // In one order, so that nodes which merge at the same time wait for each other instead of for ever.
                tx.query(sql!(
                        sqlite: "INSERT INTO perme8_rate_limits (bucket, tat, cost)
                                 SELECT value->>0, value->>1, value->>2 FROM json_each($1) WHERE true
                                 ON CONFLICT (bucket) DO UPDATE SET cost = excluded.cost,
                                   tat = min(max(perme8_rate_limits.tat + excluded.cost, excluded.tat), $2)
                                 RETURNING bucket, tat",
                        postgres: "INSERT INTO perme8_rate_limits (bucket, tat, cost)
                                   SELECT value->>0, (value->>1)::bigint, (value->>2)::bigint
                                   FROM jsonb_array_elements($1::jsonb) AS value ORDER BY value->>0
                                   ON CONFLICT (bucket) DO UPDATE SET cost = excluded.cost,
                                     tat = least(greatest(perme8_rate_limits.tat + excluded.cost, excluded.tat), $2)
                                   RETURNING bucket, tat"
                    ))
                    .bind(Json(&rows))
                    .bind(last.timestamp_micros())
                    .all()
                    .await
            })?;
            for (bucket, tat) in kept {
                merged.push((bucket, instant(tat)?));
            }
        }
        Ok(merged)
    }

    async fn give_back(&self, spendings: &[Spending]) -> Result<(), StorageError> {
        transact!(self, async |tx| {
            for spending in spendings {
                tx.query(sql!("UPDATE perme8_rate_limits SET tat = tat - $2 WHERE bucket = $1"))
                    .bind(spending.bucket.as_str())
                    .bind(micros(spending.cost))
                    .exec()
                    .await?;
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests;
