//! Where rate limits outlive a restart, and where the nodes of a host see each other's.

use std::fmt;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use perme8_events::StorageError;

use crate::limits::quota::Quota;

/// Keeps buckets. The host implements it on a table of its own.
///
/// A bucket is the instant at which all that was spent of it has come back; one that is not kept is full.
#[async_trait]
pub trait LimitStore: fmt::Debug + Send + Sync {
    /// These buckets, as far as they are kept.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the storage fails.
    async fn look(&self, buckets: &[&str]) -> Result<Vec<(String, DateTime<Utc>)>, StorageError>;

    /// Spends all of these, or none where one is too much; gives whether it did. What it has spent survives a crash.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the storage fails; nothing was spent then, unless the connection broke at the very end.
    async fn spend(&self, spendings: &[Spending]) -> Result<bool, StorageError>;

    /// Adds what a node has spent in memory, and gives the buckets as they are then: each at least where the node has it,
    /// with what the others have spent as well, but none later than `last`.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the storage fails; nothing was added then, unless the connection broke at the very end.
    async fn merge(
        &self,
        spent: &[Spent],
        last: DateTime<Utc>,
    ) -> Result<Vec<(String, DateTime<Utc>)>, StorageError>;

    /// Takes back what was spent.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the storage fails.
    async fn give_back(&self, spendings: &[Spending]) -> Result<(), StorageError>;
}

/// What is to be spent of a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spending {
    /// Which bucket.
    pub bucket: String,
    /// By so much the bucket moves on.
    pub cost: TimeDelta,
    /// Where a full bucket moves to.
    pub fresh: DateTime<Utc>,
    /// As long as a bucket lies no later than this, so much is left of it.
    pub last: DateTime<Utc>,
    /// Where a bucket is when nothing is left; spending leads no further.
    pub empty: DateTime<Utc>,
    /// A bucket that lies later than this was written under another clock: so much is left of it.
    pub horizon: DateTime<Utc>,
}

/// What a node has spent of a bucket since it wrote that down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spent {
    /// Of which bucket.
    pub bucket: String,
    /// By so much it has moved the bucket.
    pub cost: TimeDelta,
    /// Where the node has the bucket now.
    pub tat: DateTime<Utc>,
}

impl Spending {
    /// So many of this bucket, spent at this instant; whoever wants more than it ever holds empties it.
    #[must_use]
    pub fn new(bucket: String, quota: Quota, now: DateTime<Utc>, count: u32) -> Self {
        let (cost, empty) = (quota.cost(count), now + quota.window());
        let horizon = quota.horizon(now);
        Self { bucket, cost, fresh: now + cost, last: empty - cost, empty, horizon }
    }
}
