//! What need not be kept for ever goes, however much of it there is.

use std::time::Duration;

use chrono::TimeDelta;
use perme8_events::{
    Clock as _, Origin, StorageError, Transaction as _,
    host::Runtime,
    on_both_engines, sql,
    sql::{Db, MIGRATIONS, UnitOfWork},
};

use crate::{
    fixtures::{PROBE, change, user},
    orders::{Clerk, Turn, enqueue, jobs, order},
};

async fn drive(db: &Db) {
    let clerk = Clerk::new(db, |_, _| Turn::GiveUp);
    Runtime::builder(db).worker(clerk).build().driver(None).await.run_until_idle().await;
}

/// Stores a case that has come so far, in which something happened now.
async fn case(db: &Db, status: &'static str) {
    UnitOfWork::new(db.clone())
        .run(Origin::user(user(1)), async |tx| {
            let now = tx.now();
            tx.query(sql!(
                "INSERT INTO event_processes (process, instance, status, state, compensations, error, started_at, updated_at)
                 VALUES ('tests.process', $1, $1, 'null', '[]', NULL, $2, $2)"
            ))
            .bind(status)
            .bind(now)
            .exec()
            .await
            .map(drop)
        })
        .await
        .unwrap_or_else(|error: StorageError| panic!("{error:?}"));
}

async fn cases(db: &Db) -> Vec<String> {
    let rows: Vec<(String,)> =
        db.query(sql!("SELECT status FROM event_processes ORDER BY status")).all().await.unwrap();
    rows.into_iter().map(|(status,)| status).collect()
}

on_both_engines! {
    migrations: [&MIGRATIONS, &PROBE];

    async fn all_jobs_that_are_old_enough_go_at_once_and_dead_ones_stay(test: TestDb) {
        let db = &test.db;
        enqueue(db, (0..2100).map(|n| order(&format!("{n}")))).await;
        change(db, sql!("UPDATE event_jobs SET state = 'done'")).await;
        change(db, sql!("UPDATE event_jobs SET state = 'dead' WHERE seq = (SELECT min(seq) FROM event_jobs)")).await;
        test.clock.advance(Duration::from_hours(7 * 24 + 1));
        drive(db).await;
        assert_eq!(jobs(db).await, "0 dead 0\n");
    }

    async fn cases_that_have_ended_go_after_a_month(test: TestDb) {
        let db = &test.db;
        for status in ["running", "completed", "compensating", "compensated", "stuck"] {
            case(db, status).await;
        }
        let start = test.clock.now();
        test.clock.advance(Duration::from_hours(30 * 24));
        drive(db).await;
        assert_eq!(cases(db).await.len(), 5, "a month after {start}, they are still there");
        test.clock.advance_to(start + TimeDelta::days(30) + TimeDelta::seconds(1));
        drive(db).await;
        assert_eq!(cases(db).await, ["compensating", "running", "stuck"]);
    }
}
