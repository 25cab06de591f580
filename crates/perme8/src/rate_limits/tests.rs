//! Buckets in the database, on both engines and from several nodes.

use std::{collections::HashMap, time::Duration};

use api::Quota;
use perme8_events::{
    Clock as _, on_both_engines,
    sql::DbOptions,
    testing::{ManualClock, TestDb},
};

use super::*;
use crate::catalogue::MIGRATIONS;

/// A node that knows nothing but the database.
fn node(test: &TestDb) -> HostLimitStore {
    HostLimitStore::new(&test.db)
}

fn one(bucket: &str, quota: &str, clock: &ManualClock) -> Spending {
    let quota: Quota = quota.parse().expect("tests write proper quotas");
    Spending::new(bucket.to_owned(), quota, clock.now(), 1)
}

async fn tat(store: &HostLimitStore, bucket: &str) -> Option<DateTime<Utc>> {
    let kept = store.look(&[bucket, "another"]).await.unwrap();
    kept.into_iter().find(|(name, _)| name == bucket).map(|(_, tat)| tat)
}

/// How many are left of a bucket.
async fn left(test: &TestDb, bucket: &str, quota: &str) -> usize {
    let mut left = 0;
    while node(test).spend(&[one(bucket, quota, &test.clock)]).await.unwrap() {
        left += 1;
    }
    left
}

on_both_engines! {
    migrations: MIGRATIONS;

    async fn what_one_node_has_spent_another_does_not_find(test: TestDb) {
        assert_eq!(tat(&node(&test), "a").await, None);
        assert_eq!(left(&test, "a", "5/15min").await, 5);
        // A node that has just started, over connections of its own.
        let options = DbOptions { clock: std::sync::Arc::new(test.clock.clone()), ..DbOptions::default() };
        let db = Db::open(&test.url, options).await.unwrap();
        let other = HostLimitStore::new(&db);
        assert_eq!(tat(&other, "a").await, Some(test.clock.now() + Duration::from_mins(15)));
        assert!(!other.spend(&[one("a", "5/15min", &test.clock)]).await.unwrap());
        db.close().await;
        assert_eq!(left(&test, "b", "5/15min").await, 5);
        test.clock.advance(Duration::from_secs(179));
        assert_eq!(left(&test, "a", "5/15min").await, 0);
        test.clock.advance(Duration::from_secs(1));
        assert_eq!(left(&test, "a", "5/15min").await, 1);
        test.clock.advance(Duration::from_hours(1));
        assert_eq!(left(&test, "a", "5/15min").await, 5);
    }

    async fn many_who_spend_at_once_do_not_get_more(test: TestDb) {
        let spending = one("a", "5/15min", &test.clock);
        let attempts = (0..20).map(|_| {
            let (store, spending) = (node(&test), spending.clone());
            async move { store.spend(&[spending]).await.unwrap() }
        });
        let spent = futures_util::future::join_all(attempts).await;
        assert_eq!(spent.into_iter().filter(|spent| *spent).count(), 5);
    }

    async fn where_one_bucket_is_empty_nothing_is_spent_of_the_others(test: TestDb) {
        let (full, empty) = (one("full", "5/15min", &test.clock), one("empty", "1/h", &test.clock));
        assert!(node(&test).spend(&[full.clone(), empty.clone()]).await.unwrap());
        assert!(!node(&test).spend(&[full, empty]).await.unwrap());
        assert_eq!(left(&test, "full", "5/15min").await, 4);
    }

    async fn what_is_given_back_can_be_spent_again(test: TestDb) {
        let spending = one("a", "5/15min", &test.clock);
        node(&test).give_back(std::slice::from_ref(&spending)).await.unwrap();
        assert_eq!(left(&test, "a", "5/15min").await, 5);
        node(&test).give_back(std::slice::from_ref(&spending)).await.unwrap();
        assert_eq!(left(&test, "a", "5/15min").await, 1);
    }

    async fn many_are_spent_at_once_or_none(test: TestDb) {
        let quota: Quota = "5/15min".parse().unwrap();
        let some = |count| Spending::new("a".to_owned(), quota, test.clock.now(), count);
        assert!(node(&test).spend(&[some(3)]).await.unwrap());
        assert!(!node(&test).spend(&[some(3)]).await.unwrap());
        node(&test).give_back(&[some(2)]).await.unwrap();
        assert_eq!(left(&test, "a", "5/15min").await, 4);
        // Who wants more than there ever is gets by with all of it.
        test.clock.advance(Duration::from_mins(15));
        assert!(node(&test).spend(&[some(99)]).await.unwrap());
        assert_eq!(left(&test, "a", "5/15min").await, 0);
    }

    async fn the_statement_decides_as_the_algorithm_does(test: TestDb) {
        // The algorithm itself, on what the database held before: fast and slow, and with a clock that jumps.
        let quota = "3/30s";
        let mut clock = ManualClock::monday_morning();
        let store = node(&test);
        let steps = [0, 0, 0, 0, 9, 1, 10, 0, 35, 0, 0, 0, -3600, 0, 10, 10, 31, -40, 0, 25, 90, 0];
        for seconds in steps {
            clock = ManualClock::at(clock.now() + TimeDelta::seconds(seconds));
            let spending = one("a", quota, &clock);
            let before = tat(&store, "a").await;
            let is_left = before.is_none_or(|tat| tat <= spending.last || tat > spending.horizon);
            assert_eq!(store.spend(std::slice::from_ref(&spending)).await.unwrap(), is_left);
            let after = match before {
                _ if !is_left => before,
                Some(tat) if tat > spending.horizon => Some(spending.empty),
                Some(tat) => Some((tat + spending.cost).max(spending.fresh)),
                None => Some(spending.fresh),
            };
            assert_eq!(tat(&store, "a").await, after, "after {seconds} s");
        }
    }

    async fn what_nodes_have_spent_in_memory_adds_up(test: TestDb) {
        let now = test.clock.now();
        let at = |seconds| now + Duration::from_secs(seconds);
        let spent = |bucket: &str, cost, tat| {
            let cost = TimeDelta::seconds(cost);
            Spent { bucket: bucket.to_owned(), cost, tat: at(tat) }
        };
        let merge = async |spent: &[Spent]| {
            let merged = node(&test).merge(spent, at(60)).await.unwrap();
            let mut merged: Vec<_> = merged.into_iter().map(|(bucket, tat)| (bucket, (tat - now).num_seconds())).collect();
            merged.sort_unstable();
            merged
        };
        let merged = |buckets: &[(&str, i64)]| -> Vec<(String, i64)> {
            buckets.iter().map(|(bucket, seconds)| ((*bucket).to_owned(), *seconds)).collect()
        };
        // A bucket that nobody knew, and one that was full for long.
        node(&test).spend(&[one("b", "1/s", &ManualClock::at(now - Duration::from_hours(1)))]).await.unwrap();
        assert_eq!(merge(&[spent("b", 3, 3), spent("a", 2, 2)]).await, merged(&[("a", 2), ("b", 3)]));
        // Another node, which knew nothing of that; then the first one, which goes on.
        assert_eq!(merge(&[spent("a", 5, 5), spent("c", 1, 1)]).await, merged(&[("a", 7), ("c", 1)]));
        assert_eq!(merge(&[spent("a", 1, 3)]).await, merged(&[("a", 8)]));
        // A node that knows more than the database, and a crowd.
        assert_eq!(merge(&[spent("a", 1, 20)]).await, merged(&[("a", 20)]));
        assert_eq!(merge(&[spent("a", 59, 59)]).await, merged(&[("a", 60)]));
        assert_eq!(merge(&[]).await, merged(&[]));
        // More than a statement takes at once.
        let many: Vec<_> = (0..1234).map(|number| spent(&format!("m{number}"), 1, 1)).collect();
        assert_eq!(merge(&many).await.len(), 1234);
    }

    async fn nodes_that_merge_at_the_same_time_wait_for_each_other(test: TestDb) {
        let now = test.clock.now();
        let cost = TimeDelta::seconds(1);
        let spent = |number: usize| Spent { bucket: format!("b{number}"), cost, tat: now + cost };
        let merges = (0..8).map(|node_number| {
            let mut spent: Vec<_> = (0..200).map(spent).collect();
            if node_number % 2 == 0 {
                spent.reverse();
            }
            let store = node(&test);
            async move { store.merge(&spent, now + cost * 100).await.map(drop) }
        });
        futures_util::future::try_join_all(merges).await.unwrap();
        assert_eq!(tat(&node(&test), "b7").await, Some(now + cost * 8));
    }

    async fn buckets_go_once_everything_has_come_back(test: TestDb) {
        for bucket in ["a", "b", "c"] {
            node(&test).spend(&[one(bucket, "5/15min", &test.clock)]).await.unwrap();
        }
        node(&test).spend(&[one("slow", "1/h", &test.clock)]).await.unwrap();
        test.clock.advance(Duration::from_secs(179));
        assert_eq!(node(&test).sweep(10).await.unwrap(), 0);
        test.clock.advance(Duration::from_secs(1));
        assert_eq!(node(&test).sweep(2).await.unwrap(), 2);
        assert_eq!(node(&test).sweep(2).await.unwrap(), 1);
        let kept: HashMap<_, _> = node(&test).look(&["a", "b", "c", "slow"]).await.unwrap().into_iter().collect();
        assert_eq!(kept.into_keys().collect::<Vec<_>>(), ["slow"]);
    }
}
