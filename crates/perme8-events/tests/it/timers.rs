//! Timers and schedules, in virtual time.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use perme8_events::{
    Clock as _, Origin, QueueOptions, Schedule, StorageError, Timer, TimerFired, Transaction as _,
    host::{Operations, Runtime},
    on_both_engines,
    sql::{Db, MIGRATIONS, UnitOfWork},
    testing::{Driver, ManualClock, TestDb},
};

use crate::{
    fixtures::{PROBE, log, user},
    orders::{Clerk, Order, QUICK, Turn},
};

const OWNER: &str = "tests.egg";

async fn driver(db: &Db) -> Driver {
    Runtime::builder(db).build().driver(None).await
}

async fn set(db: &Db, instance: &str, due_at: DateTime<Utc>) {
    let timer = Timer::new(OWNER, instance, "boiled", due_at);
    UnitOfWork::new(db.clone())
        .run(Origin::user(user(1)), async |tx| {
            tx.set_timer(timer);
            Ok::<_, StorageError>(())
        })
        .await
        .unwrap();
}

async fn fired(db: &Db) -> Vec<String> {
    let events = log(db).await;
    events.iter().map(|event| event.decode::<TimerFired>().unwrap().unwrap().instance).collect()
}

fn sweep(pattern: &str) -> Schedule {
    Schedule::new("tests.sweep", pattern, Order { what: "sweep".to_owned() }).unwrap()
}

/// A driver as after a restart, with this schedule.
async fn sweeping(test: &TestDb, clerk: &Clerk, pattern: &str) -> Driver {
    let runtime = Runtime::builder(&test.db).worker(clerk.clone()).schedule(sweep(pattern)).build();
    runtime.driver(None).await
}

on_both_engines! {
    migrations: [&MIGRATIONS, &PROBE];

    async fn a_timer_fires_once_when_it_is_due_also_after_a_restart(test: TestDb) {
        let db = &test.db;
        let now = test.clock.now();
        set(db, "second", now + TimeDelta::minutes(2)).await;
        set(db, "first", now + TimeDelta::minutes(1)).await;
        let mut one = driver(db).await;
        one.run_until_idle().await;
        assert!(fired(db).await.is_empty(), "nothing is due");
        test.clock.advance(Duration::from_mins(10));
        let mut other = driver(db).await;
        other.run_until_idle().await;
        one.run_until_idle().await;
        assert_eq!(fired(db).await, ["first", "second"]);
        let event = log(db).await.remove(0);
        assert_eq!(event.aggregate_id, "tests.egg:first:boiled");
        assert_eq!(event.on_behalf_of, Some(user(1)));
        // A clock that jumps back changes nothing.
        let early = test.db_at(Arc::new(ManualClock::at(now)));
        driver(&early).await.run_until_idle().await;
        assert_eq!(fired(db).await.len(), 2);
    }

    async fn a_timer_is_moved_by_setting_it_again_and_gone_when_cancelled(test: TestDb) {
        let db = &test.db;
        let now = test.clock.now();
        set(db, "moved", now + TimeDelta::minutes(1)).await;
        set(db, "moved", now + TimeDelta::minutes(5)).await;
        set(db, "cancelled", now + TimeDelta::minutes(1)).await;
        UnitOfWork::new(db.clone())
            .run(Origin::user(user(1)), async |tx| {
                tx.cancel_timer(OWNER, "cancelled", "boiled");
                Ok::<_, StorageError>(())
            })
            .await
            .unwrap();
        let mut driver = driver(db).await;
        test.clock.advance(Duration::from_mins(2));
        driver.run_until_idle().await;
        assert!(fired(db).await.is_empty());
        test.clock.advance(Duration::from_mins(3));
        driver.run_until_idle().await;
        assert_eq!(fired(db).await, ["moved"]);
    }

    async fn a_timer_that_is_due_after_the_last_year_does_not_fire(test: TestDb) {
        let db = &test.db;
        set(db, "never", DateTime::<Utc>::MAX_UTC).await;
        driver(db).await.run_until_idle().await;
        assert!(fired(db).await.is_empty());
        let timers = Operations::new(db).timers(10).await.unwrap();
        assert_eq!(timers[0].due_at.to_rfc3339(), "9999-12-31T23:59:59+00:00");
    }

    async fn many_timers_fire_each_once(test: TestDb) {
        let db = &test.db;
        let now = test.clock.now();
        let timers: Vec<_> = (0..250).map(|n| Timer::new(OWNER, format!("{n:03}"), "boiled", now)).collect();
        UnitOfWork::new(db.clone())
            .run(Origin::user(user(1)), async |tx| {
                for timer in timers {
                    tx.set_timer(timer);
                }
                Ok::<_, StorageError>(())
            })
            .await
            .unwrap();
        driver(db).await.run_until_idle().await;
        let mut fired = fired(db).await;
        fired.sort();
        assert_eq!(fired, (0..250).map(|n| format!("{n:03}")).collect::<Vec<_>>());
    }

    async fn a_schedule_enqueues_its_job_once_for_each_time(test: TestDb) {
        let clerk = Clerk::new(&test.db, |_, _| Turn::Done);
        let (mut one, mut other) =
            (sweeping(&test, &clerk, "30 * * * *").await, sweeping(&test, &clerk, "30 * * * *").await);
        for _ in 0..3 {
            one.run_until_idle().await;
            other.run_until_idle().await;
            test.clock.advance(Duration::from_hours(1));
        }
        assert_eq!(clerk.runs().len(), 2, "at half past nine and ten");
        one.run_until_idle().await;
        assert_eq!(clerk.runs().len(), 3);
    }

    async fn times_that_passed_while_nobody_ran_count_as_one(test: TestDb) {
        let clerk = Clerk::new(&test.db, |_, _| Turn::Done);
        sweeping(&test, &clerk, "30 * * * *").await.run_until_idle().await;
        test.clock.advance(Duration::from_hours(48));
        let mut driver = sweeping(&test, &clerk, "30 * * * *").await;
        driver.run_until_idle().await;
        assert_eq!(clerk.runs().len(), 1);
        test.clock.advance(Duration::from_mins(30));
        driver.run_until_idle().await;
        assert_eq!(clerk.runs().len(), 2, "and then it goes on as ever");
    }

    async fn a_schedule_follows_a_clock_that_is_set_back(test: TestDb) {
        let clerk = Clerk::new(&test.db, |_, _| Turn::Done);
        let wrong = ManualClock::at(test.clock.now() + TimeDelta::days(365));
        let runtime = Runtime::builder(&test.db_at(Arc::new(wrong.clone())))
            .worker(clerk.clone())
            .schedule(sweep("30 * * * *"))
            .build();
        let mut ahead = runtime.driver(None).await;
        for _ in 0..3 {
            ahead.run_until_idle().await;
            wrong.advance(Duration::from_hours(1));
        }
        assert_eq!(clerk.runs().len(), 2);
        let mut driver = sweeping(&test, &clerk, "30 * * * *").await;
        driver.run_until_idle().await;
        test.clock.advance(Duration::from_mins(30));
        driver.run_until_idle().await;
        assert_eq!(clerk.runs().len(), 3, "at half past nine, a year earlier");
    }

    async fn a_time_comes_true_once_although_the_clock_is_set_back_a_little(test: TestDb) {
        let clerk = Clerk::new(&test.db, |_, _| Turn::Done).with(QueueOptions { keep: Duration::ZERO, ..QUICK });
        let mut driver = sweeping(&test, &clerk, "30 * * * *").await;
        driver.run_until_idle().await;
        let early = ManualClock::at(test.clock.now() + TimeDelta::minutes(29));
        test.clock.advance(Duration::from_mins(31));
        driver.run_until_idle().await;
        let runtime = Runtime::builder(&test.db_at(Arc::new(early.clone())))
            .worker(clerk.clone())
            .schedule(sweep("30 * * * *"))
            .build();
        let mut driver = runtime.driver(None).await;
        driver.run_until_idle().await;
        early.advance(Duration::from_mins(2));
        driver.run_until_idle().await;
        assert_eq!(clerk.runs().len(), 1);
    }

    async fn another_pattern_counts_from_the_next_start_on(test: TestDb) {
        let clerk = Clerk::new(&test.db, |_, _| Turn::Done);
        sweeping(&test, &clerk, "30 * * * *").await.run_until_idle().await;
        let mut driver = sweeping(&test, &clerk, "0 12 * * *").await;
        test.clock.advance(Duration::from_hours(2));
        driver.run_until_idle().await;
        assert!(clerk.runs().is_empty());
        test.clock.advance(Duration::from_hours(1));
        driver.run_until_idle().await;
        assert_eq!(clerk.runs().len(), 1);
    }
}
