//! The jobs of the work queues: looking at them, running them again, calling them off.

use std::str::FromStr;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;
use sqlx::types::Json;
use uuid::Uuid;

use crate::{
    application::transaction::Transaction as _,
    domain::{
        core_events::{JobDiscarded, JobId, OperatorAction, SubjectKind},
        error::StorageError,
        id::{CorrelationId, Id},
    },
    infrastructure::{
        queue::claims,
        runtime::operations::{Act, Operations, error::OperationError, operator::Operator},
    },
    sql,
};

/// How far a job has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// It waits for its time or its turn.
    Waiting,
    /// A node runs it.
    Running,
    /// It is done.
    Done,
    /// It was given up.
    Dead,
    /// It was called off.
    Cancelled,
}

impl JobState {
    const ALL: [Self; 5] = [Self::Waiting, Self::Running, Self::Done, Self::Dead, Self::Cancelled];

    /// The word for it, as in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Dead => "dead",
            Self::Cancelled => "cancelled",
        }
    }
}

/// A text is no state of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a job is waiting, running, done, dead or cancelled")]
pub struct UnknownJobState;

impl FromStr for JobState {
    type Err = UnknownJobState;

    fn from_str(text: &str) -> Result<Self, UnknownJobState> {
        Self::ALL.into_iter().find(|state| state.as_str() == text).ok_or(UnknownJobState)
    }
}

/// A job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct JobStatus {
    /// Its id.
    pub job_id: JobId,
    /// Its queue.
    pub queue: String,
    /// How far it has come.
    pub state: JobState,
    /// How often it was begun.
    pub attempts: i64,
    /// When it runs, or should have run.
    pub due_at: DateTime<Utc>,
    /// Why it failed last.
    pub error: Option<String>,
    /// What makes enqueuing it twice harmless.
    pub idempotency_key: Option<String>,
    /// The key by which it is ordered.
    pub ordering_key: Option<String>,
    /// When it was enqueued.
    pub enqueued_at: DateTime<Utc>,
    /// When its state changed last.
    pub updated_at: DateTime<Utc>,
}

/// A job with what it is about.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct JobDetail {
    /// The job.
    #[serde(flatten)]
    pub job: JobStatus,
    /// The request that led to it.
    pub correlation_id: CorrelationId,
    /// What is to be done; none where it may hold secrets, or the running program cannot tell.
    #[schemars(with = "Option<serde_json::Value>")]
    pub payload: Option<Box<RawValue>>,
    /// What its worker told about it.
    #[schemars(with = "Option<serde_json::Value>")]
    pub result: Option<Box<RawValue>>,
}

#[derive(sqlx::FromRow)]
struct JobRow {
    job_id: Uuid,
    queue: String,
    state: String,
    attempts: i64,
    due_at: DateTime<Utc>,
    error: Option<String>,
    idempotency_key: Option<String>,
    ordering_key: Option<String>,
    enqueued_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// A job in a state that no version of this program can have written.
#[derive(Debug, thiserror::Error)]
#[error("the job {0} is in no known state")]
struct Damaged(Uuid);

impl TryFrom<JobRow> for JobStatus {
    type Error = StorageError;

    fn try_from(row: JobRow) -> Result<Self, StorageError> {
        let JobRow {
            job_id,
            queue,
            state,
            attempts,
            due_at,
            error,
            idempotency_key,
            ordering_key,
            enqueued_at,
            updated_at,
        } = row;
        let state = state.parse().map_err(|_| StorageError::new(Damaged(job_id)))?;
        Ok(Self {
            job_id: Id::new(job_id),
            queue,
            state,
            attempts,
            due_at,
            error,
            idempotency_key,
            ordering_key,
            enqueued_at,
            updated_at,
        })
    }
}

/// A `SELECT` of [`JobRow`]s.
macro_rules! select_jobs {
    ($rest:literal) => {
        concat!(
            "SELECT job_id, queue, state, attempts, due_at, error, idempotency_key, ordering_key, enqueued_at, updated_at \
             FROM event_jobs ",
            $rest
        )
    };
}

impl Operations {
    /// Jobs, those first whose state changed last: of one queue or of all, in one state or in any.
    ///
    /// # Errors
    ///
    /// [`StorageError`] when the database cannot be read.
    pub async fn jobs(
        &self,
        queue: Option<&str>,
        state: Option<JobState>,
        limit: u32,
    ) -> Result<Vec<JobStatus>, StorageError> {
        let rows: Vec<JobRow> = self
            .db
            .query(sql!(select_jobs!(
                "WHERE (CAST($1 AS TEXT) IS NULL OR queue = $1) AND (CAST($2 AS TEXT) IS NULL OR state = $2)
                 ORDER BY updated_at DESC, seq DESC LIMIT $3"
            )))
            .bind(queue)
            .bind(state.map(JobState::as_str))
            .bind(i64::from(limit))
            .all()
            .await?;
        rows.into_iter().map(JobStatus::try_from).collect()
    }

    /// A job with what it is about.
    ///
    /// # Errors
    ///
    /// [`OperationError`] when there is none.
    pub async fn job(&self, job_id: JobId) -> Result<JobDetail, OperationError> {
        type Rest = (Uuid, Json<Box<RawValue>>, Option<Json<Box<RawValue>>>);
        let job = self.job_status(job_id).await?;
        let rest: Option<Rest> = self
            .db
            .query(sql!("SELECT correlation_id, payload, result FROM event_jobs WHERE job_id = $1"))
            .bind(job_id)
            .opt()
            .await?;
        let (correlation_id, Json(payload), result) =
            rest.ok_or(OperationError::UnknownJob { job_id })?;
        let payload = self.keeps_payloads(&job.queue).then_some(payload);
        Ok(JobDetail {
            job,
            correlation_id: Id::new(correlation_id),
            payload,
            result: result.map(|Json(result)| result),
        })
    }

    /// Whether a queue is known to hold no secrets.
    fn keeps_payloads(&self, queue: &str) -> bool {
        let worker = self.workers.iter().find(|worker| worker.queue() == queue);
        worker.is_some_and(|worker| worker.queue_options().keep_payload)
    }

    async fn job_status(&self, job_id: JobId) -> Result<JobStatus, OperationError> {
        let row: Option<JobRow> =
            self.db.query(sql!(select_jobs!("WHERE job_id = $1"))).bind(job_id).opt().await?;
        let row = row.ok_or(OperationError::UnknownJob { job_id })?;
        Ok(row.try_into()?)
    }

    /// Runs a job again that was given up, and after it what is ordered behind it.
    ///
    /// # Errors
    ///
    /// [`OperationError`] when there is no such job, or it was not given up.
    pub async fn retry_job(
        &self,
        operator: &Operator,
        job_id: JobId,
    ) -> Result<(), OperationError> {
        let job = self.job_status(job_id).await?;
        self.act(operator, async |tx| {
            let now = tx.now();
            let retried = tx
                .query(sql!(
                    "UPDATE event_jobs SET state = 'waiting', attempts = 0, due_at = $2, updated_at = $2
                     WHERE job_id = $1 AND state = 'dead'"
                ))
                .bind(job_id)
                .bind(now)
                .exec()
                .await?;
            if retried == 0 {
                return Err(OperationError::NotDead { job_id, state: job.state });
            }
            Ok(((), Some(on_job(OperatorAction::Retry, &job))))
        })
        .await?;
        self.db.deferred();
        Ok(())
    }

    /// Runs all jobs of a queue again that were given up, each key in order; how many there were.
    ///
    /// # Errors
    ///
    /// [`OperationError`] when there is no such queue, or it has given up no job.
    pub async fn retry_jobs(
        &self,
        operator: &Operator,
        queue: &str,
    ) -> Result<u64, OperationError> {
        self.queue(queue).await?;
        let retried = self
            .act(operator, async |tx| {
                let now = tx.now();
                let retried = tx
                    .query(sql!(
                        "UPDATE event_jobs SET state = 'waiting', attempts = 0, due_at = $2, updated_at = $2
                         WHERE queue = $1 AND state = 'dead'"
                    ))
                    .bind(queue)
                    .bind(now)
                    .exec()
                    .await?;
                if retried == 0 {
                    return Err(OperationError::NoDeadJobs { queue: queue.to_owned() });
                }
                let act = Act::on(SubjectKind::Queue, OperatorAction::Retry, queue);
                Ok((retried, Some(act.noting(format!("all {retried} dead jobs")))))
            })
            .await?;
        self.db.deferred();
        Ok(retried)
    }

    /// Calls off a job that waits or runs: a run that has begun is told to stop, and what it says is ignored. Whoever waits
    /// for the job is told that it was given up; what is ordered behind it runs.
    ///
    /// # Errors
    ///
    /// [`OperationError`] when there is no such job, or it has ended.
    pub async fn cancel_job(
        &self,
        operator: &Operator,
        job_id: JobId,
    ) -> Result<(), OperationError> {
        let job = self.job_status(job_id).await?;
        self.act(operator, async |tx| {
            let keeps_payload = self.keeps_payloads(&job.queue);
            if !claims::call_off(tx, job_id, job.queue.clone(), keeps_payload).await? {
                return Err(OperationError::HasEnded { job_id, state: job.state });
            }
            Ok(((), Some(on_job(OperatorAction::Cancel, &job))))
        })
        .await?;
        self.db.deferred();
        Ok(())
    }

    /// Gives up a dead job for good: what is ordered behind it runs, and the case that commanded it counts it as settled.
    ///
    /// # Errors
    ///
    /// [`OperationError`] when there is no such job, or it was not given up.
    pub async fn discard_job(
        &self,
        operator: &Operator,
        job_id: JobId,
    ) -> Result<(), OperationError> {
        let job = self.job_status(job_id).await?;
        self.act(operator, async |tx| {
            let now = tx.now();
            let discarded: Option<(bool,)> = tx
                .query(sql!(
                    "UPDATE event_jobs SET state = 'cancelled', updated_at = $2,
                       payload = CASE WHEN $3 THEN payload ELSE 'null' END
                     WHERE job_id = $1 AND state = 'dead' RETURNING is_told"
                ))
                .bind(job_id)
                .bind(now)
                .bind(self.keeps_payloads(&job.queue))
                .opt()
                .await?;
            let Some((is_told,)) = discarded else {
                return Err(OperationError::NotDead { job_id, state: job.state });
            };
            if is_told {
                tx.emit(JobDiscarded {
                    job_id,
                    queue: job.queue.clone(),
                    idempotency_key: job.idempotency_key.clone(),
                    ordering_key: job.ordering_key.clone(),
                });
            }
            Ok(((), Some(on_job(OperatorAction::Discard, &job))))
        })
        .await?;
        self.db.deferred();
        Ok(())
    }
}

fn on_job(action: OperatorAction, job: &JobStatus) -> Act<'_> {
    Act::on(SubjectKind::Queue, action, &job.queue).noting(format!("job {}", job.job_id))
}
