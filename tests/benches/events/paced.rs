//! Transactions at a pace, and when something was seen of them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{bail, ensure};
use perme8_events::Origin;
use scenarios::Percentiles;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::house::{House, USER};

/// What takes longer does not happen.
const PATIENCE: Duration = Duration::from_mins(1);

/// A transaction whose commit was acknowledged, by its correlation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Acknowledged {
    correlation: Uuid,
    at: Instant,
}

/// So many transactions per second, for so many seconds, each begun when its time has come.
pub(crate) async fn pace(
    house: &House,
    rate: u32,
    seconds: u32,
) -> anyhow::Result<Vec<Acknowledged>> {
    let mut pace = tokio::time::interval(Duration::from_secs(1) / rate);
    let mut tasks = JoinSet::new();
    for _ in 0..rate * seconds {
        pace.tick().await;
        tasks.spawn(write(house.clone()));
    }
    tasks.join_all().await.into_iter().collect()
}

async fn write(house: House) -> anyhow::Result<Acknowledged> {
    let origin = Origin::user(USER);
    let correlation = origin.correlation_id().uuid();
    house.write(origin).await?;
    Ok(Acknowledged { correlation, at: Instant::now() })
}

/// When something was seen, by its correlation. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Times(Arc<Mutex<HashMap<Uuid, Instant>>>);

impl Times {
    fn lock(&self) -> MutexGuard<'_, HashMap<Uuid, Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes when it was seen first.
    pub(crate) fn note(&self, correlation: Uuid, at: Instant) {
        self.lock().entry(correlation).or_insert(at);
    }

    /// Waits until all of these were seen, while those who look are looking.
    pub(crate) async fn until_all(
        &self,
        wanted: &[Acknowledged],
        observers: &mut JoinSet<anyhow::Result<()>>,
    ) -> anyhow::Result<()> {
        let begun = Instant::now();
        loop {
            let missing = {
                let seen = self.lock();
                wanted.iter().filter(|one| !seen.contains_key(&one.correlation)).count()
            };
            if missing == 0 {
                return Ok(());
            }
            if let Some(ended) = observers.try_join_next() {
                ended??;
                bail!("somebody has stopped looking");
            }
            ensure!(begun.elapsed() < PATIENCE, "{missing} of {} were never seen", wanted.len());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// How long after the acknowledgement those were seen that were.
    pub(crate) fn since(&self, acknowledged: &[Acknowledged]) -> Percentiles {
        let seen = self.lock();
        let times = acknowledged.iter().filter_map(|one| {
            let at = seen.get(&one.correlation)?;
            u64::try_from(at.saturating_duration_since(one.at).as_micros()).ok()
        });
        Percentiles::of(times.collect())
    }
}
