//! The rows of jobs: taken by a node, given back, ended.

use chrono::{DateTime, Utc};
use serde_json::value::RawValue;
use sqlx::types::Json;
use uuid::Uuid;

use crate::{
    application::{job::QueueOptions, transaction::Transaction as _},
    domain::{
        core_events::{JobDone, JobGivenUp, JobId},
        error::StorageError,
        id::Id,
        origin::{Cause, Metadata, Origin},
    },
    infrastructure::{db::Db, tx::Tx},
    sql,
};

/// A job that this node has taken.
#[derive(Clone)]
pub(crate) struct Claim {
    pub(crate) job_id: JobId,
    pub(crate) queue: &'static str,
    pub(crate) epoch: i64,
    pub(crate) attempts: i64,
    pub(crate) idempotency_key: Option<String>,
    pub(crate) ordering_key: Option<String>,
    pub(crate) is_told: bool,
    pub(crate) payload: Box<RawValue>,
    pub(crate) cause: Cause,
}

#[derive(sqlx::FromRow)]
struct Row {
    seq: i64,
    job_id: Uuid,
    epoch: i64,
    attempts: i64,
    idempotency_key: Option<String>,
    ordering_key: Option<String>,
    is_told: bool,
    payload: Json<Box<RawValue>>,
    on_behalf_of: Option<Uuid>,
    workspace_id: Option<Uuid>,
    correlation_id: Uuid,
    causation_id: Option<Uuid>,
    metadata: Json<Metadata>,
}

impl Row {
    fn claim(self, queue: &'static str) -> Claim {
        let Self {
            seq: _,
            job_id,
            epoch,
            attempts,
            idempotency_key,
            ordering_key,
            is_told,
            payload,
            on_behalf_of,
            workspace_id,
            correlation_id,
            causation_id,
            metadata,
        } = self;
        let cause = Cause {
            on_behalf_of: on_behalf_of.map(Id::new),
            workspace_id: workspace_id.map(Id::new),
            correlation_id: Id::new(correlation_id),
            causation_id: causation_id.map(Id::new),
            metadata: metadata.0,
        };
        Claim {
            job_id: Id::new(job_id),
            queue,
            epoch,
            attempts,
            idempotency_key,
            ordering_key,
            is_told,
            payload: payload.0,
            cause,
        }
    }
}

/// How a run ended.
#[derive(Debug)]
pub(crate) enum Ended {
    /// With this result, as JSON.
    Done(String),
    /// It will run again.
    Again { attempts: u16, due_at: DateTime<Utc>, error: String },
    /// Not before an operator says so.
    Dead { attempts: u16, error: String },
}

/// Takes jobs of a queue that are due, at most `free` of them and never more than may run at a time over all nodes.
pub(crate) async fn claim(
    db: &Db,
    queue: &'static str,
    options: QueueOptions,
    node_id: Uuid,
    free: usize,
) -> Result<Vec<Claim>, StorageError> {
    let mut tx = Tx::begin(db, Origin::system("perme8_events.queue")).await?;
    // Without turns, two nodes would each see room for the last job that may run.
    tx.take_turns(&format!("queue {queue}")).await?;
    let running: i64 = tx
        .query(sql!("SELECT count(*) FROM event_jobs WHERE queue = $1 AND state = 'running'"))
        .bind(queue)
        .scalar()
        .await?;
    let room = i64::from(options.concurrency) - running;
    let limit = room.min(i64::try_from(free).unwrap_or(i64::MAX));
    if limit <= 0 {
        return Ok(Vec::new());
    }
    let now = tx.now();
    // The scalar form of "no older one of the same key": with NOT EXISTS, a planner without statistics is ten times slower.
    let mut rows: Vec<Row> = tx
        .query(sql!(
            "UPDATE event_jobs SET state = 'running', epoch = epoch + 1, attempts = attempts + 1, node_id = $2, updated_at = $3
             WHERE seq IN (
               SELECT j.seq FROM event_jobs j
               WHERE j.queue = $1 AND j.state = 'waiting' AND j.due_at <= $3
                 AND (j.ordering_key IS NULL OR j.seq = (
                   SELECT p.seq FROM event_jobs p
                   WHERE p.queue = j.queue AND p.ordering_key = j.ordering_key AND p.state IN ('waiting', 'running', 'dead')
                   ORDER BY p.seq LIMIT 1))
               ORDER BY j.due_at, j.seq LIMIT $4)
             RETURNING seq, job_id, epoch, attempts, idempotency_key, ordering_key, is_told, payload, on_behalf_of, workspace_id,
               correlation_id, causation_id, metadata"
        ))
        .bind(queue)
        .bind(node_id)
        .bind(now)
        .bind(limit)
        .all()
        .await?;
    tx.commit().await?;
    rows.sort_by_key(|row| row.seq);
    Ok(rows.into_iter().map(|row| row.claim(queue)).collect())
}

impl Claim {
    /// The origin of what the run does.
    pub(crate) fn origin(&self) -> Origin {
        Origin::later(self.queue.to_owned(), self.cause.clone())
    }

    /// The same in every run of the job.
    pub(crate) fn key(&self) -> String {
        self.idempotency_key.clone().unwrap_or_else(|| self.job_id.to_string())
    }

    /// Writes down how the run ended; false when the job was taken over or cancelled in the meantime.
    pub(crate) async fn end(
        &self,
        db: &Db,
        options: QueueOptions,
        ended: &Ended,
    ) -> Result<bool, StorageError> {
        let mut tx = Tx::begin(db, self.origin()).await?;
        if self.is_told && matches!(ended, Ended::Done(_)) {
            tx.emit(JobDone {
                job_id: self.job_id,
                queue: self.queue.to_owned(),
                idempotency_key: self.idempotency_key.clone(),
                ordering_key: self.ordering_key.clone(),
            });
        }
        let changed = match ended {
            Ended::Done(_) if options.keep.is_zero() => {
                tx.query(sql!(
                    "DELETE FROM event_jobs WHERE job_id = $1 AND epoch = $2 AND state = 'running'"
                ))
                .bind(self.job_id)
                .bind(self.epoch)
                .exec()
                .await?
            }
            Ended::Done(result) => self.done(&mut tx, options, result).await?,
            Ended::Again { attempts, due_at, error } => {
                self.failed(&mut tx, "waiting", *attempts, *due_at, error).await?
            }
            Ended::Dead { attempts, error } => {
                let now = tx.now();
                tx.emit(JobGivenUp {
                    job_id: self.job_id,
                    queue: self.queue.to_owned(),
                    idempotency_key: self.idempotency_key.clone(),
                    ordering_key: self.ordering_key.clone(),
                    attempts: *attempts,
                    error: error.clone(),
                });
                self.failed(&mut tx, "dead", *attempts, now, error).await?
            }
        };
        if changed != 1 {
            return Ok(false);
        }
        tx.commit().await?;
        if self.ordering_key.is_some() && matches!(ended, Ended::Done(_)) {
            // The next of the key may run now.
            db.deferred();
        }
        Ok(true)
    }

    async fn done(
        &self,
        tx: &mut Tx,
        options: QueueOptions,
        result: &str,
    ) -> Result<u64, StorageError> {
        let now = tx.now();
        let result = RawValue::from_string(result.to_owned())?;
        tx.query(sql!(
            "UPDATE event_jobs SET state = 'done', result = $3, error = NULL, updated_at = $4,
               payload = CASE WHEN $5 THEN payload ELSE 'null' END
             WHERE job_id = $1 AND epoch = $2 AND state = 'running'"
        ))
        .bind(self.job_id)
        .bind(self.epoch)
        .bind(Json(result))
        .bind(now)
        .bind(options.keep_payload)
        .exec()
        .await
    }

    async fn failed(
        &self,
        tx: &mut Tx,
        state: &'static str,
        attempts: u16,
        due_at: DateTime<Utc>,
        error: &str,
    ) -> Result<u64, StorageError> {
        let now = tx.now();
        tx.query(sql!(
            "UPDATE event_jobs SET state = $3, attempts = $4, due_at = $5, error = $6, updated_at = $7
             WHERE job_id = $1 AND epoch = $2 AND state = 'running'"
        ))
        .bind(self.job_id)
        .bind(self.epoch)
        .bind(state)
        .bind(i64::from(attempts))
        .bind(due_at)
        .bind(error)
        .bind(now)
        .exec()
        .await
    }
}

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

impl Db {
    /// Everything that there is to do for these queues, now or later, at one look. Whether a node is alive is judged as in
    /// [`leases`](crate::infrastructure::runtime::leases): on PostgreSQL by the server's clock, and `now` is only bound.
    pub(crate) async fn signals(
        &self,
        queues: &[&str],
        now: DateTime<Utc>,
    ) -> Result<Vec<Signal>, StorageError> {
        self.query(sql!(
            sqlite: "SELECT s.kind, s.name, s.due_at FROM (
                       SELECT 'queue' AS kind, q.value AS name, (SELECT j.due_at FROM event_jobs j
                         WHERE j.queue = q.value AND j.state = 'waiting' ORDER BY j.due_at LIMIT 1) AS due_at FROM json_each($1) q
                         WHERE NOT EXISTS (SELECT 1 FROM event_pauses p WHERE p.kind = 'queue' AND p.name = q.value)
                       UNION ALL SELECT 'timers', '', (SELECT min(due_at) FROM event_timers)
                       UNION ALL SELECT 'schedules', '', (SELECT min(next_at) FROM event_schedules)
                       UNION ALL SELECT 'orphans', '', (SELECT min(j.updated_at) FROM event_jobs j WHERE j.state = 'running'
                         AND j.queue IN (SELECT value FROM json_each($1))
                         AND NOT EXISTS (SELECT 1 FROM event_nodes n
                           WHERE n.node_id = j.node_id AND $2 BETWEEN n.beat_at AND n.expires_at))) s
                     WHERE s.due_at IS NOT NULL",
            postgres: "SELECT s.kind, s.name, s.due_at FROM (
                       SELECT 'queue' AS kind, q.value AS name, (SELECT j.due_at FROM event_jobs j
                         WHERE j.queue = q.value AND j.state = 'waiting' ORDER BY j.due_at LIMIT 1) AS due_at
                         FROM jsonb_array_elements_text($1) AS q (value)
                         WHERE NOT EXISTS (SELECT 1 FROM event_pauses p WHERE p.kind = 'queue' AND p.name = q.value)
                       UNION ALL SELECT 'timers', '', (SELECT min(due_at) FROM event_timers)
                       UNION ALL SELECT 'schedules', '', (SELECT min(next_at) FROM event_schedules)
                       UNION ALL SELECT 'orphans', '', (SELECT min(j.updated_at) FROM event_jobs j WHERE j.state = 'running'
                         AND j.queue IN (SELECT jsonb_array_elements_text($1))
                         AND NOT EXISTS (SELECT 1 FROM event_nodes n WHERE n.node_id = j.node_id
                           AND coalesce(clock_timestamp(), $2) BETWEEN n.beat_at AND n.expires_at))) s
                     WHERE s.due_at IS NOT NULL"
        ))
        .bind(Json(queues))
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
            sqlite: "UPDATE event_jobs SET state = 'waiting', epoch = epoch + 1, due_at = $2, updated_at = $2, node_id = NULL,
                       error = 'the process that ran it is gone'
                     WHERE state = 'running' AND queue IN (SELECT value FROM json_each($1))
                       AND NOT EXISTS (SELECT 1 FROM event_nodes n
                         WHERE n.node_id = event_jobs.node_id AND $2 BETWEEN n.beat_at AND n.expires_at)",
            postgres: "UPDATE event_jobs SET state = 'waiting', epoch = epoch + 1, due_at = $2, updated_at = $2, node_id = NULL,
                       error = 'the process that ran it is gone'
                     WHERE state = 'running' AND queue IN (SELECT jsonb_array_elements_text($1))
                       AND NOT EXISTS (SELECT 1 FROM event_nodes n
                         WHERE n.node_id = event_jobs.node_id AND clock_timestamp() BETWEEN n.beat_at AND n.expires_at)"
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
        self.change(sql!(
            "UPDATE event_jobs SET state = 'waiting', attempts = attempts - 1, due_at = $3, updated_at = $3, node_id = NULL
             WHERE job_id = $1 AND epoch = $2 AND state = 'running'"
        ))
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

    /// Forgets jobs of a queue that are done or cancelled for so long.
    pub(crate) async fn forget_jobs(
        &self,
        queue: &str,
        before: DateTime<Utc>,
        limit: i64,
    ) -> Result<u64, StorageError> {
        self.change(sql!(
            "DELETE FROM event_jobs WHERE seq IN (
               SELECT seq FROM event_jobs WHERE queue = $1 AND state IN ('done', 'cancelled') AND updated_at < $2
               ORDER BY updated_at LIMIT $3)"
        ))
        .bind(queue)
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
