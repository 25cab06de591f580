//! Looking at the rows of jobs as a whole: what is due, whose node is gone, what need not be kept any longer.

use chrono::{DateTime, Utc};
use sqlx::types::Json;
use uuid::Uuid;

use crate::{domain::error::StorageError, infrastructure::db::Db, sql};

/// What a look at the rows tells.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Signal {
    /// `queue`, `timers`, `schedules` or `orphans`.
    pub(crate) kind: String,
    /// Which queue.
    pub(crate) name: String,
    /// Since when, or from when on, there is something to do.
    pub(crate) due_at: DateTime<Utc>,
}

/// An `UPDATE` that takes jobs from their nodes, to wait again: unless they were called off while they ran.
macro_rules! let_wait {
    ($rest:literal) => {
        concat!(
            "UPDATE event_jobs SET state = CASE WHEN is_unwanted THEN 'cancelled' ELSE 'waiting' END, \
             payload = CASE WHEN is_unwanted THEN 'null' ELSE payload END, node_id = NULL, ",
            $rest
        )
    };
}

impl Db {
    /// Everything that there is to do for these queues and schedules, now or later, at one look; what is paused has nothing to
    /// do. Whether a node is alive is judged as in [`leases`](crate::infrastructure::runtime::leases): on PostgreSQL by the
    /// server's clock, and `now` is only bound.
    pub(crate) async fn signals(
        &self,
        queues: &[&str],
        schedules: &[&str],
        now: DateTime<Utc>,
    ) -> Result<Vec<Signal>, StorageError> {
        self.query(sql!(
            sqlite: "SELECT s.kind, s.name, s.due_at FROM (
                       SELECT 'queue' AS kind, q.value AS name, (SELECT j.due_at FROM event_jobs j
                         WHERE j.queue = q.value AND j.state = 'waiting' ORDER BY j.due_at LIMIT 1) AS due_at FROM json_each($1) q
                         WHERE NOT EXISTS (SELECT 1 FROM event_pauses p WHERE p.kind = 'queue' AND p.name = q.value)
                       UNION ALL SELECT 'timers', '', (SELECT min(due_at) FROM event_timers)
                       UNION ALL SELECT 'schedules', '', (SELECT min(s.next_at) FROM event_schedules s
                         WHERE s.schedule IN (SELECT value FROM json_each($2))
                         AND NOT EXISTS (SELECT 1 FROM event_pauses p WHERE p.kind = 'schedule' AND p.name = s.schedule))
                       UNION ALL SELECT 'orphans', '', (SELECT min(j.updated_at) FROM event_jobs j WHERE j.state = 'running'
                         AND j.queue IN (SELECT value FROM json_each($1))
                         AND NOT EXISTS (SELECT 1 FROM event_nodes n
                           WHERE n.node_id = j.node_id AND $3 BETWEEN n.beat_at AND n.expires_at))) s
                     WHERE s.due_at IS NOT NULL",
            postgres: "SELECT s.kind, s.name, s.due_at FROM (
                       SELECT 'queue' AS kind, q.value AS name, (SELECT j.due_at FROM event_jobs j
                         WHERE j.queue = q.value AND j.state = 'waiting' ORDER BY j.due_at LIMIT 1) AS due_at
                         FROM jsonb_array_elements_text($1) AS q (value)
                         WHERE NOT EXISTS (SELECT 1 FROM event_pauses p WHERE p.kind = 'queue' AND p.name = q.value)
                       UNION ALL SELECT 'timers', '', (SELECT min(due_at) FROM event_timers)
                       UNION ALL SELECT 'schedules', '', (SELECT min(s.next_at) FROM event_schedules s
                         WHERE s.schedule IN (SELECT jsonb_array_elements_text($2))
                         AND NOT EXISTS (SELECT 1 FROM event_pauses p WHERE p.kind = 'schedule' AND p.name = s.schedule))
                       UNION ALL SELECT 'orphans', '', (SELECT min(j.updated_at) FROM event_jobs j WHERE j.state = 'running'
                         AND j.queue IN (SELECT jsonb_array_elements_text($1))
                         AND NOT EXISTS (SELECT 1 FROM event_nodes n WHERE n.node_id = j.node_id
                           AND coalesce(clock_timestamp(), $3) BETWEEN n.beat_at AND n.expires_at))) s
                     WHERE s.due_at IS NOT NULL"
        ))
        .bind(Json(queues))
        .bind(Json(schedules))
        .bind(now)
        .all()
        .await
    }

    /// Lets jobs run again whose node is gone; the run that it had begun counts as an attempt.
    pub(crate) async fn adopt_orphans(
        &self,
        queues: &[&str],
        now: DateTime<Utc>,
    ) -> Result<u64, StorageError> {
        self.change(sql!(
            sqlite: let_wait!("epoch = epoch + 1, due_at = $2, updated_at = $2, error = 'the process that ran it is gone'
                     WHERE state = 'running' AND queue IN (SELECT value FROM json_each($1))
                       AND NOT EXISTS (SELECT 1 FROM event_nodes n
                         WHERE n.node_id = event_jobs.node_id AND $2 BETWEEN n.beat_at AND n.expires_at)"),
            postgres: let_wait!("epoch = epoch + 1, due_at = $2, updated_at = $2, error = 'the process that ran it is gone'
                     WHERE state = 'running' AND queue IN (SELECT jsonb_array_elements_text($1))
                       AND NOT EXISTS (SELECT 1 FROM event_nodes n
                         WHERE n.node_id = event_jobs.node_id AND clock_timestamp() BETWEEN n.beat_at AND n.expires_at)")
        ))
        .bind(Json(queues))
        .bind(now)
        .exec()
        .await
    }

    /// The runs that the rows ascribe to a node.
    pub(crate) async fn runs_of(&self, node_id: Uuid) -> Result<Vec<(Uuid, i64)>, StorageError> {
        self.query(sql!(
            "SELECT job_id, epoch FROM event_jobs WHERE state = 'running' AND node_id = $1"
        ))
        .bind(node_id)
        .all()
        .await
    }

    /// Lets a job run again of which this node knows nothing: the answer to its claim was lost.
    pub(crate) async fn give_back(
        &self,
        job_id: Uuid,
        epoch: i64,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        self.change(sql!(let_wait!(
            "attempts = attempts - 1, due_at = $3, updated_at = $3
             WHERE job_id = $1 AND epoch = $2 AND state = 'running'"
        )))
        .bind(job_id)
        .bind(epoch)
        .bind(now)
        .exec()
        .await
        .map(drop)
    }

    /// When the next job of these queues is due that has failed before and waits behind no other.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) async fn next_job_retry(
        &self,
        queues: &[&str],
    ) -> Result<Option<DateTime<Utc>>, StorageError> {
        self.query(sql!(
            sqlite: "SELECT min(j.due_at) FROM event_jobs j
                     WHERE j.queue IN (SELECT value FROM json_each($1)) AND j.state = 'waiting' AND j.error IS NOT NULL
                       AND (j.ordering_key IS NULL OR j.seq = (SELECT min(p.seq) FROM event_jobs p
                         WHERE p.queue = j.queue AND p.ordering_key = j.ordering_key AND p.state IN ('waiting', 'running', 'dead')))",
            postgres: "SELECT min(j.due_at) FROM event_jobs j
                     WHERE j.queue IN (SELECT jsonb_array_elements_text($1)) AND j.state = 'waiting' AND j.error IS NOT NULL
                       AND (j.ordering_key IS NULL OR j.seq = (SELECT min(p.seq) FROM event_jobs p
                         WHERE p.queue = j.queue AND p.ordering_key = j.ordering_key AND p.state IN ('waiting', 'running', 'dead')))"
        ))
        .bind(Json(queues))
        .scalar()
        .await
    }

    /// Forgets jobs of a queue that are done or cancelled for so long, at most so many. The predicate of the index stands here
    /// word for word, or SQLite would not use it.
    pub(crate) async fn forget_jobs(
        &self,
        queue: &str,
        before: DateTime<Utc>,
        limit: i64,
    ) -> Result<u64, StorageError> {
        self.change(sql!(
            "DELETE FROM event_jobs WHERE seq IN (
               SELECT seq FROM event_jobs WHERE queue = $1 AND state IN ('done', 'dead', 'cancelled') AND state <> 'dead'
                 AND updated_at < $2 LIMIT $3)"
        ))
        .bind(queue)
        .bind(before)
        .bind(limit)
        .exec()
        .await
    }

    /// Forgets cases that have ended well, or turned back, and in which nothing has happened since; those that are stuck need
    /// somebody.
    pub(crate) async fn forget_cases(
        &self,
        before: DateTime<Utc>,
        limit: i64,
    ) -> Result<u64, StorageError> {
        self.change(sql!(
            "DELETE FROM event_processes WHERE (process, instance) IN (
               SELECT process, instance FROM event_processes WHERE status IN ('completed', 'compensated') AND updated_at < $1
               ORDER BY updated_at LIMIT $2)"
        ))
        .bind(before)
        .bind(limit)
        .exec()
        .await
    }

    /// Forgets under which idempotency keys commands were committed before this.
    pub(crate) async fn forget_commands(
        &self,
        before: DateTime<Utc>,
        limit: i64,
    ) -> Result<u64, StorageError> {
        self.change(sql!(
            "DELETE FROM event_commands WHERE idempotency_key IN (
               SELECT idempotency_key FROM event_commands WHERE committed_at < $1 ORDER BY committed_at LIMIT $2)"
        ))
        .bind(before)
        .bind(limit)
        .exec()
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        application::{clock::Clock as _, transaction::Transaction as _},
        domain::origin::Origin,
        infrastructure::{migrations::MIGRATIONS, tx::Tx},
        on_both_engines,
    };

    on_both_engines! {
        migrations: [&MIGRATIONS];

        async fn schedules_that_are_paused_or_gone_are_no_signal(test: TestDb) {
            let mut tx = Tx::begin(&test.db, Origin::system("tests")).await.unwrap();
            let now = tx.now();
            for schedule in ["tests.kept", "tests.paused", "tests.gone"] {
                tx.query(sql!(
                    "INSERT INTO event_schedules (schedule, pattern, queue, next_at) VALUES ($1, '* * * * *', 'tests.orders', $2)"
                ))
                .bind(schedule)
                .bind(now)
                .exec()
                .await
                .unwrap();
            }
            tx.query(sql!(
                "INSERT INTO event_pauses (kind, name, operator, paused_at) VALUES ('schedule', 'tests.paused', 'ada', $1)"
            ))
            .bind(now)
            .exec()
            .await
            .unwrap();
            tx.commit().await.unwrap();
            let due = async |schedules: &[&str]| {
                test.db.signals(&[], schedules, test.clock.now()).await.unwrap().len()
            };
            assert_eq!(due(&["tests.kept", "tests.paused"]).await, 1);
            assert_eq!(due(&["tests.paused"]).await, 0);
        }
    }
}
