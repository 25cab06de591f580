//! Requests of all kinds: decided in memory, because there are many of them and little is at stake, and written down every
//! second, so that a restart begins with what was spent and several nodes hold one limit.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use perme8_events::Clock;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::{
    error::ApiError,
    limits::{
        Limiter, Limits,
        bucket::{Bucket, Kind},
        quota::Quota,
        refused,
        store::Spent,
    },
};

/// How often what was spent is written down; a crash loses as much.
const EVERY: Duration = Duration::from_secs(1);

/// A host that stops waits no longer for what is written down last.
const LAST: Duration = Duration::from_secs(3);

/// So many buckets are remembered at most; those that are forgotten are looked up again.
const MOST: usize = 100_000;

/// Buckets as this node knows them.
#[derive(Debug, Default)]
pub(crate) struct Memory(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    tats: HashMap<Bucket, DateTime<Utc>>,
    /// By how much each has moved since that was last written down.
    unwritten: HashMap<Bucket, TimeDelta>,
}

impl Memory {
    fn known(&self) -> MutexGuard<'_, Known> {
        // Nothing panics between two steps that belong together.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn knows(&self, bucket: &Bucket) -> bool {
        self.known().tats.contains_key(bucket)
    }

    /// Spends one, or says how long to wait.
    fn spend(&self, bucket: Bucket, quota: Quota, now: DateTime<Utc>) -> Result<(), TimeDelta> {
        let Known { tats, unwritten } = &mut *self.known();
        let after = quota.spend(tats.get(&bucket).copied(), now, 1)?;
        tats.insert(bucket.clone(), after);
        *unwritten.entry(bucket).or_default() += quota.cost(1);
        Ok(())
    }

    /// What is to be written down of this kind.
    fn take(&self, kind: Kind) -> Vec<(Bucket, Spent)> {
        let Known { tats, unwritten } = &mut *self.known();
        let taken = unwritten.extract_if(|bucket, _| bucket.kind == kind);
        let spent = taken.filter_map(|(bucket, cost)| {
            let tat = *tats.get(&bucket)?;
            let name = bucket.name.clone();
            Some((bucket, Spent { bucket: name, cost, tat }))
        });
        spent.collect()
    }

    /// It was not written down.
    fn put_back(&self, spent: Vec<(Bucket, Spent)>) {
        let mut known = self.known();
        for (bucket, spent) in spent {
            *known.unwritten.entry(bucket).or_default() += spent.cost;
        }
    }

    /// What the database knows, which has what every node has spent but what this one has not written down.
    fn learn(&self, bucket: Bucket, tat: DateTime<Utc>) {
        let Known { tats, unwritten } = &mut *self.known();
        let tat = tat + unwritten.get(&bucket).copied().unwrap_or_default();
        let known = tats.entry(bucket).or_insert(tat);
        *known = tat.max(*known);
    }

    /// Forgets those who have not asked for long, and everybody if they are too many.
    fn forget(&self, limits: Limits, now: DateTime<Utc>) {
        let mut known = self.known();
        let Known { tats, unwritten } = &mut *known;
        tats.retain(|bucket, tat| {
            now - *tat < limits.quota(bucket.kind).window() || unwritten.contains_key(bucket)
        });
        if tats.len() > MOST {
            *known = Known::default();
        }
    }
}

impl Limiter {
    /// Spends a request of a bucket, or refuses it.
    pub(super) async fn request(&self, bucket: Bucket, now: DateTime<Utc>) -> Result<(), ApiError> {
        if !self.memory.knows(&bucket) {
            let tat = self.tat(&bucket).await;
            self.memory.learn(bucket.clone(), tat);
        }
        let quota = self.limits.quota(bucket.kind);
        self.memory
            .spend(bucket.clone(), quota, now)
            .map_err(|wait| ApiError::rate_limited(refused(&bucket, wait)))
    }

    /// The bucket as it is kept. Where the database fails, the request will find that out by itself, if it needs one.
    async fn tat(&self, bucket: &Bucket) -> DateTime<Utc> {
        let kept = self.store.look(&[&bucket.name]).await.unwrap_or_else(|error| {
            let error = &error as &dyn std::error::Error;
            tracing::debug!(error, "a limit begins anew");
            Vec::new()
        });
        kept.first().map_or(DateTime::UNIX_EPOCH, |(_, tat)| *tat)
    }

    /// Writes down what was spent, every second while `serving` goes on and once after it.
    pub(crate) async fn keep_during(
        &self,
        clock: &Arc<dyn Clock>,
        serving: impl Future<Output = ()>,
    ) {
        let over = CancellationToken::new();
        let keeping = async {
            while over.run_until_cancelled(sleep(EVERY)).await.is_some() {
                self.write_down(clock.now()).await;
            }
            if timeout(LAST, self.write_down(clock.now())).await.is_err() {
                tracing::warn!("the last second of the limits was not written down");
            }
        };
        let serving = async {
            serving.await;
            over.cancel();
        };
        tokio::join!(serving, keeping);
    }

    async fn write_down(&self, now: DateTime<Utc>) {
        for kind in [Kind::Caller, Kind::Stranger] {
            let spent = self.memory.take(kind);
            if spent.is_empty() {
                continue;
            }
            let (buckets, spent): (Vec<_>, Vec<_>) = spent.into_iter().unzip();
            match self.store.merge(&spent, self.limits.quota(kind).horizon(now)).await {
                Ok(kept) => {
                    for (name, tat) in kept {
                        self.memory.learn(Bucket { kind, name }, tat);
                    }
                }
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::warn!(error, "what was spent of the limits was not written down yet");
                    self.memory.put_back(buckets.into_iter().zip(spent).collect());
                }
            }
        }
        self.memory.forget(self.limits, now);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START: DateTime<Utc> = DateTime::UNIX_EPOCH;

    fn quota() -> Quota {
        "5/5s".parse().unwrap()
    }

    fn somebody() -> Bucket {
        Bucket { kind: Kind::Caller, name: "requests:caller:1".to_owned() }
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        START + TimeDelta::seconds(seconds)
    }

    /// How many are left at this time.
    fn left(memory: &Memory, now: DateTime<Utc>) -> usize {
        std::iter::from_fn(|| memory.spend(somebody(), quota(), now).ok()).count()
    }

    /// What the database does, for a single bucket.
    fn write_down(memory: &Memory, kept: &mut DateTime<Utc>, now: DateTime<Utc>) {
        for (bucket, Spent { bucket: _, cost, tat }) in memory.take(Kind::Caller) {
            *kept = (*kept + cost).max(tat).min(quota().horizon(now));
            memory.learn(bucket, *kept);
        }
    }

    #[test]
    fn who_starts_anew_goes_on_where_the_others_are() {
        let (mut kept, one) = (START, Memory::default());
        assert_eq!(left(&one, START), 5);
        write_down(&one, &mut kept, START);
        let other = Memory::default();
        other.learn(somebody(), kept);
        assert_eq!(left(&other, START), 0);
        assert_eq!(left(&other, at(2)), 2);
    }

    #[test]
    fn nodes_learn_of_each_other_when_they_write_down() {
        let (mut kept, one, other) = (START, Memory::default(), Memory::default());
        for memory in [&one, &other] {
            for _ in 0..2 {
                memory.spend(somebody(), quota(), START).unwrap();
            }
        }
        for memory in [&one, &other, &one] {
            write_down(memory, &mut kept, START);
        }
        assert_eq!(kept, at(4));
        assert_eq!(left(&other, START), 1);
        // Whoever has spent nothing since learns it with the next request.
        assert_eq!(left(&one, START), 3);
        write_down(&one, &mut kept, START);
        assert_eq!(one.spend(somebody(), quota(), START), Err(TimeDelta::seconds(3)));
    }

    #[test]
    fn what_was_not_written_down_is_written_down_later() {
        let (mut kept, memory) = (START, Memory::default());
        assert_eq!(left(&memory, START), 5);
        let taken = memory.take(Kind::Caller);
        assert!(memory.take(Kind::Caller).is_empty());
        memory.put_back(taken);
        assert_eq!(left(&memory, at(1)), 1);
        write_down(&memory, &mut kept, at(1));
        assert_eq!(kept, at(6));
    }

    #[test]
    fn those_who_have_not_asked_for_long_are_forgotten() {
        let memory = Memory::default();
        memory.spend(somebody(), quota(), START).unwrap();
        let limits = Limits { caller: quota(), ..Limits::default() };
        memory.forget(limits, at(60));
        assert!(memory.knows(&somebody()), "it was not written down");
        drop(memory.take(Kind::Caller));
        memory.forget(limits, at(5));
        assert!(memory.knows(&somebody()));
        memory.forget(limits, at(6));
        assert!(!memory.knows(&somebody()));
    }

    proptest! {
        #[test]
        fn a_node_alone_is_not_stricter_for_writing_down(
            steps in prop::collection::vec((0_i64..3_000_000, any::<bool>()), 1..100),
        ) {
            let (mut kept, memory) = (START, Memory::default());
            let (mut now, mut tat) = (at(100), None);
            for (step, writes) in steps {
                now += TimeDelta::microseconds(step);
                let by_itself = quota().spend(tat, now, 1);
                prop_assert_eq!(memory.spend(somebody(), quota(), now), by_itself.map(drop));
                tat = by_itself.ok().or(tat);
                if writes {
                    write_down(&memory, &mut kept, now);
                }
            }
        }
    }
}
