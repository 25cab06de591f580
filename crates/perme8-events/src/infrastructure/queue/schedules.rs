//! Schedules that come true enqueue their jobs.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    application::{job::Enqueued, schedule::Schedule, transaction::Transaction as _},
    domain::{error::StorageError, origin::Origin},
    infrastructure::{db::Db, queue::deferred, tx::Tx},
    sql,
};

/// A schedule whose last time lies further ahead than this followed a clock that was wrong.
const WRONG_CLOCK: TimeDelta = TimeDelta::days(1);

/// Makes the rows of schedules that the database has not met, or that follow another pattern now.
pub(crate) async fn ensure(tx: &mut Tx, schedules: &[Schedule]) -> Result<(), StorageError> {
    let now = tx.now();
    for schedule in schedules {
        let Some(next) = schedule.next_after(now) else { continue };
        tx.query(sql!(
            "INSERT INTO event_schedules (schedule, pattern, queue, next_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (schedule) DO UPDATE SET pattern = excluded.pattern, queue = excluded.queue, next_at = excluded.next_at
             WHERE event_schedules.pattern <> excluded.pattern OR event_schedules.queue <> excluded.queue"
        ))
        .bind(schedule.name)
        .bind(schedule.text.as_str())
        .bind(schedule.queue)
        .bind(next)
        .exec()
        .await?;
    }
    Ok(())
}

/// Pulls down the next times of schedules that lie further ahead than their patterns say: the clock has been set back since
/// they were written. What has come true already does not come true again, unless the clock was wrong by more than a day.
pub(crate) async fn pull_down(
    db: &Db,
    schedules: &[Schedule],
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    type Row = (String, String, DateTime<Utc>, Option<DateTime<Utc>>);
    let ahead: Vec<Row> = db
        .query(sql!(
            "SELECT schedule, pattern, next_at, last_at FROM event_schedules WHERE next_at > $1"
        ))
        .bind(now)
        .all()
        .await?;
    for (name, pattern, next_at, last_at) in ahead {
        // A node of another version may have given it another pattern.
        let known = |schedule: &&Schedule| schedule.name == name && schedule.text == pattern;
        let Some(schedule) = schedules.iter().find(known) else { continue };
        let last = last_at.filter(|last| *last - now <= WRONG_CLOCK);
        let Some(next) = schedule.next_after(last.unwrap_or(now).max(now)) else { continue };
        if next < next_at {
            tracing::warn!(schedule = name, %next_at, %next, "the clock was set back, and a schedule with it");
            db.change(sql!(
                "UPDATE event_schedules SET next_at = $3 WHERE schedule = $1 AND next_at = $2"
            ))
            .bind(name)
            .bind(next_at)
            .bind(next)
            .exec()
            .await?;
        }
    }
    Ok(())
}

/// Enqueues the jobs of schedules that have come true, and tells how many. Whoever moves the row on enqueues the job, in
/// the same transaction. Times that were missed count as one.
pub(crate) async fn fire(db: &Db, schedules: &[Schedule]) -> Result<usize, StorageError> {
    let mut fired = 0;
    for schedule in schedules {
        let mut tx = Tx::begin(db, Origin::system(schedule.name)).await?;
        let now = tx.now();
        let due: Option<(DateTime<Utc>,)> = tx
            .query(sql!(
                "SELECT next_at FROM event_schedules WHERE schedule = $1 AND next_at <= $2
                   AND NOT EXISTS (SELECT 1 FROM event_pauses p WHERE p.kind = 'schedule' AND p.name = $1)"
            ))
            .bind(schedule.name)
            .bind(now)
            .opt()
            .await?;
        let (Some((due,)), Some(next)) = (due, schedule.next_after(now)) else { continue };
        let moved = tx
            .query(sql!(
                "UPDATE event_schedules SET next_at = $3, last_at = $2 WHERE schedule = $1 AND next_at = $2"
            ))
            .bind(schedule.name)
            .bind(due)
            .bind(next)
            .exec()
            .await?;
        if moved != 1 {
            continue;
        }
        let job = Enqueued {
            queue: schedule.queue.into(),
            payload: schedule.payload.clone(),
            due_at: None,
            ordering_key: None,
            is_told: false,
            idempotency_key: Some(format!("{} {}", schedule.name, due.to_rfc3339())),
        };
        let origin = tx.origin().clone();
        deferred::enqueue(&mut tx, &job, &origin).await?;
        tx.commit().await?;
        fired += 1;
    }
    Ok(fired)
}
