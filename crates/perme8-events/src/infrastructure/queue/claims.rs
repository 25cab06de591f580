//! The rows of jobs: taken by a node, given back, ended.

use std::borrow::Cow;

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

/// Why a job was given up that might have been done.
const CALLED_OFF: &str = "called off by an operator";

/// A job that this node has taken.
#[derive(Clone)]
pub(crate) struct Claim {
    pub(crate) job_id: JobId,
    pub(crate) queue: Cow<'static, str>,
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

/// An `UPDATE` that gives the [`Row`]s that it has changed.
macro_rules! returning_rows {
    ($update:literal) => {
        concat!(
            $update,
            " RETURNING seq, job_id, epoch, attempts, idempotency_key, ordering_key, is_told, payload, on_behalf_of, \
             workspace_id, correlation_id, causation_id, metadata"
        )
    };
}

impl Row {
    fn claim(self, queue: Cow<'static, str>) -> Claim {
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
    // Without turns, two nodes would each see room for the last job that may run, and no job of a key that runs.
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
    // That is not enough: on PostgreSQL an older one may have been committed only after a later one had begun.
    let mut rows: Vec<Row> = tx
        .query(sql!(returning_rows!(
            "UPDATE event_jobs SET state = 'running', epoch = epoch + 1, attempts = attempts + 1, node_id = $2, updated_at = $3
             WHERE seq IN (
               SELECT j.seq FROM event_jobs j
               WHERE j.queue = $1 AND j.state = 'waiting' AND j.due_at <= $3
                 AND (j.ordering_key IS NULL OR (j.seq = (
                   SELECT p.seq FROM event_jobs p
                   WHERE p.queue = j.queue AND p.ordering_key = j.ordering_key AND p.state IN ('waiting', 'running', 'dead')
                   ORDER BY p.seq LIMIT 1)
                   AND j.ordering_key NOT IN (
                     SELECT r.ordering_key FROM event_jobs r
                     WHERE r.queue = $1 AND r.state = 'running' AND r.ordering_key IS NOT NULL)))
               ORDER BY j.due_at, j.seq LIMIT $4)"
        )))
        .bind(queue)
        .bind(node_id)
        .bind(now)
        .bind(limit)
        .all()
        .await?;
    tx.commit().await?;
    rows.sort_by_key(|row| row.seq);
    Ok(rows.into_iter().map(|row| row.claim(queue.into())).collect())
}

/// Calls off a job of this queue that waits or runs, and tells that it was given up; false when it has ended.
pub(crate) async fn call_off(
    tx: &mut Tx,
    job_id: JobId,
    queue: String,
    keeps_payload: bool,
) -> Result<bool, StorageError> {
    let now = tx.now();
    let row: Option<Row> = tx
        .query(sql!(returning_rows!(
            "UPDATE event_jobs SET state = 'cancelled', epoch = epoch + 1, updated_at = $2,
               payload = CASE WHEN $3 THEN payload ELSE 'null' END
             WHERE job_id = $1 AND state IN ('waiting', 'running')"
        )))
        .bind(job_id)
        .bind(now)
        .bind(keeps_payload)
        .opt()
        .await?;
    let Some(row) = row else { return Ok(false) };
    let claim = row.claim(queue.into());
    let attempts = u16::try_from(claim.attempts).unwrap_or(u16::MAX);
    // What follows from it is done for whom the job was done, not for the operator.
    let operator = tx.origin().clone();
    tx.turn_to(claim.origin());
    claim.tell_given_up(tx, attempts, CALLED_OFF);
    tx.turn_to(operator);
    Ok(true)
}

impl Claim {
    /// The origin of what the run does.
    pub(crate) fn origin(&self) -> Origin {
        Origin::later(self.queue.clone().into_owned(), self.cause.clone())
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
                queue: self.queue.to_string(),
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
                self.tell_given_up(&mut tx, *attempts, error);
                self.failed(&mut tx, "dead", *attempts, now, error).await?
            }
        };
        if changed != 1 {
            return Ok(false);
        }
        tx.commit().await?;
        if self.ordering_key.is_some() {
            // The next of the key may be free to run.
            db.deferred();
        }
        Ok(true)
    }

    fn tell_given_up(&self, tx: &mut Tx, attempts: u16, error: &str) {
        tx.emit(JobGivenUp {
            job_id: self.job_id,
            queue: self.queue.to_string(),
            idempotency_key: self.idempotency_key.clone(),
            ordering_key: self.ordering_key.clone(),
            attempts,
            error: error.to_owned(),
        });
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
            "UPDATE event_jobs SET state = CASE WHEN is_unwanted THEN 'cancelled' ELSE $3 END, attempts = $4, due_at = $5,
               error = $6, updated_at = $7, payload = CASE WHEN is_unwanted THEN 'null' ELSE payload END
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
