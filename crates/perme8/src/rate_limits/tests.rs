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
    Spending::new(bucket.to_owned(), quota, clock.now())
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
        node(&test).give_back(&spending).await.unwrap();
        assert_eq!(left(&test, "a", "5/15min").await, 5);
        node(&test).give_back(&spending).await.unwrap();
        assert_eq!(left(&test, "a", "5/15min").await, 1);
    }

    async fn the_statement_decides_as_the_algorithm_does(test: TestDb) {
        // The algorithm itself, on what the database held before: fast and slow, and with a clock that jumps.
        let quota = "3/30s";
        let mut clock = ManualClock::monday_morning();
        let store = node(&test);
        let steps = [0, 0, 0, 0, 9, 1, 10, 0, 35, 0, 0, 0, -3600, 0, 10, 10, 31, -40, 0, 25, 90, 0];
        for seconds in steps {
            clock = ManualClock::at(clock.now() + chrono::TimeDelta::seconds(seconds));
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
