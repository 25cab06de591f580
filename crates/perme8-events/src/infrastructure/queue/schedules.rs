//! Schedules that come true enqueue their jobs.

use chrono::{DateTime, Utc};

use crate::{
    application::{job::Enqueued, schedule::Schedule, transaction::Transaction as _},
    domain::{error::StorageError, origin::Origin},
    infrastructure::{db::Db, queue::deferred, tx::Tx},
    sql,
};

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
