//! What is asked of each store.

use std::{
    collections::HashMap,
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use async_trait::async_trait;

/// A store of events on a database of its own.
#[async_trait]
pub(crate) trait Store: Send + Sync {
    /// What it is called in the table.
    fn name(&self) -> &'static str;

    /// Commits events with these numbers at once, all of a document that nobody else writes.
    async fn append(&self, numbers: Range<u64>) -> anyhow::Result<()>;

    /// Has every event handled from now on, from the first one, by something that reads it and notes its number; none if it
    /// has no subscription that lasts.
    async fn follow(&self, seen: Seen) -> anyhow::Result<Option<Box<dyn Following>>>;

    /// Has every event that there is read once and its number noted; false if it cannot.
    async fn replay(&self, seen: Seen) -> anyhow::Result<bool>;
}

/// A subscription that goes on until it is stopped.
#[async_trait]
pub(crate) trait Following: Send {
    async fn stop(self: Box<Self>) -> anyhow::Result<()>;
}

/// When each number was seen first. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen(Arc<Mutex<HashMap<u64, Instant>>>);

impl Seen {
    pub(crate) fn note(&self, number: u64) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.entry(number).or_insert_with(Instant::now);
    }

    /// How many.
    pub(crate) fn count(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// From the first one to the last one.
    pub(crate) fn span(&self) -> Duration {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (first, last) = (seen.values().min(), seen.values().max());
        first.zip(last).map_or(Duration::ZERO, |(first, last)| last.duration_since(*first))
    }

    pub(crate) fn when(&self, number: u64) -> Option<Instant> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&number).copied()
    }
}
