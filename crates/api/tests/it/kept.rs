//! Limits that are kept in memory, where the host has a table.

use std::{collections::HashMap, sync::Mutex};

use api::{LimitStore, Spending, Spent};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use perme8_events::StorageError;

#[derive(Debug, Default)]
pub(crate) struct Kept(Mutex<HashMap<String, DateTime<Utc>>>);

#[async_trait]
impl LimitStore for Kept {
    async fn look(&self, buckets: &[&str]) -> Result<Vec<(String, DateTime<Utc>)>, StorageError> {
        let kept = self.0.lock().expect("nobody panics while holding it");
        let known = buckets.iter().filter_map(|name| Some(((*name).to_owned(), *kept.get(*name)?)));
        Ok(known.collect())
    }

    async fn spend(&self, spendings: &[Spending]) -> Result<bool, StorageError> {
        let mut kept = self.0.lock().expect("nobody panics while holding it");
        let is_empty = |spending: &Spending| {
            kept.get(&spending.bucket).is_some_and(|tat| *tat > spending.last)
        };
        if spendings.iter().any(is_empty) {
            return Ok(false);
        }
        for spending in spendings {
            let tat = kept.entry(spending.bucket.clone()).or_insert(DateTime::UNIX_EPOCH);
            *tat = (*tat + spending.cost).max(spending.fresh);
        }
        Ok(true)
    }

    async fn merge(
        &self,
        spent: &[Spent],
        last: DateTime<Utc>,
    ) -> Result<Vec<(String, DateTime<Utc>)>, StorageError> {
        let mut kept = self.0.lock().expect("nobody panics while holding it");
        let merged = spent.iter().map(|Spent { bucket, cost, tat: here }| {
            let tat = kept.entry(bucket.clone()).or_insert(DateTime::UNIX_EPOCH);
            *tat = (*tat + *cost).max(*here).min(last);
            (bucket.clone(), *tat)
        });
        Ok(merged.collect())
    }

    async fn give_back(&self, spendings: &[Spending]) -> Result<(), StorageError> {
        let mut kept = self.0.lock().expect("nobody panics while holding it");
        for spending in spendings {
            kept.entry(spending.bucket.clone()).and_modify(|tat| *tat -= spending.cost);
        }
        Ok(())
    }
}
